"""Random values of the generated sets: exact in every bit on every machine.

Only integers, sums and products of IEEE doubles are used (no logarithm or matrix product, which differ
between libraries), so a generated set has one checksum everywhere. Values come in blocks of rows, each with
its own counter: a set of more samples begins with the samples of a smaller one.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gossamer.random import Purpose, uniform, words

BLOCK_VALUES = 1 << 18


def bell(seed: int, rows: int, columns: int, layer: int) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Independent bell-shaped draws of mean 0 and variance 1, block by block.

    Each is the scaled sum of four uniform draws, so none lies beyond 2 sqrt(3) = 3.46.

    Yields
    ------
    first row of the block, float64 array of shape (rows of the block, columns)
    """
    height = max(1, BLOCK_VALUES // columns)
    for block, start in enumerate(range(0, rows, height)):
        count = min(height, rows - start) * columns
        quads = words(seed, 4 * count, step=block, layer=layer, purpose=Purpose.DATA).reshape(-1, 4)
        total = quads.sum(axis=1, dtype=np.uint64).astype(np.float64)
        yield start, ((total + 2.0) * 2.0**-32 - 2.0).reshape(-1, columns) * np.sqrt(3.0)


def integers(seed: int, count: int, below: int, layer: int) -> NDArray[np.int64]:
    """`count` draws of 0 .. below - 1, for `below` up to 2**20 even to within a relative 2**-12, int64."""
    return (uniform(seed, count, layer=layer, purpose=Purpose.DATA) * below).astype(np.int64)


def distinct(seed: int, rows: int, count: int, below: int, layer: int) -> NDArray[np.int64]:
    """Each row a uniform set of `count` numbers of 0 .. below - 1 (Floyd's algorithm), ascending."""
    draws = uniform(seed, rows * count, layer=layer, purpose=Purpose.DATA).reshape(rows, count)
    result = np.empty((rows, count), np.int64)
    for row, draw in enumerate(draws):
        chosen = set[int]()
        for position, limit in enumerate(range(below - count + 1, below + 1)):
            number = int(draw[position] * limit)
            chosen.add(limit - 1 if number in chosen else number)
        result[row] = sorted(chosen)
    return result


def with_noise(
    labels: NDArray[np.int64], classes: int, probability: float, seed: int, layer: int
) -> NDArray[np.int64]:
    """Labels of which each is, with `probability`, replaced by one of the other classes, all alike."""
    replaced = uniform(seed, len(labels), step=0, layer=layer, purpose=Purpose.DATA) < probability
    other = uniform(seed, len(labels), step=1, layer=layer, purpose=Purpose.DATA)
    return np.where(replaced, (labels + 1 + (other * (classes - 1)).astype(np.int64)) % classes, labels)
