"""The folder of a run: ``result/`` is a function of the run's identity alone, ``measured/`` the rest."""

import math
import shutil
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from gossamer.data import Scaling
from gossamer.errors import StoreError
from gossamer.files import disk_errors, partial_of, read_json, refuse_link, sync_folder, write_bytes
from gossamer.train import checkpoint
from gossamer.train.arrays import expect, read_arrays, write_arrays
from gossamer.train.canonical import canonical_json
from gossamer.train.config import RunConfig
from gossamer.train.history import History
from gossamer.train.identity import identity_fields, scaled_identity, with_absent
from gossamer.train.measured import read_measured
from gossamer.train.network_arrays import network_from_arrays, network_to_arrays
from gossamer.train.problems import validated
from gossamer.train.readings import READINGS, EpochScore, Predictions, Readings
from gossamer.train.run import DataFacts, Run
from gossamer.train.stored_summary import read_fields, read_summary, result_identity
from gossamer.train.structure import snapshots_from_arrays, snapshots_to_arrays
from gossamer.train.summary import summary_of
from gossamer.train.task import TASKS

RESULT = "result"
MEASURED = "measured"
_PARTIAL, _OLD = "result.partial", "result.old"
_ARRAYS = ("history", "network", "predictions", "structure")
_RESULT_FILES = {"config.json", "summary.json", *(f"{kind}.safetensors" for kind in _ARRAYS)}
_MEASURED_FILES = {"measured.json", "attempts.json"}


def write_run(run: Run, folder: Path) -> None:
    """Write ``measured/`` and then, at once, ``result/``."""
    refuse_foreign(folder)
    write_bytes(folder / MEASURED / "measured.json", _json(run.measured))
    partial, result, old = folder / _PARTIAL, folder / RESULT, folder / _OLD
    with disk_errors(result):
        for leftover in (partial, old):
            if leftover.exists():
                shutil.rmtree(leftover)
        _write_result(run, partial)
        if result.exists():
            result.rename(old)
        partial.rename(result)
        sync_folder(folder)
    shutil.rmtree(old, ignore_errors=True)


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder in which a run would have to remove or overwrite what no run wrote.

    Raises
    ------
    StoreError
        Names the first such file or folder.
    """
    foreign = _foreign(folder)
    if foreign is not None:
        raise StoreError(
            f"{foreign} was not written by gossamer, and a run in {folder} would overwrite it; move it away, "
            "or choose another folder."
        )


def _foreign(folder: Path) -> Path | None:
    for name in (RESULT, _PARTIAL, _OLD, MEASURED):
        place = folder / name
        refuse_link(place)
        if not place.exists():
            continue
        known = _MEASURED_FILES if name == MEASURED else _RESULT_FILES
        known = known | {partial_of(place / file).name for file in known}
        for path in sorted(place.iterdir()) if place.is_dir() else [place]:
            if path.name not in known or not path.is_file():
                return path
    measured = folder / MEASURED / "measured.json"
    if measured.exists() and "attempts" not in _table(read_json(measured)):
        return measured
    return None


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _write_result(run: Run, folder: Path) -> None:
    write_bytes(folder / "config.json", _json(identity_fields(run.config.without_folders())))
    write_bytes(folder / "summary.json", _json(summary_of(run)))
    network = network_to_arrays(run.network, state=False)
    network |= {"input.scale": run.scaling.scale, "input.shift": run.scaling.shift}
    if run.target_scaling is not None:
        network |= {"target.scale": run.target_scaling.scale, "target.shift": run.target_scaling.shift}
    if run.fill is not None:
        network["input.fill"] = run.fill
    predictions: dict[str, NDArray[Any]] = {}
    for name, classes in run.predictions.items():
        predictions |= classes.to_arrays(name)
    files: dict[str, Mapping[str, NDArray[Any]]] = {
        "history": run.history.to_arrays(),
        "network": network,
        "predictions": predictions,
        "structure": snapshots_to_arrays(run.snapshots, run.network.sizes[0]),
    }
    for kind, arrays in files.items():
        write_arrays(folder / f"{kind}.safetensors", arrays, {"identity": run.identity}, kind)


def _json(value: Any) -> bytes:
    return canonical_json(value).encode() + b"\n"


def stored_identity(folder: Path) -> str | None:
    """Identity of the finished run in a folder, or None where there is none.

    Raises
    ------
    StoreError
        If there is one that cannot be read.
    """
    path = folder / RESULT / "summary.json"
    return str(read_summary(_bytes(path), path)["identity"]) if path.parent.exists() else None


def load(path: str | Path) -> Run:
    """Read a finished run from its folder.

    Parameters
    ----------
    path : str or Path
        Folder that was given to `train`.

    Raises
    ------
    StoreError
        If the folder holds no finished run, or its files are damaged.
    """
    folder = Path(path)
    result = folder / RESULT
    if not result.is_dir():
        if (folder / checkpoint.FILE).exists():
            raise StoreError(f"{folder} holds an unfinished run; train it again with that folder to go on.")
        raise StoreError(f"{folder} holds no run; expected a folder that gossamer has trained into.")
    fields, summary = (_stored(result / name) for name in ("config.json", "summary.json"))
    config = validated(RunConfig, with_absent(RunConfig, fields))
    read = {kind: read_arrays(result / f"{kind}.safetensors", kind) for kind in _ARRAYS}
    if any(metadata.get("identity") != summary["identity"] for _, metadata in read.values()):
        raise StoreError(f"{result} holds files of different runs; the run is damaged.")
    try:
        run = _run(folder, config, summary, {kind: arrays for kind, (arrays, _) in read.items()})
        _hold_to_identity(run, fields, summary)
        _hold_together(run, summary["layers"])
        return run
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(
            f"{result} is not a run of this version: {type(error).__name__}, {error}."
        ) from error


def _stored(path: Path) -> dict[str, Any]:
    return (read_fields if path.name == "config.json" else read_summary)(_bytes(path), path)


def _hold_to_identity(run: Run, fields: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
    """Refuse a run whose config, data and parts are not those of its identity (StoreError)."""
    scaled = scaled_identity(run.data.checksum, run.scaling, run.target_scaling)
    if run.identity not in (result_identity(fields, summary), result_identity(fields, summary, scaled)):
        raise StoreError(
            f"{run.folder} is not the run {run.identity[:12]} that it says it is: its config or its data "
            "have been changed; restore a copy, or train it again in another folder."
        )


def _hold_together(run: Run, layers: Sequence[Mapping[str, int]]) -> None:
    """Refuse a run whose parts do not fit each other (StoreError)."""
    sizes, data = run.network.sizes, run.data
    two_in_one = run.config.network.loss == "binary_cross_entropy" and len(data.class_names) == 2
    outputs = len(data.target_names or data.class_names) - two_in_one
    n_in = (sizes[0],)
    fits = {
        "its summary": [(layer["n_in"], layer["n_out"]) for layer in layers] == list(pairwise(sizes)),
        "its network": sizes[1:] == (*run.config.network.hidden, outputs),
        "its scaling": all(part.shape in ((), n_in) for part in vars(run.scaling).values())
        and (run.fill is None or run.fill.shape == n_in)
        and n_in == (math.prod(data.image_shape or n_in),),
        "its predictions": all(
            reading.fits(data.samples, len(data.class_names)) for reading in run.predictions.values()
        ),
        "its history": run.history.nnz.shape[1:] == (len(sizes) - 1,),
        "its structure": all(len(part.after.links) == sizes[0] for part in run.snapshots),
    }
    wrong = [name for name, fit in fits.items() if not fit]
    if wrong:
        raise StoreError(f"{run.folder} is damaged: {wrong[0]} is of another run.")


def _run(folder: Path, config: RunConfig, summary: Any, arrays: Mapping[str, Mapping[str, Any]]) -> Run:
    data, network = summary["data"], dict(arrays["network"])
    apart = [name for name in network if name.startswith(("input.", "target."))]
    of_data = {name: expect(network, name, "f", (None,)) for name in apart}
    network = {name: array for name, array in network.items() if name not in of_data}
    scaling = Scaling(of_data["input.scale"], of_data["input.shift"])
    targets = None
    if "target.scale" in of_data:
        targets = Scaling(of_data["target.scale"], of_data["target.shift"])
    task = TASKS[data.get("task", "classification")]
    scores = {score.name: _readings(summary[score.name]) for score in task.scores}
    fill = of_data.get("input.fill")
    found = {name: Predictions.from_arrays(arrays["predictions"], name) for name in READINGS}
    return Run(
        config=config,
        identity=summary["identity"],
        state=summary["state"],
        network=network_from_arrays(config, network, state=False),
        history=History.from_arrays(arrays["history"]),
        scores={name: readings for name, readings in scores.items() if readings is not None},
        predictions={name: classes for name, classes in found.items() if classes is not None},
        snapshots=tuple(snapshots_from_arrays(arrays["structure"])),
        paths=summary["paths"],
        data=DataFacts.from_json(data),
        scaling=scaling,
        fill=fill,
        diverged_epoch=summary["diverged_epoch"],
        instruction_class=summary["instruction_class"],
        measured=read_measured(folder / MEASURED / "measured.json"),
        warnings=tuple(summary["warnings"]),
        folder=folder,
        target_scaling=targets,
    )


def _readings(values: Mapping[str, Any]) -> Readings | None:
    found = {name: value and EpochScore(value["value"], value["epoch"]) for name, value in values.items()}
    return None if found["last"] is None else Readings(**found)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}.") from error
