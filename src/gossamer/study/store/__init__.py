"""Where the runs of a study are kept, and how they travel."""

from gossamer.study.store.store import Digest, Store

__all__ = ["Digest", "Store"]
