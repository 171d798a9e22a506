"""The table of a prediction: what was predicted from a part of the cost, and what the study found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gossamer.analysis import Findings
from gossamer.analysis.estimate import Estimate
from gossamer.design import Prediction, Prefixes, Target, score
from gossamer.design.prediction import QUANTITIES
from gossamer.report.table import Column, TableData


@dataclass(frozen=True)
class Predicted:
    """Predictions of one curve of a study, and what the study found.

    Parameters
    ----------
    curve : str
        Which curve, in words.
    predictions : tuple of tuple of Prediction
        Made from the first runs of every level, from the second ones, and so on.
    prefixes : tuple of Prefixes
        What they were made from.
    findings : Findings
    target : Target
    """

    curve: str
    predictions: tuple[tuple[Prediction, ...], ...]
    prefixes: tuple[Prefixes, ...]
    findings: Findings
    target: Target


def found_in(findings: Findings) -> dict[str, Estimate]:
    """What a study found of the quantities that are predicted; what it did not find is left out."""
    view = findings.everything
    found: dict[str, Estimate] = {}
    if view.curve is not None:
        found |= {"plateau": view.curve.plateau, "contour": view.curve.contour}
    return found


def prediction_rows(predicted: Predicted) -> list[dict[str, Any]]:
    """One row a set of runs, quantity and method."""
    found = found_in(predicted.findings)
    rows = [row for k in range(len(predicted.predictions)) for row in _rows(predicted, k, found)]
    return sorted(rows, key=lambda row: (row["runs"], QUANTITIES.index(row["quantity"])))


def _rows(predicted: Predicted, k: int, found: Mapping[str, Estimate]) -> Iterator[dict[str, Any]]:
    values = {name: found[name].value if name in found else None for name in QUANTITIES}
    by_method = {prediction.method: prediction for prediction in predicted.predictions[k]}
    for one in score(predicted.predictions[k], values):
        interval = by_method[one.method].intervals.get(one.quantity)
        own = found[one.quantity].given_test_set if one.quantity in found else None
        yield {
            "curve": predicted.curve,
            "runs": k + 1,
            "quantity": one.quantity,
            "method": one.method,
            "predicted": one.predicted,
            "low": interval.low if interval else None,
            "high": interval.high if interval else None,
            "confidence": interval.confidence if interval else None,
            "found": one.found,
            "found_low": own.low if own else None,
            "found_high": own.high if own else None,
            "error": one.error,
            "inside": one.inside,
            "share_of_cost": by_method[one.method].share,
        }


def prediction_table(predicted: Predicted) -> TableData:
    """The table of one curve: predictions from the first run of every level."""
    epochs = predicted.prefixes[0].epochs
    length = f"{epochs.min()}" if epochs.min() == epochs.max() else f"{epochs.min()} to {epochs.max()}"
    share = 100 * predicted.prefixes[0].cost / predicted.target.cost
    return TableData(
        name="prediction",
        title=f"Prediction of the study: {predicted.curve}",
        caption=(
            f"From {length} of {predicted.target.epochs} epochs of one run at each of {epochs.size} levels, "
            f"{share:.3g} % of the cost in links x samples x epochs. Plateau and contour(delta) are those "
            "without a law. In brackets the interval predicted, and the 95 % interval of what the study "
            "found, given its test images."
        ),
        columns=(
            Column("quantity", "quantity", text=True),
            Column("method", "method", text=True),
            Column("predicted", "predicted", of_row=lambda row: _with_ends(row, "predicted", "")),
            Column("found", "found", of_row=lambda row: _with_ends(row, "found", "found_")),
            Column("error", "error", of_row=lambda row: _number(row["error"])),
            Column("inside", "inside", lambda value: "yes" if value else "no", text=True),
        ),
        rows=tuple(row for row in prediction_rows(predicted) if row["runs"] == 1),
        runs=predicted.prefixes[0].runs,
    )


def repeated_table(predicted: Predicted) -> TableData | None:
    """Errors over all sets of runs that a prediction can be made from; None where there is one set."""
    count = len(predicted.predictions)
    if count < 2:
        return None
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in prediction_rows(predicted):
        groups.setdefault((row["quantity"], row["method"]), []).append(row)
    return TableData(
        name="prediction-repeated",
        title=f"The same from each of {count} sets of runs",
        caption="Root mean square and mean of the error, and how many intervals hold what was found. All "
        "sets are compared with the same study, of which they are a part.",
        columns=(
            Column("quantity", "quantity", text=True),
            Column("method", "method", text=True),
            Column("rms", "root mean square error", of_row=lambda row: _number(row["rms"])),
            Column("mean", "mean error", of_row=lambda row: _number(row["mean"])),
            Column("missing", "no prediction"),
            Column("inside", "inside", text=True),
        ),
        rows=tuple(_repeated(quantity, method, rows) for (quantity, method), rows in groups.items()),
    )


def _repeated(quantity: str, method: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    errors = np.array([row["error"] for row in rows if row["error"] is not None])
    held, of = inside(rows)
    return {
        "quantity": quantity,
        "method": method,
        "rms": float(np.sqrt((errors**2).mean())) if errors.size else None,
        "mean": float(errors.mean()) if errors.size else None,
        "missing": len(rows) - errors.size,
        "inside": f"{held} of {of}" if of else None,
    }


def inside(rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """How many intervals held what was found, of how many."""
    told = [row["inside"] for row in rows if row["inside"] is not None]
    return sum(told), len(told)


def _with_ends(row: Mapping[str, Any], name: str, prefix: str) -> str | None:
    value, low, high = row[name], row[f"{prefix}low"], row[f"{prefix}high"]
    if value is None:
        return None
    if low is None and high is None:
        return _number(value)
    ends = " to ".join("open" if end is None else str(_number(end)) for end in (low, high))
    return f"{_number(value)} ({ends})"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.4f}"
