"""One hash for all results of a study."""

import hashlib
from dataclasses import dataclass

from gossamer.study.store import Store


@dataclass(frozen=True)
class Digest:
    """Hash over the result/ folders of a store.

    Attributes
    ----------
    value : str
        SHA-256 over one line ``IDENTITY/NAME SHA256`` for each file of each run, sorted.
    runs : int
        Number of runs.
    compact : int
        How many of them were imported from their compact form. For these the lines are those of the run as it
        was trained, which the compact form carries along; so a study and its import have the same digest, and
        so has a study that trains the same runs again.
    """

    value: str
    runs: int
    compact: int


def digest(store: Store) -> Digest:
    """Digest of all finished runs of a store; every file that is there is held to its hash first.

    Raises
    ------
    StoreError
        If a run is damaged.
    """
    lines: list[str] = []
    compact = 0
    identities = store.finished()
    for identity in identities:
        manifest = store.check(identity)
        compact += manifest.form == "compact"
        lines += [f"{identity}/{name} {sha256}\n" for name, sha256 in sorted(manifest.original.items())]
    return Digest(hashlib.sha256("".join(lines).encode()).hexdigest(), len(identities), compact)
