"""The summary of a run: its answer in one small JSON object."""

from typing import Any

from gossamer.topology import PathCheck, PathCoverage, path_coverage
from gossamer.train.build import AnyNetwork
from gossamer.train.identity import NUMERICS
from gossamer.train.readings import READINGS, Readings
from gossamer.train.run import Run
from gossamer.train.sources import part_sources


def summary_of(run: Run) -> dict[str, Any]:
    """What result/summary.json holds."""
    evolving = set(run.config.method.evolving(run.network.n_layers))
    nnz = run.history.nnz[-1].tolist() if len(run.history) else list(run.network.nnz)
    zeta, parts = _rewired_fraction(run), part_sources(run.config)
    return {
        "identity": run.identity,
        "state": run.state,
        "epochs": len(run.history),
        "diverged_epoch": run.diverged_epoch,
        **({"divergence": run.divergence} if run.divergence else {}),
        **{score.name: _readings(run.scores.get(score.name)) for score in run.task.scores},
        f"{run.task.score.name}_reasons": _reasons(run),
        "train": _last_train(run),
        "layers": _layers(run.network),
        "evolving": [layer in evolving for layer in range(len(nnz))],
        "persisting_links": sum((1 - zeta) * n for layer, n in enumerate(nnz) if layer in evolving),
        "fixed_links": sum(n for layer, n in enumerate(nnz) if layer not in evolving),
        "paths": dict(run.paths),
        "data": run.data.to_json(),
        "warnings": list(run.warnings),
        "instruction_class": run.instruction_class,
        "numerics": NUMERICS,
        **({"parts": parts} if parts else {}),
    }


def paths_of(check: PathCheck, network: AnyNetwork) -> dict[str, Any]:
    """Path coverage of the first topology, of the last one, and the one expected at the asked densities."""
    coverages = {"start": check.sampled, "end": path_coverage(network.patterns), "expected": check.expected}
    return {name: _coverage(coverage) for name, coverage in coverages.items()}


def _coverage(coverage: PathCoverage) -> dict[str, Any]:
    return {
        "inputs": coverage.inputs,
        "outputs": coverage.outputs,
        "links": list(coverage.links),
        "effective_links": list(coverage.effective_links),
        "sparsity": coverage.sparsity,
        "effective_sparsity": coverage.effective_sparsity,
    }


def _readings(readings: Readings | None) -> dict[str, Any]:
    named = {name: getattr(readings, name, None) for name in READINGS}
    return {name: value and {"value": value.value, "epoch": value.epoch} for name, value in named.items()}


def _reasons(run: Run) -> dict[str, str]:
    """Why a reading of the scores is null, for those that are."""
    if run.score is None:
        diverged = run.state == "diverged"
        reason = "the run diverged in its first epoch" if diverged else "no epoch has been evaluated yet"
        return dict.fromkeys(READINGS, reason)
    return {} if run.score.selected else {"selected": "there are no validation samples"}


def _last_train(run: Run) -> dict[str, float] | None:
    history = run.history
    if not len(history) or not history.train_evaluated[-1]:
        return None
    return {name: float(column[-1]) for name, column in history.train.items()}


def _layers(network: AnyNetwork) -> list[dict[str, Any]]:
    return [
        {"n_in": p.n_in, "n_out": p.n_out, "nnz": p.nnz, "density": p.nnz / (p.n_in * p.n_out)}
        for p in network.patterns
    ]


def _rewired_fraction(run: Run) -> float:
    """The zeta of a method, at the start where it follows a schedule; 0 for a static one."""
    return float(getattr(run.config.method.fraction, "zeta", 0.0))
