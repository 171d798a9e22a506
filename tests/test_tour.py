"""Names on docs/tour.md are those of the code, and every room is on it."""

import importlib
import re
from pathlib import Path

import pytest

from test_architecture import BASE, ORDER

ROOT = Path(__file__).parents[1]
TOUR = (ROOT / "docs" / "tour.md").read_text()
ROWS = re.findall(r"^\| `([^`]+)` \| .* \| `([^`]+)` \|$", TOUR, re.MULTILINE)


def found(name: str) -> object:
    """The thing of a dotted name: a module as far as there are modules, then attributes."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part)
        return thing
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", [name for _, name in ROWS if ":" not in name])
def test_every_name_is_callable_and_explains_itself(name):
    thing = found(name)
    assert callable(thing)
    assert thing.__doc__ or name.rpartition(".")[2].startswith("_")


@pytest.mark.parametrize("name", [name for _, name in ROWS if ":" in name])
def test_every_native_name_is_defined_there(name):
    file, function = name.split(": ")
    assert re.search(rf"^\w[^;\n]*\b{function}\([^;]*\{{$", (ROOT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize(("room", "name"), ROWS)
def test_every_name_stands_in_its_room(room, name):
    inside = room.rstrip("/").removesuffix(".py").replace("/", ".")
    assert name.startswith((f"gossamer.{inside}.", f"{room.rstrip('/')}/"))


def test_every_room_is_on_the_tour():
    rooms = {room.partition("/")[0].removesuffix(".py") for room, _ in ROWS}
    source = ROOT / "src" / "gossamer"
    there = {name for name in ORDER if (source / name).is_dir() or (source / f"{name}.py").is_file()}
    assert rooms == there | {"native"}
    for name in BASE:
        assert name == "_native" or f"`{name}.py`" in TOUR
