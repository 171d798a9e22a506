"""Learning curves: the score against epoch, a line for each of some levels."""

from collections.abc import Iterator, Mapping
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from gossamer.errors import AnalysisError
from gossamer.report.figure import Choice, Figure, FigureData
from gossamer.report.figures.parts import chart_of, pan, spread, thinned
from gossamer.report.material import Curve, Material
from gossamer.report.style import HEIGHT, SEQUENTIAL, WIDTH
from gossamer.report.words import axis_symbol, axis_title, level_text
from gossamer.study.store.thinning import all_epochs
from gossamer.train.score import Score

MEASURES = {
    "test": "test samples",
    "validation": "validation samples",
    "train_running": "training samples, while training (with dropout)",
}
_MOST_LEVELS, _MOST_EPOCHS = 12, 100
_UNIT = 1e-4


def learning_curves(material: Material) -> Figure:
    """The score of the network of every epoch, mean over the runs of a level.

    Raises
    ------
    AnalysisError
        If no run has a history.
    """
    data = learning_data(material, material.first)
    measures = {name: MEASURES[name] for name in MEASURES if name in data.columns["measure"]}
    symbol = axis_symbol(material.axis)
    return Figure(
        name="learning",
        title=f"{material.score.title} against epoch",
        caption=(
            f"Mean over the runs of a level; a line for each of {len(_shown(material))} levels of {symbol}, "
            "spread over those of the study. Evaluated before the update that ends the "
            f"epoch.{material.of_first}"
        ),
        data={"curves": data},
        chart=_chart(material, measures),
        choices=(Choice("measure", f"{material.score.title} on", measures, "test"),),
    )


def _shown(material: Material) -> list[float]:
    levels = material.levels
    return [float(levels[k]) for k in spread(len(levels), _MOST_LEVELS)]


def learning_data(material: Material, curve: Curve) -> FigureData:
    """One row a level and measure; epochs, and scores in units of 1e-4, are cells of numbers."""
    rows: list[dict[str, Any]] = []
    runs: list[str] = []
    for k, level in enumerate(_shown(material)):
        histories = dict(_histories(material, curve, level))
        runs += histories
        for measure in MEASURES:
            lines = [
                line
                for h in histories.values()
                if (line := _line(h, measure, material.table.score)) is not None
            ]
            if lines:
                rows.append(
                    {
                        "order": k,
                        "level": level,
                        "measure": measure,
                        "runs": len(lines),
                        "run_ids": " ".join(run[:10] for run in histories),
                        **_cells(lines),
                    }
                )
    if not rows:
        raise AnalysisError("No run has a history yet.")
    return FigureData.of(
        rows, units={"epochs": "epochs", "values": f"{material.score.label}, 1e-4"}, runs=runs
    )


def _histories(material: Material, curve: Curve, level: float) -> Iterator[tuple[str, Mapping[str, Any]]]:
    table = material.table
    for k in curve.rows.tolist():
        if table[material.axis][k] == level and table["state"][k] == "finished":
            identity = table["identity"][k].item()
            yield identity, material.study.store.arrays(identity, "history")


def _line(
    history: Mapping[str, Any], measure: str, score: Score
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Epochs and values of one run, better when higher; None where its history has no such measure."""
    if measure == "train_running":
        running = history.get(f"train_{score.name}_running")
        return None if running is None else (history["epoch"], score.sign * running)
    values = all_epochs(history, f"{measure}_{score.name}")
    return None if values is None else (np.arange(1, len(values) + 1), score.sign * values)


def _cells(lines: list[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> dict[str, tuple[int, ...]]:
    """Mean over runs at the epochs that all have, thinned."""
    shared = lines[0][0]
    for epochs, _ in lines[1:]:
        shared = np.intersect1d(shared, epochs)
    shared = shared[thinned(len(shared), _MOST_EPOCHS)]
    mean = np.mean([values[np.searchsorted(epochs, shared)] for epochs, values in lines], axis=0)
    return {
        "epochs": tuple(shared.tolist()),
        "values": tuple(np.rint(mean / _UNIT).astype(np.int64).tolist()),
    }


def _chart(material: Material, measures: Mapping[str, str]) -> Any:
    levels, score = _shown(material), material.score
    names = {level: level_text(level) for level in levels}
    domain = [names[level] for level in levels]
    colour = alt.Color(
        "name:O",
        sort=domain,
        title=axis_title(material.axis).partition(" (")[0],
        scale=alt.Scale(domain=domain, scheme=alt.SchemeParams(SEQUENTIAL, extent=[0.15, 0.95])),
        legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=3),
    )
    texts = ", ".join(f"{name!r}: {label!r}" for name, label in measures.items())
    title = alt.TitleParams(text=alt.ExprRef(expr=f"'{score.title} on ' + ({{{texts}}})[measure]"))
    return (
        chart_of("curves")
        .transform_filter("datum.measure === measure")
        .transform_flatten(["epochs", "values"], ["epoch", "cell"])
        .transform_calculate(**{score.name: f"datum.cell * {_UNIT}", "name": "format(datum.level, '.6~g')"})
        .mark_line(
            clip=True,
            strokeWidth=1.6,
            point=alt.OverlayMarkDef(fill="transparent", stroke="transparent", size=40),
        )
        .encode(
            x=alt.X("epoch:Q", title="epoch", scale=alt.Scale(type="log", nice=False)),
            y=alt.Y(f"{score.name}:Q", title=score.axis_title, scale=alt.Scale(zero=False)),
            color=colour,
            tooltip=[
                alt.Tooltip("name:N", title="level"),
                alt.Tooltip("epoch:Q"),
                alt.Tooltip(f"{score.name}:Q", title=score.label, format=".4f"),
                alt.Tooltip("runs:Q"),
                alt.Tooltip("run_ids:N", title="run ids"),
            ],
        )
        .add_params(alt.param(name="measure", value="test"), pan())
        .properties(width=WIDTH, height=HEIGHT, title=title)
    )
