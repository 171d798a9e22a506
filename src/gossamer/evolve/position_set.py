"""A growing set of positions of a layer, compressed: which positions ever held a link."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern

_BITS = 16
_MOST_LISTED = 4096  # of the 2^16 positions of a chunk; beyond that a bit for each takes less memory


def link_positions(pattern: Pattern) -> NDArray[np.uint64]:
    """Position ``source * n_out + target`` of every link of a pattern, ascending: uint64 [nnz]."""
    sources = pattern.link_sources().astype(np.uint64)
    return np.asarray(sources * np.uint64(pattern.n_out) + pattern.targets)


class PositionSet:
    """Positions in chunks of 2^16: short chunks list their members, full ones have a bit for each position.

    Memory is at most two bytes a member and one bit a position of the chunks that have members (the layout of
    Roaring bitmaps, Chambi et al. 2016).

    Parameters
    ----------
    positions : uint64 array, ascending, each once
    """

    def __init__(self, positions: NDArray[np.uint64] | None = None) -> None:
        self._chunks: dict[int, NDArray[Any]] = {}
        if positions is not None:
            self.add(positions)

    def __len__(self) -> int:
        return sum(_size(chunk) for chunk in self._chunks.values())

    def add(self, positions: NDArray[np.uint64]) -> None:
        """Add positions, which are ascending and each once."""
        high = (positions >> np.uint64(_BITS)).astype(np.int64)
        low = (positions & np.uint64((1 << _BITS) - 1)).astype(np.uint16)
        # Both ascend: no need of the sorting and hashing of np.unique.
        starts = np.flatnonzero(np.diff(high, prepend=-1))
        for number, members in zip(high[starts].tolist(), np.split(low, starts[1:]), strict=False):
            old = self._chunks.get(number)
            self._chunks[number] = members if old is None else _joined(old, members)

    def positions(self) -> NDArray[np.uint64]:
        """All positions, ascending: uint64."""
        parts = [
            _members(self._chunks[number]).astype(np.uint64) + np.uint64(number << _BITS)
            for number in sorted(self._chunks)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint64)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Chunks as arrays: numbers, bytes of each, and all bytes."""
        numbers = sorted(self._chunks)
        parts = [self._chunks[number].view(np.uint8) for number in numbers]
        listed = [self._chunks[number].dtype == np.uint16 for number in numbers]
        return {
            "numbers": np.array(numbers, np.int64),
            "listed": np.array(listed, np.int8),
            "lengths": np.array([len(part) for part in parts], np.int64),
            "bytes": np.concatenate(parts) if parts else np.zeros(0, np.uint8),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "PositionSet":
        """Inverse of `to_arrays`; KeyError if one is missing, ValueError if they do not make a set."""
        found = cls()
        ends = np.cumsum(arrays["lengths"])
        _hold(*(arrays[name] for name in ("numbers", "listed", "lengths", "bytes")))
        for k, number in enumerate(arrays["numbers"].tolist()):
            part = arrays["bytes"][ends[k] - arrays["lengths"][k] : ends[k]].copy()
            found._chunks[number] = part.view(np.uint16) if arrays["listed"][k] else part
        return found


def _hold(numbers: NDArray[Any], listed: NDArray[Any], lengths: NDArray[Any], content: NDArray[Any]) -> None:
    """Raise ValueError where stored chunks are not those of a set."""
    whole = np.array([numbers.ndim, listed.ndim, lengths.ndim, content.ndim]) == 1
    if not whole.all() or content.dtype != np.uint8 or not len(numbers) == len(listed) == len(lengths):
        raise ValueError("the chunks of a set are of different shapes")
    rising = (numbers >= 0).all() and (numbers < 1 << 47).all() and (np.diff(numbers) > 0).all()
    full = (lengths == 1 << (_BITS - 3)) | (listed != 0)
    even = (lengths % 2 == 0) & (lengths > 0) & (lengths <= 1 << (_BITS + 1))
    if not (rising and full.all() and even.all()) or lengths.sum() != len(content):
        raise ValueError("the chunks of a set are not those of any")


def _joined(old: NDArray[Any], members: NDArray[np.uint16]) -> NDArray[Any]:
    if old.dtype == np.uint16:
        both: NDArray[np.uint16] = np.sort(np.concatenate([old, members]), kind="stable")
        both = both[np.diff(both, prepend=both[0] ^ 1) != 0]
        if len(both) <= _MOST_LISTED:
            return both
        old, members = np.zeros(1 << (_BITS - 3), np.uint8), both
    bits = old.copy()
    np.bitwise_or.at(bits, members >> 3, np.left_shift(1, members & 7).astype(np.uint8))
    return bits


def _members(chunk: NDArray[Any]) -> NDArray[Any]:
    return chunk if chunk.dtype == np.uint16 else np.flatnonzero(np.unpackbits(chunk, bitorder="little"))


def _size(chunk: NDArray[Any]) -> int:
    return len(chunk) if chunk.dtype == np.uint16 else int(np.bitwise_count(chunk).sum())
