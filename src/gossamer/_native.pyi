"""Types of the native module; its behaviour is described by the docstrings in native/bind_*.cpp."""

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

@final
class Pattern:
    def __init__(
        self, n_in: int, n_out: int, offsets: NDArray[np.int64], targets: NDArray[np.uint32]
    ) -> None: ...
    @property
    def n_in(self) -> int: ...
    @property
    def n_out(self) -> int: ...
    @property
    def nnz(self) -> int: ...
    @property
    def source_offsets(self) -> NDArray[np.int64]: ...
    @property
    def targets(self) -> NDArray[np.uint32]: ...
    @property
    def target_offsets(self) -> NDArray[np.int64]: ...
    @property
    def sources(self) -> NDArray[np.uint32]: ...
    @property
    def link_of(self) -> NDArray[np.uint32]: ...
    def link_sources(self) -> NDArray[np.uint32]: ...
    def same_as(self, other: Pattern) -> bool: ...

def sample_exact(n_in: int, n_out: int, nnz: int, seed: int, layer: int) -> Pattern: ...
def sample_bernoulli(n_in: int, n_out: int, probability: float, seed: int, layer: int) -> Pattern: ...
def sample_free(
    pattern: Pattern,
    keep: NDArray[np.uint8] | NDArray[np.bool_],
    count: int,
    seed: int,
    step: int,
    layer: int,
    exclude_dropped: bool,
) -> NDArray[np.uint64]: ...
def swap_pattern(
    pattern: Pattern, keep: NDArray[np.uint8] | NDArray[np.bool_], grow: NDArray[np.uint64]
) -> tuple[Pattern, NDArray[np.int64]]: ...
def philox(counter: NDArray[np.uint32], seed: int) -> NDArray[np.uint32]: ...
def uniform_draws(seed: int, count: int, step: int, layer: int, purpose: int) -> NDArray[np.float64]: ...

class _Network:
    def __init__(self, layers: list[tuple[Any, ...]], loss: int, optimizer: dict[str, Any]) -> None: ...
    def pattern(self, layer: int) -> Pattern: ...
    def column(self, layer: int, name: str) -> NDArray[Any]: ...
    def set_column(self, layer: int, name: str, values: NDArray[Any]) -> None: ...
    def add_column(self, layer: int, name: str) -> None: ...
    def train(
        self,
        samples: tuple[Any, ...],
        labels: NDArray[np.uint32],
        targets: NDArray[Any] | None,
        weights: NDArray[np.float64] | None,
        order: NDArray[np.int64],
        batch: int,
        learning_rates: NDArray[np.float64],
        first_step: int,
        seed: int,
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], int]: ...
    def gradients(
        self,
        samples: tuple[Any, ...],
        labels: NDArray[np.uint32],
        targets: NDArray[Any] | None,
        weights: NDArray[np.float64] | None,
        ids: NDArray[np.int64],
        step: int,
        seed: int,
        dropout: bool,
        remember: bool,
    ) -> float: ...
    def keep_batches(self, window: int, layers: list[int]) -> None: ...
    def kept_batches(self, layer: int) -> int: ...
    def kept_samples(self, layer: int, batches: int) -> int: ...
    def signals(self, layer: int, age: int) -> tuple[NDArray[Any], NDArray[Any]]: ...
    def add_signals(self, layer: int, inputs: NDArray[Any], deltas: NDArray[Any]) -> None: ...
    def dense_gradient_top_k(
        self,
        layer: int,
        count: int,
        keep: NDArray[np.uint8] | NDArray[np.bool_],
        exclude: NDArray[np.uint64],
        weights: NDArray[np.float64],
        first: int,
        rows: int,
        floor: float,
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]: ...
    def apply(self, learning_rate: float, step: int) -> None: ...
    def scores(self, samples: tuple[Any, ...], first: int, count: int, batch: int) -> NDArray[Any]: ...
    def evaluate(
        self,
        samples: tuple[Any, ...],
        labels: NDArray[np.uint32],
        targets: NDArray[Any] | None,
        first: int,
        count: int,
        batch: int,
    ) -> tuple[NDArray[np.float64], NDArray[np.uint32]]: ...
    def swap(
        self,
        layer: int,
        keep: NDArray[np.uint8] | NDArray[np.bool_],
        grow: NDArray[np.uint64],
        values: NDArray[Any],
        step: int,
    ) -> tuple[int, int, int]: ...

@final
class Network32(_Network): ...

@final
class Network64(_Network): ...

def cpu() -> dict[str, Any]: ...
def threads() -> int: ...
def set_threads(count: int) -> None: ...
def read_rows(
    pattern: Pattern, by_target: bool, rows: NDArray[np.float32], in_flight: int, prefetch: bool, repeats: int
) -> float: ...
def linear_forward32(
    pattern: Pattern, x: Any, weights: NDArray[Any], bias: NDArray[Any] | None, out: Any
) -> None: ...
def linear_forward64(
    pattern: Pattern, x: Any, weights: NDArray[Any], bias: NDArray[Any] | None, out: Any
) -> None: ...
def linear_backward32(
    pattern: Pattern,
    x: Any,
    weights: NDArray[Any],
    delta: Any,
    x_gradient: Any | None,
    weight_gradient: NDArray[Any],
    bias_gradient: NDArray[Any] | None,
) -> None: ...
def linear_backward64(
    pattern: Pattern,
    x: Any,
    weights: NDArray[Any],
    delta: Any,
    x_gradient: Any | None,
    weight_gradient: NDArray[Any],
    bias_gradient: NDArray[Any] | None,
) -> None: ...
