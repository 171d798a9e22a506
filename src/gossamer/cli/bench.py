"""``gossamer bench``: speed against peers and limits, cost of methods, the network of a million neurons."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from gossamer.cli import console

if TYPE_CHECKING:
    from gossamer.bench.results import Results

app = App(name="bench", help="Measure speed against peers and limits (alone on the machine, or not at all).")

Json = Annotated[bool, Parameter(negative="", help="print JSON")]
Save = Annotated[Path | None, Parameter(help="folder that gets the results as JSON and Markdown")]


@app.default
def speed(
    *,
    quick: Annotated[bool, Parameter(negative="", help="three rounds: enough to see that it runs")] = False,
    json: Json = False,
    save: Save = None,
) -> None:
    """Measure training steps, rewiring and evaluation against PyTorch, SparseLab and the limit of this core.

    Fashion-MNIST at the paper's configuration, about two minutes. PyTorch and SparseLab come with
    `pip install 'gossamer[bench]'` and are left out where they are missing.
    """
    from gossamer.bench.speed import measure_speed

    _show(measure_speed(data_dir=console.data_dir, quick=quick, say=_say), "speed", json, save)


@app.command
def methods(
    *,
    quick: Annotated[bool, Parameter(negative="", help="three rounds: enough to see that it runs")] = False,
    json: Json = False,
    save: Save = None,
) -> None:
    """Measure what methods cost: epochs of RigL and SNFS, latent rules, RigL's update of a wide layer.

    At the paper's configuration, one thread, about a minute; the last beside a dense product of its size.
    """
    from gossamer.bench.methods import measure_methods

    _show(measure_methods(data_dir=console.data_dir, quick=quick, say=_say), "methods", json, save)


@app.command
def scale(*, json: Json = False, save: Save = None) -> None:
    """Build and train a network of a million neurons: time, loss, peak memory."""
    from gossamer.bench.scale import measure_scale

    _show(measure_scale(data_dir=console.data_dir, say=_say), "scale", json, save)


def _say(line: str) -> None:
    console.err().print(line, markup=False)


def _show(results: "Results", name: str, json: bool, save: Path | None) -> None:
    if json:
        console.print_json(results.as_json())
    else:
        console.out().print(results.as_markdown(), markup=False, end="")
    if save is not None:
        for path in results.save(save, name):
            _say(f"wrote {path}")
