"""A runner without training: a tiny deterministic walk with checkpoints, for tests of everything around it.

The config decides how it behaves: `x` and `seed` make the result, `epochs` and `sleep` its length;
`behaviour` makes it fail, die, diverge or find the disk full, and is no part of its identity.
"""

import hashlib
import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import ConfigError
from gossamer.study.runner import Report, RunFacts, Stop, UnusableFolderError
from gossamer.train.arrays import write_arrays
from gossamer.train.canonical import canonical_json

LABELS = np.arange(200, dtype=np.uint8) % 10
_BASE = {"epochs": 3, "sleep": 0.0, "x": 0.0, "behaviour": {}}
_EXECUTION = ("sleep", "behaviour")


def resolve(base: str | Mapping[str, Any] | None, layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if base not in (None, "tiny") and not isinstance(base, Mapping):
        raise ConfigError(f"There is no preset {base!r}.")
    tables: dict[str, Any] = dict(base) if isinstance(base, Mapping) else dict(_BASE)
    for layer in layers:
        tables |= layer
    if unknown := tables.keys() - {*_BASE, "seed", "seeds", "group"}:
        raise ConfigError(f"Unknown fields {sorted(unknown)}.")
    return tables


def base_tables(base: str | None) -> dict[str, Any]:
    return resolve(base, [])


def describe(tables: Mapping[str, Any], seeds: Sequence[int]) -> list[RunFacts]:
    epochs = tables["epochs"]
    runs = [{**tables, "seed": seed} for seed in seeds]
    return [RunFacts(_identity(run), 10.0 * epochs, epochs, "da7a" * 16) for run in runs]


def config_of(tables: Mapping[str, Any]) -> str:
    return canonical_json({**tables, "identity": _identity(tables)})


def _identity(tables: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in tables.items() if key not in _EXECUTION}
    return hashlib.sha256(canonical_json(kept).encode()).hexdigest()


def identity_of(config: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    return _identity(config)


def labels(tables: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    return {"test": LABELS}


def run_one(config: str, folder: Path, *, report: Report, stop: Stop) -> str:
    tables = json.loads(config)
    behaviour = tables["behaviour"]
    checkpoint = folder / "checkpoint.json"
    epoch, word = 0, hashlib.sha256(f"{tables['x']} {tables['seed']}".encode()).hexdigest()
    if checkpoint.exists():
        try:
            epoch, word = json.loads(checkpoint.read_text())
        except ValueError as error:
            raise UnusableFolderError(f"{checkpoint} is damaged.") from error
    while epoch < tables["epochs"]:
        if stop():
            return "interrupted"
        _misbehave(behaviour, epoch)
        time.sleep(tables["sleep"])
        epoch, word = epoch + 1, hashlib.sha256(word.encode()).hexdigest()
        fresh = checkpoint.with_suffix(".new")
        fresh.write_text(json.dumps([epoch, word]))
        fresh.replace(checkpoint)
        report(epoch, tables["epochs"], int(word[:4], 16) / 65536)
    _write(folder, tables, word)
    return "diverged" if behaviour.get("diverge") else "finished"


def accuracy_of(tables: dict[str, Any], word: str) -> float:
    right = 180 - (100 if tables["x"] > 0.95 else 0) + int(word[:4], 16) % 3
    return right / len(LABELS)


def arrays_of(tables: dict[str, Any], word: str, accuracy: float) -> dict[str, dict[str, NDArray[Any]]]:
    """Arrays of a result as training writes them, as far as a study looks at them."""
    epochs = tables["epochs"]
    ramp = np.linspace(0.1, accuracy, epochs)
    classes = LABELS.copy()
    classes[: len(LABELS) - round(accuracy * len(LABELS))] += 1
    names = ("test_accuracy", "test_loss", "train_loss_running")
    return {
        "history": {
            "epoch": np.arange(1, epochs + 1),
            "train_evaluated": np.zeros(epochs, np.int8),
            "positions": np.array([100]),
            "nnz": np.full((epochs, 1), 20),
            **dict.fromkeys(names, ramp),
        },
        "network": {"word": np.frombuffer(word.encode(), np.uint8)},
        "predictions": {"test_last": classes, "test_best_on_test": classes},
        "structure": {"epochs": np.arange(epochs), "survivor_links": np.ones((epochs, 10), np.int32)},
    }


def _write(folder: Path, tables: dict[str, Any], word: str) -> None:
    result, measured = folder / "result", folder / "measured"
    result.mkdir(exist_ok=True)
    measured.mkdir(exist_ok=True)
    entry = {"value": accuracy_of(tables, word), "epoch": tables["epochs"]}
    summary = {
        "identity": tables["identity"],
        "data": {
            "name": "fake",
            "checksum": "da7a" * 16,
            "class_names": [],
            "image_shape": None,
            "samples": {"test": len(LABELS)},
        },
        "state": "diverged" if tables["behaviour"].get("diverge") else "finished",
        "epochs": tables["epochs"],
        "diverged_epoch": None,
        "evolving": [True],
        "fixed_links": 0,
        "paths": {key: {"sparsity": 0.8, "effective_sparsity": 0.8} for key in ("start", "end")},
        "train": None,
        "warnings": [],
        "instruction_class": "reference",
        "numerics": 1,
        "accuracy": {"last": entry, "selected": None, "best_on_test": entry},
        "layers": [{"n_in": 10, "n_out": 10, "nnz": 20, "density": 0.2}],
        "persisting_links": 5.0,
    }
    kept = {key: value for key, value in tables.items() if key not in (*_EXECUTION, "identity")}
    (result / "config.json").write_text(canonical_json(kept))
    (result / "summary.json").write_text(canonical_json(summary))
    for kind, arrays in arrays_of(tables, word, entry["value"]).items():
        write_arrays(result / f"{kind}.safetensors", arrays, {"identity": tables["identity"]}, kind)
    (measured / "time.json").write_text(json.dumps({"at": time.time()}))


def _misbehave(behaviour: dict[str, Any], epoch: int) -> None:
    if behaviour.get("fail_unless") and not Path(behaviour["fail_unless"]).exists():
        raise RuntimeError("the fake run was told to fail")
    if behaviour.get("die_once") and epoch == 1:
        token = Path(behaviour["die_once"])
        if not token.exists():
            token.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if behaviour.get("disk_full"):
        raise OSError(28, "No space left on device")
