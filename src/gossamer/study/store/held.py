"""The one door to a published run: nothing of it is read before its content has been held to its identity."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.errors import StoreError
from gossamer.study.axes import get_path
from gossamer.study.store.manifest import NAME, RESULT, Manifest
from gossamer.train.stored_summary import read_fields, read_summary

IdentityOf = Callable[[Mapping[str, Any], Mapping[str, Any]], str]
"""Identity that config and summary of a result make."""

_HELD = ("config.json", "summary.json")


@dataclass(frozen=True)
class Held:
    """A run whose folder, manifest, config and summary agree on which run it is.

    Attributes
    ----------
    folder : Path
    manifest : Manifest
    config : mapping, identity fields of its config
    summary : mapping, what result/summary.json holds
    """

    folder: Path
    manifest: Manifest
    config: Mapping[str, Any]
    summary: Mapping[str, Any]

    def read(self, name: str) -> bytes:
        """Content of result/`name`, held to its hash (StoreError: missing, unreadable or damaged)."""
        return _read(self.folder, self.manifest, name)

    def hold_to(self, level: Mapping[str, Any]) -> None:
        """Raise StoreError if the run was trained at another level of its axes than `level`.

        What is not a plain value in the config, such as a named method, is not compared.
        """
        for path, planned in level.items():
            trained = get_path(self.config, path)
            if trained is None or isinstance(trained, dict) or _same(trained, planned):
                continue
            raise StoreError(
                f"The run {self.manifest.identity[:12]} was trained with {path} = {trained!r}, and the "
                f"stored plan says {planned!r}: one of the two has been changed."
            )


def held(folder: Path, identity: str, identity_of: IdentityOf) -> Held:
    """The run of a folder that is named by its identity.

    Raises
    ------
    StoreError
        If the folder holds another run, or anything that the run is known by is missing or damaged.
    """
    manifest = Manifest.read(folder)
    if manifest.identity != identity:
        raise StoreError(f"The run {folder} holds another run, {manifest.identity[:12]}.")
    config, summary = (_read(folder, manifest, name) for name in _HELD)
    fields = read_fields(config, folder / RESULT / _HELD[0])
    facts = read_summary(summary, folder / RESULT / _HELD[1])
    found = identity_of(fields, facts)
    if facts["identity"] != identity or found != identity:
        other = found if facts["identity"] == identity else facts["identity"]
        raise StoreError(f"The run {folder} holds another run, {other[:12]}: its content has been changed.")
    if facts["state"] != manifest.state:
        raise StoreError(f"The run {folder} is damaged: {NAME} and summary disagree on how it ended.")
    return Held(folder, manifest, fields, facts)


def signature(folder: Path) -> tuple[tuple[int, int, int], ...]:
    """Tells whether what `held` reads of a folder may have changed since it was asked last."""
    found = []
    for path in (folder / NAME, *(folder / RESULT / name for name in _HELD)):
        try:
            status = path.stat()
        except OSError:
            return ()
        found.append((status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(found)


def _read(folder: Path, manifest: Manifest, name: str) -> bytes:
    expected, path = manifest.files.get(name), folder / RESULT / name
    if expected is None:
        raise StoreError(f"The run {folder} has no file {name}.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"The file {path} cannot be read: {error.strerror or error}.") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise StoreError(f"The file {path} is damaged: its content has changed.")
    return content


def _same(trained: Any, planned: Any) -> bool:
    """Whether a value of a level became this value of a config: one size a list, a path its last name."""
    if isinstance(planned, str):
        return Path(planned).name == Path(str(trained)).name
    return bool(trained == planned or trained == [planned] or trained == str(planned))
