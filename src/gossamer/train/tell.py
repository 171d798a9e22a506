"""A run in words: the same lines in the terminal, in ``print(run)`` and in notebooks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gossamer.units import duration, percent

if TYPE_CHECKING:
    from gossamer.train.run import Run


def lines_of(run: "Run") -> dict[str, str]:
    """What a run is and what came of it, by head; about ten lines."""
    links = sum(run.network.nnz)
    positions = sum(p.n_in * p.n_out for p in run.network.patterns)
    ended = f"diverged in epoch {run.diverged_epoch}" if run.state == "diverged" else run.state
    lines = {
        "run": f"{run.folder or 'in memory'} ({ended}, {len(run.history)} epochs)",
        "network": f"{'-'.join(map(str, run.network.sizes))}, {links:,} links, "
        f"{percent(1 - links / positions)} sparse",
    }
    for score in run.task.scores:
        if score.name not in run.scores:
            continue
        readings = run.scores[score.name]
        last, selected, best = readings.last, readings.selected, readings.best_on_test
        lines[f"test {score.label}"] = f"{score.text(last.value)} last"
        if selected is not None:
            lines[f"test {score.label}"] += (
                f", {score.text(selected.value)} of epoch {selected.epoch}, selected on validation"
            )
        if score == run.task.score:
            lines["best on test"] = (
                f"{score.text(best.value)} in epoch {best.epoch} (chosen on the test samples: too high)"
            )
    lines |= _accounting(run.measured.get("accounting"))
    lines["time"] = duration(sum(attempt.get("seconds", 0.0) for attempt in run.measured.get("attempts", ())))
    return lines


def text_of(run: "Run") -> str:
    """`lines_of` as one text."""
    lines = {"data": f"{run.data.name} ({run.task.name})", "method": run.config.method.name, **lines_of(run)}
    width = max(map(len, lines))
    return "\n".join(f"{head:{width}}  {text}" for head, text in lines.items())


def _accounting(found: Mapping[str, Any] | None) -> dict[str, str]:
    """Lines on cost and topology; none for a run that an older version trained."""
    if found is None:
        return {}
    flop, sparsity = found["flop"], found["sparsity"]["end"]
    lines = {
        "effective": f"{percent(sparsity['effective_sparsity'])} sparse on paths from inputs to outputs, "
        f"{found['dead_neurons']:,} hidden neurons dead",
    }
    if found["exploration"] is not None:
        lines["explored"] = f"{percent(found['exploration'])} of all positions ever held a link (R_s)"
        if found["regrown"] is not None:
            lines["explored"] += f", {percent(found['regrown'])} of growth undid a drop"
    part = percent(flop["training"] / max(1, flop["dense_training"]))
    lines["operations"] = (
        f"{flop['training']:.2e} to train, {part} of the dense network's; {flop['inference']:,} to predict"
    )
    return lines
