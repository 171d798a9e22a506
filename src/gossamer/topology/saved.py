"""A start from a file: masks, or the patterns of a run."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import model_validator
from safetensors import SafetensorError
from safetensors.numpy import load_file

from gossamer._native import Pattern
from gossamer.errors import TopologyError
from gossamer.fields import field
from gossamer.topology.base import StartBase, pattern_of
from gossamer.topology.links import Shape, layer_shapes


class Saved(StartBase):
    """The links of a file: the network of a run, or masks.

    ``.safetensors``: arrays ``layer0.source_offsets``, ``layer0.targets`` ... as a run's
    ``result/network.safetensors`` has them. ``.npz``: one mask a layer, n_in x n_out, in the order of the
    names; a link is where it is not 0.
    """

    kind: Literal["saved"] = field("saved", help="the links of a file")
    path: str = field("", help="file with patterns or masks, or the folder of a run", execution=True)
    checksum: str | None = field(None, help="SHA-256 of the file; found when the configuration is made")

    @model_validator(mode="before")
    @classmethod
    def _found(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("checksum") or not isinstance(data.get("path", ""), str):
            return data
        if not data.get("path"):
            raise TopologyError(
                "A start of kind 'saved' needs its file: set method.start.path to a file with patterns or "
                "masks, or to the folder of a run."
            )
        return {**data, "checksum": _checksum(_file(data["path"]))}

    def layer_densities(self, shapes: Sequence[Shape]) -> list[float]:
        """Density of every layer, given its (n_in, n_out)."""
        patterns = self._patterns([shapes[0][0], *(shape[1] for shape in shapes)])
        return [p.nnz / (p.n_in * p.n_out) for p in patterns]

    def links(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Number of links of every layer."""
        return tuple(pattern.nnz for pattern in self._patterns(sizes))

    def sample(self, sizes: Sequence[int], seed: int, inputs: Any = None) -> list[Pattern]:
        """Pattern of every layer, as the file has it."""
        return self._patterns(sizes)

    def _patterns(self, sizes: Sequence[int]) -> list[Pattern]:
        file, shapes = _file(self.path), layer_shapes(sizes)
        if _checksum(file) != self.checksum:
            raise TopologyError(
                f"{file} is not the file that this configuration was made with; make it anew."
            )
        patterns = _read(file)
        found = [(pattern.n_in, pattern.n_out) for pattern in patterns]
        if found != shapes:
            raise TopologyError(
                f"{file} has layers of {found} neurons, expected those of the network, {shapes}."
            )
        return patterns


def _file(path: str) -> Path:
    file = Path(path).expanduser()
    return file / "result" / "network.safetensors" if file.is_dir() else file


def _checksum(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise TopologyError(f"The links in {file} cannot be read: {error.strerror or error}.") from error


def _read(file: Path) -> list[Pattern]:
    try:
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as masks:
                return [_of_mask(masks[name]) for name in masks.files]
        arrays = load_file(file)
        layers = sorted(
            int(name.split(".")[0].removeprefix("layer"))
            for name in arrays
            if name.endswith(".source_offsets")
        )
        return [_of_arrays(arrays, f"layer{layer}.") for layer in layers]
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise TopologyError(f"{file} holds no patterns or masks: {error}.") from error


def _of_mask(mask: Any) -> Pattern:
    if mask.ndim != 2:
        raise ValueError(f"a mask has shape {mask.shape}, expected (n_in, n_out)")
    return pattern_of(np.flatnonzero(mask).astype(np.uint64), *mask.shape)


def _of_arrays(arrays: dict[str, Any], layer: str) -> Pattern:
    offsets, targets = arrays[f"{layer}source_offsets"], arrays[f"{layer}targets"]
    return Pattern(len(offsets) - 1, len(arrays[f"{layer}bias"]), offsets, targets)
