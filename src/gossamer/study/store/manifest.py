"""What a finished run consists of: the SHA-256 of every file under result/."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from gossamer.errors import StoreError
from gossamer.files import Stored, read_json, sha256_file, write_json

NAME = "manifest.json"
RESULT = "result"

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _StoredManifest(Stored):
    identity: str
    state: Literal["finished", "diverged"]
    files: dict[str, _Sha256]
    form: Literal["full", "compact"]
    original: dict[str, _Sha256]


@dataclass(frozen=True)
class Manifest:
    """Files of a finished run.

    Attributes
    ----------
    identity : str, the run's identity
    state : str, finished or diverged
    files : {name below result/: SHA-256} of the files that are here
    form : "full", or "compact" for a run that was imported from its compact form
    original : {name below result/: SHA-256} of the run as it was trained; equals `files` where form is "full"
    """

    identity: str
    state: str
    files: Mapping[str, str]
    form: Literal["full", "compact"] = "full"
    original: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.form == "full":
            object.__setattr__(self, "original", self.files)

    @classmethod
    def of_folder(cls, folder: Path, identity: str, state: str) -> "Manifest":
        """Manifest of a run folder as it stands now."""
        return cls(identity, state, hash_files(folder / RESULT))

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Manifest that a run folder carries.

        Raises
        ------
        StoreError
            If there is none or it is damaged.
        """
        return cls.from_json(read_json(folder / NAME), folder)

    @classmethod
    def from_json(cls, data: Any, source: Path) -> "Manifest":
        """Manifest of JSON values; `source` is named when they are not one (StoreError)."""
        try:
            found = _StoredManifest.model_validate(data)
        except ValidationError as error:
            raise StoreError(f"The manifest in {source} is damaged.") from error
        return cls(found.identity, found.state, found.files, found.form, found.original)

    def as_json(self) -> dict[str, Any]:
        """The manifest as JSON values."""
        return {
            "identity": self.identity,
            "state": self.state,
            "form": self.form,
            "files": dict(sorted(self.files.items())),
            "original": dict(sorted(self.original.items())),
        }

    def write(self, folder: Path) -> None:
        """Put the manifest into a run folder; a folder that has one is complete."""
        write_json(folder / NAME, self.as_json())

    def verify(self, folder: Path) -> None:
        """Hold every file under result/ to its hash.

        Raises
        ------
        StoreError
            Names the first file that is missing, damaged or not known to the manifest.
        """
        try:
            found = hash_files(folder / RESULT)
        except OSError as error:
            raise StoreError(f"The run {folder} cannot be read: {error.strerror or error}.") from error
        for name in sorted(self.files.keys() | found.keys()):
            if name not in found:
                raise StoreError(f"The file {folder / RESULT / name} is missing.")
            if name not in self.files:
                raise StoreError(f"The file {folder / RESULT / name} does not belong to its run.")
            if found[name] != self.files[name]:
                raise StoreError(f"The file {folder / RESULT / name} is damaged: its content has changed.")


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path within."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in paths}
