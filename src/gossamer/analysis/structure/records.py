"""What the structure analysis reads of a run in a study's store."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.structure.maps import InputMaps, input_maps
from gossamer.errors import StoreError
from gossamer.evolve import Clock
from gossamer.study.store import Store
from gossamer.topology import Pattern
from gossamer.train.batches import Batches
from gossamer.train.config import RunConfig
from gossamer.train.problems import validated

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class RunRecord:
    """One run at one level of a study.

    Attributes
    ----------
    name : str
        Identity of the run.
    level : float
    replicate : int
    config : RunConfig
    summary : mapping
        What result/summary.json holds.
    structure, history, predictions : mappings of arrays
        As stored, whole or compact.
    network : mapping of arrays or None
        None for a compact run, which keeps no network.
    labels : unsigned int [test images] or None
    """

    name: str
    level: float
    replicate: int
    config: RunConfig
    summary: Mapping[str, Any]
    structure: Arrays
    history: Arrays
    predictions: Arrays
    network: Arrays | None
    labels: NDArray[Any] | None

    @cached_property
    def maps(self) -> tuple[InputMaps, ...]:
        """Links and weights by input neuron at every stored epoch."""
        return input_maps(self.structure)

    @cached_property
    def patterns(self) -> tuple[Pattern, ...] | None:
        """Pattern of each layer at the end of the run; None where the network is not stored."""
        if self.network is None:
            return None
        return tuple(
            Pattern(
                layer["n_in"],
                layer["n_out"],
                np.ascontiguousarray(self.network[f"layer{k}.source_offsets"]),
                np.ascontiguousarray(self.network[f"layer{k}.targets"]),
            )
            for k, layer in enumerate(self.summary["layers"])
        )

    def births(self, layer: int) -> NDArray[Any] | None:
        """Step after which each link of a layer grew, [nnz]; None where it is not stored."""
        return None if self.network is None else self.network.get(f"layer{layer}.column.birth")

    @property
    def image_shape(self) -> tuple[int, ...] | None:
        """Shape of a sample where it is an image."""
        shape = self.summary["data"]["image_shape"]
        return None if shape is None else tuple(shape)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class."""
        return tuple(self.summary["data"]["class_names"])

    @property
    def links(self) -> list[int]:
        """Links of each layer at the end."""
        return [int(layer["nnz"]) for layer in self.summary["layers"]]

    @property
    def positions(self) -> list[int]:
        """Positions of each layer: links if it were dense."""
        return [int(layer["n_in"] * layer["n_out"]) for layer in self.summary["layers"]]

    @property
    def start_links(self) -> list[int]:
        """Links of each layer at the start."""
        return [int(n) for n in self.summary["paths"]["start"]["links"]]

    @property
    def evolving(self) -> list[int]:
        """Layers of links whose topology changes."""
        return [layer for layer, evolves in enumerate(self.summary["evolving"]) if evolves]

    @property
    def grows_uniformly(self) -> bool:
        """Whether links grow uniformly among the free positions."""
        grow = self.config.method.grow
        return grow is not None and grow.kind == "uniform"

    @cached_property
    def clock(self) -> Clock:
        """Steps of an epoch, and epochs asked for."""
        steps = Batches.of(self.config, int(self.summary["data"]["samples"]["train"])).steps
        return Clock(steps, self.config.training.epochs)

    @cached_property
    def updates(self) -> NDArray[np.int64]:
        """Updates of the topology in each epoch that was trained, int64 [epochs]."""
        counts = np.zeros(int(self.summary["epochs"]), np.int64)
        method, clock = self.config.method, self.clock
        done = method.next_update(0, clock)
        while done is not None and done <= len(counts) * clock.steps_per_epoch:
            counts[-(-done // clock.steps_per_epoch) - 1] += method.action(done, clock) != "nothing"
            done = method.next_update(done, clock)
        return counts


def read_record(store: Store, identity: str, level: float, replicate: int) -> RunRecord:
    """Record of a published run.

    Raises
    ------
    StoreError
        If a file that the run should have is missing or damaged.
    """
    found = store.held(identity)
    summary = dict(found.summary)
    try:
        labels = store.read_labels(summary["data"]["checksum"])["test"]
    except (StoreError, KeyError):
        labels = None
    return RunRecord(
        name=identity,
        level=level,
        replicate=replicate,
        config=validated(RunConfig, dict(found.config)),
        summary=summary,
        structure=store.arrays(identity, "structure"),
        history=store.arrays(identity, "history"),
        predictions=store.arrays(identity, "predictions"),
        network=store.arrays(identity, "network") if found.manifest.form == "full" else None,
        labels=labels,
    )
