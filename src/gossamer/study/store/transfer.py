"""Export of a study in a compact form, and import of it, so that nothing is trained again.

::

    study.json           the study
    rounds/PLAN/*.json   its rounds
    labels/*.safetensors labels of its data sets
    runs/IDENTITY.zip    one archive a finished run

An archive holds the run's config, summary and predictions whole, its history and structure thinned, and a
manifest with the hashes of these files and of the files of the run as it was trained.
"""

import io
import json
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gossamer.errors import StoreError
from gossamer.files import read_json, refuse_link, write_bytes, write_json
from gossamer.study.store.manifest import NAME, RESULT, Manifest
from gossamer.study.store.store import Store
from gossamer.study.store.thinning import thin_history, thin_structure
from gossamer.train.arrays import arrays_bytes
from gossamer.train.measured import read_measured

_WHOLE = ("config.json", "summary.json", "predictions.safetensors")
_THINNED = {"history": thin_history, "structure": thin_structure}
_MEASURED = "measured/measured.json"
_LARGEST = 2**28  # bytes of one file of an archive; a compact run has a thousandth of it
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SAME_STUDY = ("name", "base", "run", "seed", "seeds")  # it may have got more levels and replicates since


@dataclass(frozen=True)
class Transfer:
    """What an export or import did: runs copied, and runs that were there already."""

    copied: int
    present: int


def export_study(store: Store, target: Path) -> Transfer:
    """Write the compact form of a study; runs that the target already has are left as they are.

    Raises
    ------
    StoreError
        If a run is damaged, the target holds something else, or cannot be written.
    """
    _refuse_other(store, target)
    _copy_plan(store.folder, target)
    runs = target / "runs"
    copied = 0
    identities = store.finished()
    for identity in identities:
        path = runs / f"{identity}.zip"
        if not path.exists():
            write_bytes(path, _archive(_compact_files(store, identity)))
            copied += 1
    return Transfer(copied, len(identities) - copied)


def import_study(store: Store, source: Path) -> Transfer:
    """Take the runs of a compact form into a study's folder; call it while holding the store's lock.

    Runs that are there already stay. Where the folder has no study yet, it becomes the exported one.

    Raises
    ------
    StoreError
        If an archive is damaged; runs before it are in by then.
    """
    archives = sorted((source / "runs").glob("*.zip"))
    if not archives:
        raise StoreError(f"{source} holds no exported runs; expected a folder that `study export` wrote.")
    if not store.study_file.exists():
        _copy_plan(source, store.folder)
    finished = set(store.finished())
    fresh = [path for path in archives if path.stem not in finished]
    for path in fresh:
        _unpack(path, store)
    return Transfer(len(fresh), len(archives) - len(fresh))


def _refuse_other(store: Store, target: Path) -> None:
    """Refuse a folder that holds another study, or anything that is no study (StoreError)."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not (target / "study.json").is_file():
        raise StoreError(f"{target} holds something that is no study; choose an empty folder or a new one.")
    own, there = read_json(store.study_file), read_json(target / "study.json")
    if (
        not isinstance(own, dict)
        or not isinstance(there, dict)
        or any(there.get(name) != own.get(name) for name in _SAME_STUDY)
    ):
        raise StoreError(f"{target} holds another study than {store.folder}; choose another folder.")


def _copy_plan(source: Path, target: Path) -> None:
    """Copy what a study is beside its runs; what it holds else, and links to elsewhere, stay behind."""
    files = [source / "study.json", *source.glob("rounds/*/*.json"), *source.glob("labels/*.safetensors")]
    for path in files:
        if path.is_file() and not path.is_symlink():
            write_bytes(target / path.relative_to(source), path.read_bytes())


def _compact_files(store: Store, identity: str) -> dict[str, bytes]:
    """Files of an archive; those of a run that is compact already are copied."""
    manifest = store.check(identity)
    folder = store.runs / identity
    if manifest.form == "compact":
        files = {name: store.read(identity, name) for name in manifest.files}
    else:
        files = {name: store.read(identity, name) for name in _WHOLE}
        for kind, thin in _THINNED.items():
            arrays = store.arrays(identity, kind)
            facts = {"identity": identity, "form": "compact"}
            files[f"{kind}.safetensors"] = arrays_bytes(thin(arrays), facts, kind)
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    compact = Manifest(identity, manifest.state, hashes, "compact", manifest.original)
    members = {f"{RESULT}/{name}": content for name, content in files.items()}
    members[NAME] = json.dumps(compact.as_json(), indent=1).encode()
    measured = _brief(folder / _MEASURED)
    return members if measured is None else {**members, _MEASURED: measured}


def _brief(path: Path) -> bytes | None:
    """Measured facts of a run with its times added up over the epochs; None where there are none."""
    measured = read_measured(path)
    if not measured:
        return None
    seconds = measured.get("epoch_seconds")
    if isinstance(seconds, dict):
        totals = {
            name: sum(values) if isinstance(values, list) else values for name, values in seconds.items()
        }
        measured["epoch_seconds"] = totals
    return json.dumps(measured, indent=1).encode()


def _archive(members: Mapping[str, bytes]) -> bytes:
    """An archive whose bytes depend on its content alone."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, members[name])
    return file.getvalue()


def _unpack(path: Path, store: Store) -> None:
    identity = path.stem
    members = _read_archive(path)
    try:
        manifest = Manifest.from_json(json.loads(members[NAME]), path)
    except (KeyError, ValueError) as error:
        raise StoreError(f"{path} is damaged: it has no manifest.") from error
    results = {name.removeprefix(f"{RESULT}/"): c for name, c in members.items() if name.startswith(RESULT)}
    hashes = {name: sha256(content).hexdigest() for name, content in results.items()}
    if manifest.identity != identity or manifest.form != "compact" or hashes != dict(manifest.files):
        raise StoreError(f"{path} is damaged: its content does not fit its manifest.")
    folder = store.scratch / identity
    refuse_link(folder)
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in results.items():
        write_bytes(folder / RESULT / name, content)
    if _MEASURED in members:
        write_bytes(folder / _MEASURED, members[_MEASURED])
    write_json(folder / NAME, manifest.as_json())
    store.publish(identity)


def _read_archive(path: Path) -> dict[str, bytes]:
    """Members of an archive that a compact run may have; nothing else is even looked at."""
    names = [NAME, _MEASURED, *(f"{RESULT}/{name}" for name in _WHOLE)]
    names += [f"{RESULT}/{kind}.safetensors" for kind in _THINNED]
    members: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.filename in names and info.file_size <= _LARGEST:
                    members[info.filename] = archive.read(info)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        raise StoreError(f"{path} is damaged: it is not a whole archive.") from error
    return members
