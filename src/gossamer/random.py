"""Counter-based random numbers: Philox4x32-10 with a frozen meaning for every counter word.

A number is a pure function of (seed, element, step, layer, purpose); there is no state to save or to share.
The native core has the same generator (``native/philox.hpp``); a test holds the two to each other and to the
known-answer vectors of Salmon et al. 2011, *Parallel random numbers: as easy as 1, 2, 3*.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


class Purpose(IntEnum):
    """What a number is for. Codes are frozen: changing one changes every stored result."""

    SEED = 1
    TOPOLOGY = 2
    WEIGHT = 3
    SHUFFLE = 4
    DROPOUT = 5
    GROW_POSITION = 6
    GROW_VALUE = 7
    DROP = 8
    DATA = 9
    SPLIT = 10
    ANALYSIS = 11
    NOISE = 12


def philox(counter: NDArray[np.uint32], seed: int) -> NDArray[np.uint32]:
    """Philox4x32-10 of each counter.

    Parameters
    ----------
    counter : uint32 array, shape (..., 4)
    seed : int in [0, 2**64), the key

    Returns
    -------
    uint32 array, shape (..., 4)
    """
    words = [counter[..., k].astype(np.uint64) for k in range(4)]
    key = [seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF]
    for _ in range(10):
        product0 = _MULTIPLIERS[0] * words[0]
        product1 = _MULTIPLIERS[1] * words[2]
        words = [
            (product1 >> _SHIFT) ^ words[1] ^ np.uint64(key[0]),
            product1 & _LOW,
            (product0 >> _SHIFT) ^ words[3] ^ np.uint64(key[1]),
            product0 & _LOW,
        ]
        key = [(key[0] + _WEYL[0]) & 0xFFFFFFFF, (key[1] + _WEYL[1]) & 0xFFFFFFFF]
    return np.stack(words, axis=-1).astype(np.uint32)


def counters(
    element_low: NDArray[np.integer] | int,
    element_high: NDArray[np.integer] | int,
    step: int,
    layer: int,
    purpose: Purpose,
) -> NDArray[np.uint32]:
    """Counter words (element low, element high, step, layer * 256 + purpose), shape (..., 4)."""
    low, high = np.broadcast_arrays(np.asarray(element_low), np.asarray(element_high))
    block = np.empty((*low.shape, 4), dtype=np.uint32)
    block[..., 0] = low
    block[..., 1] = high
    block[..., 2] = np.uint32(step)
    block[..., 3] = np.uint32(layer * 256 + int(purpose))
    return block


def words(seed: int, count: int, *, step: int = 0, layer: int = 0, purpose: Purpose) -> NDArray[np.uint32]:
    """Draws number 0 .. count - 1 as 32-bit words: draw k is word k % 4 of the block of element k // 4."""
    element = np.arange((count + 3) // 4, dtype=np.uint64)
    low, high = element & _LOW, element >> _SHIFT
    return philox(counters(low, high, step, layer, purpose), seed).reshape(-1)[:count]


def words64(seed: int, count: int, *, step: int = 0, layer: int = 0, purpose: Purpose) -> NDArray[np.uint64]:
    """Draws as 64-bit words: draw k is words 2k (low half) and 2k + 1 (high half)."""
    pairs = words(seed, 2 * count, step=step, layer=layer, purpose=purpose).reshape(-1, 2).astype(np.uint64)
    return np.asarray(pairs[:, 0] | (pairs[:, 1] << _SHIFT))


def uniform(seed: int, count: int, *, step: int = 0, layer: int = 0, purpose: Purpose) -> NDArray[np.float64]:
    """Draws in the open interval (0, 1): (word + 1/2) / 2**32, float64, shape (count,)."""
    draws = words(seed, count, step=step, layer=layer, purpose=purpose)
    return (draws.astype(np.float64) + 0.5) * 2.0**-32


def permutation(seed: int, count: int, *, step: int, purpose: Purpose = Purpose.SHUFFLE) -> NDArray[np.int64]:
    """Permutation of 0 .. count - 1: the stable order of `count` 64-bit draws.

    Two equal draws among n have probability below n**2 / 2**65, so the order is uniform to far below anything
    that a study could see.
    """
    return np.argsort(words64(seed, count, step=step, purpose=purpose), kind="stable")


def derive(seed: int, *path: int) -> int:
    """Seed of a part of a run (data, topology, replicate ...): 63 bits, a function of `seed` and `path`."""
    for number in path:
        block = counters(number & 0xFFFFFFFF, number >> 32, 0, 0, Purpose.SEED)
        first, second = philox(block, seed)[:2].tolist()
        seed = (first | second << 32) >> 1
    return seed
