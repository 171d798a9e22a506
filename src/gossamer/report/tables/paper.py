"""The paper's Tables 1 and 2, and its numbers beside those of the study."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from gossamer.analysis.laws.paper_law import (
    ESC,
    FALL,
    PLATEAU,
    STEEPNESS,
    PaperLaw,
    paper_accuracy,
    paper_contour,
)
from gossamer.report.figures.paper_zooms import PAPER_READING, need_paper_axis
from gossamer.report.material import Material
from gossamer.report.table import Column, TableData, fixed
from gossamer.report.words import estimate_text, significant

_MSE = 1.3e-4
_LANDMARKS = (0.3, 0.9, 0.96, 0.98, 0.987, 0.99, 1.0)


def paper_levels(material: Material) -> TableData:
    """The paper's Table 1: level, accuracy, and accuracy by the law.

    Raises
    ------
    AnalysisError
        If the axis is not zeta.
    """
    need_paper_axis(material)
    view = material.first.findings[PAPER_READING].everything
    law = _law(material)
    x = np.array([found.level for found in view.levels])
    ours = paper_accuracy(x, law.plateau, law.a, law.b).tolist() if law else [None] * len(x)
    theirs = paper_accuracy(x).tolist()
    rows = [
        {
            "zeta": found.level,
            "accuracy": found.mean.value,
            "runs": found.count,
            "approximated": own,
            "paper_approximated": paper,
            "run_ids": found.runs,
        }
        for found, own, paper in zip(view.levels, ours, theirs, strict=True)
    ]
    return TableData(
        name="paper-table-1",
        title="The paper's Table 1, from this study",
        caption=(
            "Accuracy: best test accuracy over all epochs, mean over the runs. Approximated: equation (2) "
            f"with the plateau of the levels up to ζ = {ESC:g}. The paper's own measured column is an image "
            "without text; its approximated one follows from equation (1)."
        ),
        columns=(
            Column("zeta", "ζ", lambda value: f"{value:.6g}"),
            Column("accuracy", "accuracy", fixed(4)),
            Column("runs", "runs"),
            Column("approximated", "approximated accuracy", fixed(4)),
            Column("paper_approximated", "the paper's equation (1)", fixed(4)),
        ),
        rows=tuple(rows),
        runs=view.runs,
    )


def _law(material: Material) -> PaperLaw | None:
    view = material.first.findings[PAPER_READING].everything
    return next((law for law in view.paper if law.esc_from == "given"), None)


def paper_comparison(material: Material) -> TableData:
    """The paper's numbers and the study's, point by point.

    Raises
    ------
    AnalysisError
        If the axis is not zeta.
    """
    need_paper_axis(material)
    return TableData(
        name="paper-comparison",
        title="The paper's numbers beside those of this study",
        caption=(
            "Best test accuracy over all epochs, as in the paper, which has one run a level and no "
            "intervals. In brackets the widest of the intervals computed here."
        ),
        columns=(
            Column("what", "what", text=True),
            Column("paper", "the paper", text=True),
            Column("study", "this study", text=True),
        ),
        rows=tuple(
            {"what": what, "paper": paper, "study": study} for what, paper, study in _points(material)
        ),
        runs=material.first.findings[PAPER_READING].everything.runs,
    )


def _points(material: Material) -> Iterator[tuple[str, str, str]]:
    view = material.first.findings[PAPER_READING].everything
    law, curve = _law(material), view.curve
    if law is not None:
        yield "plateau, equation (3) up to ζ = 0.96", f"{PLATEAU:g}", f"{law.plateau:.4f}"
        yield "a", f"{FALL:g}", f"{law.a:.4f}"
        yield "b (1 / ζ)", f"{STEEPNESS:g}", f"{law.b:.4g}"
        yield "mean squared error of equation (2)", f"{_MSE:.2g}", f"{law.mse:.2g}"
        yield (
            "1 point below the plateau by equation (2)",
            f"ζ = {paper_contour(0.01):.4f}",
            f"ζ = {law.contour:.4f}",
        )
    if curve is not None:
        yield (
            "contour, by eye (paper) or interpolation",
            f"ζ = {ESC:g}",
            f"ζ = {estimate_text(curve.contour)}",
        )
        safe = "none" if curve.safe.level is None else f"ζ = {curve.safe.level:g}"
        yield "last level shown to be above plateau − 1 point", "–", safe
    means = {found.level: found.mean.value for found in view.levels}
    for level in _LANDMARKS:
        if level in means:
            theirs = float(paper_accuracy(np.array(level)))
            yield f"accuracy at ζ = {level:g}", f"{theirs:.3f} by equation (1)", significant(means[level])


def paper_settings(material: Material) -> TableData:
    """The paper's Table 2: hyper-parameters, with those of the study."""
    config, summary = material.example
    rows = [
        {"what": what, "paper": paper, "study": study} for what, paper, study in _settings(config, summary)
    ]
    return TableData(
        name="paper-table-2",
        title="The paper's Table 2: settings, beside those of this study",
        caption=(
            "In brackets what the paper does not state and its published code sets. ζ is a rewiring "
            "fraction; the sparsity of the network is set by ε and does not depend on it."
        ),
        columns=(
            Column("what", "setting", text=True),
            Column("paper", "the paper", text=True),
            Column("study", "this study", text=True),
        ),
        rows=tuple(rows),
    )


def _settings(config: dict[str, Any], summary: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    network, optimizer, training = config["network"], config["optimizer"], config["training"]
    start, samples, layers = config["method"]["start"], summary["data"]["samples"], summary["layers"]
    links = sum(layer["nnz"] for layer in layers)
    positions = sum(layer["n_in"] * layer["n_out"] for layer in layers)
    sizes = "-".join(str(n) for n in (layers[0]["n_in"], *(layer["n_out"] for layer in layers)))
    yield "data", "Fashion-MNIST", str(summary["data"]["name"])
    yield "training / test samples", "(5,000 / 1,000)", f"{samples['train']:,} / {samples['test']:,}"
    yield "layers", "784-1000-1000-1000-10", sizes
    yield (
        "activation, loss",
        "ReLU, categorical",
        f"{network['activation']}, {network['loss'].replace('_', ' ')}",
    )
    yield "ε", "13", str(start.get("epsilon", "–"))
    yield (
        "links, true sparsity",
        "(about 85,192, 96.95 %)",
        f"{links:,}, {100 * (1 - links / positions):.2f} %",
    )
    yield "output layer", "(dense, never rewired)", f"density {layers[-1]['density']:.3g}"
    yield "epochs", "1000", str(training["epochs"])
    yield "batch", "40", str(training["batch_size"])
    yield "learning rate", "0.05", f"{optimizer['learning_rate']:g}"
    yield "momentum", "0.9", f"{optimizer['momentum']:g}"
    yield "dropout", "0.2", f"{network['dropout']:g}"
    decay = f"{optimizer['weight_decay']:g}, {optimizer['weight_decay_form'].replace('_', ' ')}"
    yield "weight decay", "(0.0002 a step, decoupled)", decay
    yield (
        "initial weights",
        "(He uniform, dense fan-in)",
        f"{network['init'].replace('_', ' ')}, {network['fan_in']} fan-in",
    )
