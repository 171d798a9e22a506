"""What is fuzzed: each kind makes one input in an empty folder and says which commands read it."""

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import UnionType
from typing import NamedTuple, get_args

from mutate import TOKENS, VALUES, damaged_array, damaged_bytes, damaged_json, damaged_text
from pydantic import BaseModel
from seeds import SMALL

from gossamer.errors import GossamerError
from gossamer.train.arrays import read_arrays, write_arrays
from gossamer.train.config import RunConfig


class Case(NamedTuple):
    """Commands to carry out in the input's folder; folders in `kept` must not change."""

    commands: list[list[str]]
    kept: tuple[str, ...] = ()


Kind = Callable[[Path, Path, Random], Case]


def files(seeds: Path, folder: Path, chance: Random) -> Case:
    """Data files of every format, damaged."""
    source = chance.choice(sorted((seeds / "files").iterdir()))
    for path in (seeds / "files").glob("sparse*"):
        shutil.copy(path, folder)
    content = source.read_bytes()
    if source.suffix in (".csv", ".tsv", ".svm") and chance.random() < 0.7:
        content = damaged_text(content.decode(), chance).encode()
    else:
        content = damaged_bytes(content, chance)
    (folder / source.name).write_bytes(content)
    return Case(
        [
            ["data", "inspect", source.name, "--json"],
            ["train", f"dataset={source.name}", *SMALL, *_data_settings(chance)],
        ]
    )


def _data_settings(chance: Random) -> list[str]:
    every = (
        "test_fraction=0.5",
        "header=yes",
        "header=no",
        "missing=mean",
        "missing=drop",
        "label_column=label",
        "label_column=0",
        "scaling=standardise",
        "task=regression",
    )
    return [f"data.{setting}" for setting in chance.sample(every, chance.choice((0, 0, 1, 2)))]


def tables(seeds: Path, folder: Path, chance: Random) -> Case:
    """Tables of random cells: numbers, words, blanks, quotes, any separator, any number of columns."""
    separator = chance.choice(",;\t| ")
    width = chance.randrange(1, 6)
    pools = [
        chance.choice((("0", "1"), ("1", "2.5", "-3"), ("a", "b"), TOKENS, ("1,5", "2,5")))
        for _ in range(width)
    ]
    head = [chance.choice(("a", "b", "label", "class", "target", "0", "", "x y")) for _ in range(width)]
    rows = [head] if chance.random() < 0.5 else []
    for _ in range(chance.randrange(0, 40)):
        row = [chance.choice(pool) for pool in pools]
        rows.append(row if chance.random() < 0.98 else row[:-1])
    quote = chance.choice(("", "", '"'))
    text = chance.choice(("\n", "\n", "\r\n", "\r")).join(
        separator.join(f"{quote}{cell}{quote}" for cell in row) for row in rows
    )
    (folder / "t.csv").write_bytes(
        text.encode(chance.choice(("utf-8", "utf-8", "utf-16", "latin-1")), errors="replace")
    )
    return Case(
        [["data", "inspect", "t.csv", "--json"], ["train", "dataset=t.csv", *SMALL, *_data_settings(chance)]]
    )


def images(seeds: Path, folder: Path, chance: Random) -> Case:
    """A folder of IDX files of which one is damaged, missing or another one's."""
    shutil.copytree(seeds / "idx", folder / "set")
    path = chance.choice(sorted((folder / "set").iterdir()))
    if chance.random() < 0.2:
        path.unlink()
    else:
        path.write_bytes(damaged_bytes(path.read_bytes(), chance))
    return Case([["train", "dataset=set", *SMALL]])


def predictions(seeds: Path, folder: Path, chance: Random) -> Case:
    """Samples that do not quite fit the run that is asked about them."""
    source = (
        seeds / "files" / chance.choice(("samples.csv", "samples.npy", "comma.csv", "dense.npz", "pair.mat"))
    )
    damage = (
        damaged_bytes
        if source.suffix != ".csv"
        else lambda content, c: damaged_text(content.decode(), c).encode()
    )
    (folder / source.name).write_bytes(damage(source.read_bytes(), chance))
    shutil.copytree(seeds / "run", folder / "run")
    return Case([["predict", "run", source.name, "--probabilities", "--json"]], ("run",))


def runs(seeds: Path, folder: Path, chance: Random) -> Case:
    """A run's folder in which one file is damaged."""
    shutil.copytree(seeds / "run", folder / "run")
    shutil.copy(seeds / "files" / "samples.csv", folder)
    _damage_one(folder / "run", chance)
    shutil.copytree(folder / "run", folder / "again")
    reading = [["predict", "run", "samples.csv", "--json"], ["show", "run"]]
    return Case([*reading, _again(seeds, chance.choice((1, 2)))], ("run",))


def _again(seeds: Path, epochs: int) -> list[str]:
    """Command that goes on with the run in the folder ``again``."""
    words = [*(word for word in SMALL if word != "epochs=1"), f"epochs={epochs}"]
    kept = ["execution.keep_checkpoint=true", "--out", "again"]
    return ["train", f"dataset={seeds / 'files/comma.csv'}", *words, *kept]


def contents(seeds: Path, folder: Path, chance: Random) -> Case:
    """A run's folder in which the arrays of one file have other content, and its checksum fits."""
    shutil.copytree(seeds / "run", folder / "run")
    shutil.copy(seeds / "files" / "samples.csv", folder)
    path = chance.choice(sorted((folder / "run").rglob("*.safetensors")))
    kind = path.stem
    arrays, metadata = read_arrays(path, kind)
    for name in chance.sample(sorted(arrays), min(len(arrays), chance.choice((1, 1, 2)))):
        arrays[name] = damaged_array(arrays[name], chance)
    with contextlib.suppress(GossamerError, TypeError, ValueError):  # what cannot be written stays as it was
        if chance.random() < 0.3:
            metadata = json.loads(damaged_json(json.dumps(metadata), chance))
        write_arrays(path, arrays, metadata, kind)
    shutil.copytree(folder / "run", folder / "again")
    return Case([["predict", "run", "samples.csv", "--json"], ["show", "run"], _again(seeds, 2)], ("run",))


def studies(seeds: Path, folder: Path, chance: Random) -> Case:
    """A study's folder in which one file is damaged."""
    shutil.copytree(seeds / "study", folder / "study")
    _damage_one(folder / "study", chance)
    reading = (
        ["status"],
        ["table"],
        ["table", "--csv"],
        ["table", "--json"],
        ["analyse", "--json"],
        ["digest"],
        ["export"],
    )
    asked = chance.sample(reading, 2)
    commands = [
        ["study", words[0], "study", *(["copy"] if words == ["export"] else words[1:])] for words in asked
    ]
    if chance.random() < 0.1:
        commands.append(["study", "run", "study", "--workers", "1", "--no-report"])
        return Case(commands)
    return Case(commands, ("study",))


def _damage_one(folder: Path, chance: Random) -> None:
    # Folders of equal files would drown the few that differ, so a name is drawn before a file.
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    name = chance.choice(sorted({path.name if len(path.name) < 30 else path.suffix for path in paths}))
    path = chance.choice(sorted(path for path in paths if path.name.endswith(name)))
    if chance.random() < 0.05:
        path.unlink()
    elif path.suffix == ".json" and chance.random() < 0.8:
        path.write_text(damaged_json(path.read_text(), chance))
    else:
        path.write_bytes(damaged_bytes(path.read_bytes(), chance))


def toml(seeds: Path, folder: Path, chance: Random) -> Case:
    """A study's TOML, damaged."""
    text = damaged_text((seeds / "study.toml").read_text(), chance)
    if chance.random() < 0.03:
        text += "\nx = " + "[" * 5000 + "]" * 5000
    (folder / "study.toml").write_bytes(text.encode(errors="replace"))
    return Case([["study", "run", "study.toml", "--dry-run", "--json"], ["train", "study.toml", "--dry-run"]])


def _paths(model: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, info in model.model_fields.items():
        options = get_args(info.annotation) if isinstance(info.annotation, UnionType) else (info.annotation,)
        inner = [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
        found.append(prefix + name)
        for option in inner:
            found += _paths(option, f"{prefix}{name}.")
    return found


PATHS = [
    *_paths(RunConfig),
    *("epsilon", "zeta", "density", "hidden", "epochs", "method", "method.start", "method.start.epsilon"),
    *("method.drop.kind", "method.fraction", "method.fraction.zeta", "method.when.every", "nonsense"),
]


def settings(seeds: Path, folder: Path, chance: Random) -> Case:
    """Hostile values for every setting."""
    words = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        value = chance.choice(VALUES) if chance.random() < 0.6 else chance.choice(TOKENS)
        text = value if isinstance(value, str) else json.dumps(value)
        words.append(f"{chance.choice(PATHS)}={text}".replace("\x00", ""))
    asked = ["train", *words, "--dry-run"]
    grid = ["study", "run", "digits", "--folder", "study", *words, "--dry-run"]
    return Case([asked, grid if chance.random() < 0.3 else [*asked, "--show-config"]])


KINDS: dict[str, Kind] = {
    kind.__name__: kind
    for kind in (files, tables, images, predictions, runs, contents, studies, toml, settings)
}


def unread(text: str) -> str:
    """Why a text that should be JSON is not; empty when it is."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    try:
        json.load(io.StringIO(text), parse_constant=refuse)
    except ValueError as error:
        return str(error)
    return ""
