"""``gossamer methods``: the methods that can be trained, and what is known of each."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from gossamer.cli import console

app = App(name="methods", help="List the methods that can be trained, and what is known of each.")

Json = Annotated[bool, Parameter(negative="", help="print JSON")]


@app.default
def list_methods(*, json: Json = False) -> None:
    """List the methods, one line each; a star marks those of which something is a reconstruction."""
    from gossamer.evolve.describe import methods

    found = methods()
    if json:
        console.print_json(found)
        return
    rows = [(f"{m['name']}{'*' if m['reconstruction'] else ''}", m["summary"]) for m in found]
    console.print_rows(rows)
    console.out().print(
        "\n* something in it is a reconstruction; gossamer methods show NAME tells what, with parameters and "
        "sources.",
        markup=False,
    )


@app.command
def show(name: Annotated[str, Parameter(help="name of a method")], *, json: Json = False) -> None:
    """Show the parts of a method, its source, what is verified, and its parameters with their defaults."""
    from gossamer.evolve.describe import describe

    facts = describe(name)
    if json:
        console.print_json(facts)
        return
    parts = ", ".join(f"{role} {kind}" for role, kind in facts["parts"].items())
    pairs = {"method": f"{facts['name']}: {facts['summary']}", "parts": parts, "source": facts["source"]}
    pairs |= {"verified": facts["verified"]}
    if facts["reconstruction"]:
        pairs["reconstruction"] = facts["reconstruction"]
    if facts["differs"]:
        pairs["otherwise"] = facts["differs"]
    pairs["links"] = {
        "layer": "every layer keeps its number",
        "network": "the network keeps its number",
        "nothing": "their number changes",
    }[facts["conserves"]]
    console.print_pairs(pairs)
    console.out().print()
    header = ("parameter", "default", "range", "unit", "where the default comes from")
    console.print_rows([header, *map(_cells, facts["parameters"])])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    default = row["default"]
    shown = (
        "none"
        if default is None
        else ", ".join(map(str, default))
        if isinstance(default, list)
        else str(default)
    )
    return (row["path"], shown, row["range"], row["unit"], row["origin"] or row["help"])


@app.command(show=False)
def page(path: Annotated[Path, Parameter(help="Markdown page with the sections of the methods")]) -> None:
    """Bring the data in a page of the docs up to date; what is written by hand stays."""
    from gossamer.evolve.describe import updated_page

    path.write_text(updated_page(path.read_text()))
