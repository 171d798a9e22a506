"""Methods as the axis of a study: a block for each, with the axes that mean something to it."""

from collections.abc import Mapping
from typing import Any

from gossamer.errors import ConfigError
from gossamer.evolve import method_record
from gossamer.study.axes import name_of
from gossamer.train.overrides import ALIASES


def compare_methods(tables: dict[str, Any], methods: list[Any], values: Mapping[str, Any]) -> None:
    """Make a block for each method, with the axes that mean something to it; seeds are common unless said."""
    if not methods:
        raise ConfigError("method is [], expected at least one method; name them, as in method=set,rigl.")
    if tables["blocks"]:
        raise ConfigError("This study has blocks, so its methods are set in its file; change it there.")
    axes = [axis for axis in tables["axes"] if axis["field"] != "method"]
    for name, value in values.items():
        # Other lists are axes as well, although the study has none of that name yet.
        if isinstance(value, list) and name in tables["run"] and name_of(name) != "hidden":
            axes.append({"field": name, "values": tables["run"].pop(name)})
    tables["blocks"] = [
        {
            "name": str(method),
            "axes": [{"field": "method", "values": [method]}, *(a for a in axes if _applies(a, str(method)))],
        }
        for method in dict.fromkeys(methods)
    ]
    tables["axes"] = []
    if "seeds" not in values:
        tables["seeds"] = "common"


def _applies(axis: Mapping[str, Any], method: str) -> bool:
    """Whether a method has the part that an axis varies."""
    root, _, rest = ALIASES.get(axis["field"], axis["field"]).partition(".")
    part = rest.partition(".")[0]
    return root != "method" or not part or getattr(method_record(method).make(), part, None) is not None
