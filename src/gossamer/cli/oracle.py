"""``gossamer oracle``: the sparse engine held to masked dense arrays, on the user's own run."""

import dataclasses
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from gossamer.cli import console

if TYPE_CHECKING:
    from gossamer.train.agreement import Agreement, EpochDifference, StepDifference

app = App(name="oracle")

_DISAGREES = 1


@app.default
def oracle(
    *words: Annotated[
        str, Parameter(name="CONFIG-OR-KEY=VALUE", help="a TOML file, and values such as zeta=0.5")
    ],
    preset: Annotated[
        str | None, Parameter(help="configuration to start from: digits (default) or paper")
    ] = None,
    epochs: Annotated[int | None, Parameter(help="stop after so many epochs of the run")] = None,
    dtype: Annotated[
        Literal["float64", "float32"], Parameter(help="arithmetic of both networks")
    ] = "float64",
    follow: Annotated[
        bool,
        Parameter(negative="", help="let every step start from the sparse network's numbers"),
    ] = False,
    tolerance: Annotated[
        float | None, Parameter(help="largest relative difference that passes for rounding")
    ] = None,
    steps: Annotated[bool, Parameter(negative="", help="print every step")] = False,
    json: Annotated[bool, Parameter(negative="", help="print the result as JSON")] = False,
) -> int:
    """Train a run twice, truly sparse and with dense arrays and a mask, and compare every step.

    Both use the same random numbers and make their own drop decisions, so they must agree to rounding: the
    exit code is 0 if they do and 1 if they do not. Takes networks of up to 4,000,000 positions.
    """
    from gossamer.cli.progress import Download
    from gossamer.cli.train import configuration
    from gossamer.data import load_dataset
    from gossamer.errors import ConfigError
    from gossamer.train.oracle import compare_with_masked_dense

    if epochs is not None and epochs < 1:
        raise ConfigError(f"--epochs is {epochs}, expected at least 1.")
    config = configuration(words, preset)
    with Download() as download:
        dataset = load_dataset(
            config.data, data_dir=console.data_dir, seed=config.seed_of("data"), progress=download
        )
    table = None if json else _Table(steps)
    found = compare_with_masked_dense(
        config, dataset, epochs=epochs, dtype=dtype, follow=follow, tolerance=tolerance, listen=table
    )
    if json:
        console.print_json(_finite(dataclasses.asdict(found)))
    else:
        console.out().print(_verdict(found), markup=False)
    return 0 if found.agrees else _DISAGREES


class _Table:
    """Prints a line for every epoch, or for every step too, as it comes."""

    def __init__(self, steps: bool) -> None:
        self._steps, self._begun = steps, False

    def __call__(self, difference: "StepDifference | EpochDifference") -> None:
        from gossamer.train.agreement import EpochDifference

        if not self._begun:
            head = (
                f"{'epoch':>6}{'step':>7}{'weights':>11}{'state':>11}{'loss':>11}  links      test accuracy"
            )
            console.out().print(head, markup=False)
            self._begun = True
        numbers = f"{difference.weights:>11.1e}{difference.state:>11.1e}{difference.loss:>11.1e}"
        if isinstance(difference, EpochDifference):
            links = "same" if difference.same_links else "different"
            accuracies = _accuracies(difference)
            line = f"{difference.epoch:>6}{difference.steps:>7}{numbers}  {links:<9}  {accuracies}"
            console.out().print(line.rstrip(), markup=False)
        elif self._steps:
            console.out().print(f"{difference.epoch:>6}{difference.step:>7}{numbers}", markup=False)


def _accuracies(difference: "EpochDifference") -> str:
    if difference.accuracy is None or difference.dense_accuracy is None:
        return ""
    return f"{difference.accuracy:.4f} sparse, {difference.dense_accuracy:.4f} masked dense"


def _verdict(found: "Agreement") -> str:
    largest = found.largest
    compared = f"{found.dtype}, tolerance {found.tolerance:g}"
    if found.agrees:
        return f"Agrees to rounding: largest relative difference {largest:.1e} ({compared})."
    if found.epochs and not found.epochs[-1].same_links:
        return f"Does not agree: the links differ in epoch {found.epochs[-1].epoch} ({compared})."
    if not largest > found.tolerance:
        return f"Does not agree: only one of the two networks diverged ({compared})."
    return f"Does not agree: largest relative difference {largest:.1e} ({compared})."


def _finite(value: Any) -> Any:
    """JSON values; a number that is not finite becomes None."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
