"""The shape of the house: import order of the folders, sizes, and rules that no other tool checks."""

import ast
import importlib
import pkgutil
import types
import typing
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import gossamer
from gossamer.files import Stored

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "gossamer"
BASE = ("errors", "random", "fields", "files", "lock", "stopping", "units", "_native")
ORDER = (
    "data",
    "topology",
    "engine",
    "evolve",
    "train",
    "study",
    "analysis",
    "design",
    "simulate",
    "report",
    "lab",
    "interop",
    "bench",
    "cli",
)
IMPORT_ANYTHING = ("interop", "bench", "cli")

LINES_SOFT, LINES_HARD, FUNCTION_LINES = 300, 500, 60
# Path below the root -> why the file is longer than the soft limit.
LONG_FILES: dict[str, str] = {}
# "path below the root::function" -> why the function is longer than the limit.
LONG_FUNCTIONS: dict[str, str] = {}


def python_files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def package_of(path: Path) -> str:
    """First folder (or module) below gossamer; "" for gossamer/__init__.py and __main__.py."""
    first = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    return "" if first.startswith("__") else first


def imported_packages(path: Path) -> Iterator[tuple[str, int]]:
    """(package below gossamer, line) of every import of our own code in a file, lazy or not."""
    for node in ast.walk(ast.parse(path.read_text())):
        for module in modules_named(node, path):
            if module[0] == "gossamer" and len(module) > 1:
                yield module[1], node.lineno


FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def modules_named(node: ast.AST, path: Path) -> list[list[str]]:
    """Dotted names that an import statement loads, relative ones resolved."""
    if isinstance(node, ast.Import):
        return [alias.name.split(".") for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    module = node.module.split(".") if node.module else []
    if node.level:
        parents = ["gossamer", *path.relative_to(SOURCE).parts[:-1]]
        module = parents[: len(parents) - node.level + 1] + module
    if module == ["gossamer"]:
        return [["gossamer", alias.name] for alias in node.names]
    return [module]


def may_import(importer: str, imported: str) -> bool:
    if imported in BASE:
        return True
    if importer in BASE or imported not in ORDER:
        return False
    return importer in IMPORT_ANYTHING or ORDER.index(imported) <= ORDER.index(importer)


def test_every_folder_has_its_place_in_the_order():
    folders = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert folders <= set(ORDER)


def test_packages_import_only_from_those_before_them():
    wrong = [
        f"{name_of(path)}:{line} imports gossamer.{imported}"
        for path in python_files()
        if package_of(path)
        for imported, line in imported_packages(path)
        if not may_import(package_of(path), imported)
    ]
    assert not wrong


def test_the_import_rule_sees_every_form_of_import(tmp_path):
    path = SOURCE / "topology" / "made_up.py"
    forms = {
        "import gossamer.train.config": "train",
        "from gossamer.train import config": "train",
        "from gossamer import train": "train",
        "from ..train import config": "train",
        "from . import pattern": "topology",
        "from .pattern import Pattern": "topology",
    }
    for text, package in forms.items():
        (node,) = ast.parse(text).body
        assert [module[:2] for module in modules_named(node, path)] == [["gossamer", package]], text
    assert not may_import("topology", "train")
    assert may_import("topology", "data")
    assert may_import("data", "errors")
    assert not may_import("errors", "data")
    assert may_import("bench", "cli")


def test_files_are_short():
    files = [*python_files(), *sorted(ROOT.glob("native/*.[ch]pp"))]
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in files}
    assert not [name for name, lines in lengths.items() if lines > LINES_HARD]
    assert not [f"{name}: {n}" for name, n in lengths.items() if n > LINES_SOFT and name not in LONG_FILES]
    assert not [name for name in LONG_FILES if lengths.get(name, 0) <= LINES_SOFT], (
        "a waiver no longer needed"
    )


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = function.body
    has_doc = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1:] if has_doc else body
    return (function.end_lineno or 0) - first[0].lineno + 1 if first else 0


def test_functions_are_short():
    lengths = {
        f"{name_of(path)}::{node.name}": body_lines(node)
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, FUNCTION)
    }
    too_long = {name for name, lines in lengths.items() if lines > FUNCTION_LINES}
    assert too_long == set(LONG_FUNCTIONS)


def test_only_the_command_line_prints():
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files()
        if package_of(path) != "cli"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not wrong


def test_no_exception_is_swallowed():
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or all(isinstance(statement, ast.Pass) for statement in node.body))
    ]
    assert not wrong


def config_models() -> list[type[BaseModel]]:
    """Every pydantic model of the package; not templates (in private modules), not models of stored files."""
    for module in pkgutil.walk_packages(gossamer.__path__, "gossamer."):
        extra = module.name.startswith("gossamer.interop.torch") and find_spec("torch") is None
        if not extra and not module.name.rpartition(".")[2].startswith("_"):
            importlib.import_module(module.name)
    found: list[type[BaseModel]] = []
    waiting = [BaseModel]
    while waiting:
        for model in waiting.pop().__subclasses__():
            waiting.append(model)
            if model.__module__.startswith("gossamer.") and not issubclass(model, Stored):
                found.append(model)
    return found


def is_number(annotation: object) -> bool:
    """True for int, float and unions or tuples of them (bool is a switch, not a number)."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) in (typing.Union, tuple):
        return any(is_number(part) for part in typing.get_args(annotation))
    return annotation in (int, float)


def lacks(info: FieldInfo) -> str:
    """What a config field lacks of help and unit; empty when nothing."""
    extra = info.json_schema_extra
    if not info.description:
        return "help"
    if not isinstance(extra, dict) or "unit" not in extra or "role" not in extra:
        return "gossamer.fields.field(...)"
    return "unit" if is_number(info.annotation) and not extra["unit"] else ""


def test_every_config_field_has_help_and_numbers_have_a_unit():
    models = config_models()
    if not models:
        pytest.fail("no config model found: the search is broken")
    wrong = [
        f"{model.__module__}.{model.__name__}.{name} lacks {lacks(info)}"
        for model in models
        for name, info in model.model_fields.items()
        if lacks(info) and not (name == "kind" and info.annotation is str)  # of an abstract part
    ]
    assert not wrong


def test_config_models_are_frozen_and_refuse_unknown_fields():
    wrong = [
        f"{model.__module__}.{model.__name__}"
        for model in config_models()
        if not model.model_config.get("frozen") or model.model_config.get("extra") != "forbid"
    ]
    assert not wrong
