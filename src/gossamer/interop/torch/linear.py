"""A linear layer that holds and computes only its links."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn

from gossamer._native import Pattern, sample_exact
from gossamer.engine.initial import initial_weights
from gossamer.errors import ConfigError, DataError
from gossamer.interop.torch.operators import Links, sparse_linear
from gossamer.topology.base import pattern_of
from gossamer.topology.links import links_from_density


class SparseLinear(nn.Module):
    """``nn.Linear`` with links in place of a matrix; CPU, float32 or float64.

    `values` is a Parameter [nnz]; the links are buffers, part of the state_dict: ``source_offsets``
    int64 [in_features + 1] and ``targets`` int32 [nnz], links of source i being
    ``source_offsets[i] .. source_offsets[i + 1] - 1``. Outputs of a two-dimensional input lie in memory
    neuron by neuron (strides (1, batch)), as the next sparse layer reads them.

    Parameters
    ----------
    in_features, out_features : int, at least 1
    bias : bool
    density : float in [0, 1]
    seed : int in [0, 2**64), of links and first values (uniform, He, by the links that reach a neuron)
    dtype : torch.float32 or torch.float64
    pattern : Pattern, optional, in place of a random one of `density`

    Raises
    ------
    ConfigError
        If the dtype is another one, or the pattern has other sizes.
    """

    source_offsets: Tensor
    targets: Tensor

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        density: float = 0.1,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
        pattern: Pattern | None = None,
    ) -> None:
        super().__init__()
        if dtype not in (torch.float32, torch.float64):
            raise ConfigError(f"The dtype is {dtype}, expected torch.float32 or torch.float64.")
        if pattern is None:
            links = links_from_density(density, in_features, out_features)
            pattern = sample_exact(in_features, out_features, links, seed, 0)
        if (pattern.n_in, pattern.n_out) != (in_features, out_features):
            raise ConfigError(
                f"The pattern goes from {pattern.n_in} to {pattern.n_out} neurons, expected {in_features} "
                f"to {out_features}."
            )
        self.in_features, self.out_features = in_features, out_features
        values = initial_weights([pattern], "he_uniform", "actual", seed, "float64")[0]
        self.values = nn.Parameter(torch.from_numpy(values).to(dtype))
        self.bias = nn.Parameter(torch.zeros(out_features, dtype=dtype)) if bias else None
        self._place(pattern)

    @classmethod
    def from_dense(cls, linear: nn.Linear, mask: Any = None) -> "SparseLinear":
        """The links of a mask [out_features, in_features] with the weights of a dense layer.

        Parameters
        ----------
        linear : nn.Linear
        mask : bool or 0/1 array or tensor, optional
            ``torch.nn.utils.prune`` leaves it as ``weight_mask``, which is taken if none is given; else
            links are where the weight is not 0.

        Raises
        ------
        DataError
            If the mask has another shape.
        """
        weight = linear.weight.detach()
        mask = getattr(linear, "weight_mask", weight != 0) if mask is None else mask
        flags = np.asarray(mask) != 0
        if flags.shape != tuple(weight.shape):
            raise DataError(f"The mask has shape {flags.shape}, expected {tuple(weight.shape)}.")
        n_out, n_in = flags.shape
        pattern = pattern_of(np.flatnonzero(flags.T).astype(np.uint64), n_in, n_out)
        has_bias = linear.bias is not None
        layer = cls(n_in, n_out, has_bias, dtype=weight.dtype, pattern=pattern)
        with torch.no_grad():
            layer.values.copy_(torch.from_numpy(np.ascontiguousarray(weight.numpy().T[flags.T])))
            if layer.bias is not None:
                layer.bias.copy_(linear.bias)
        return layer

    @property
    def pattern(self) -> Pattern:
        """The links."""
        return self._links.pattern

    @property
    def density(self) -> float:
        """Links / positions."""
        return self.pattern.nnz / (self.in_features * self.out_features)

    def forward(self, x: Tensor) -> Tensor:
        """Output [..., out_features] of x [..., in_features]."""
        if x.shape[-1] != self.in_features or x.dtype != self.values.dtype or x.device.type != "cpu":
            raise DataError(
                f"The input is {x.dtype} of shape {tuple(x.shape)} on {x.device}, expected "
                f"{self.values.dtype} of shape (..., {self.in_features}) on the CPU."
            )
        flat = x.reshape(-1, self.in_features)
        arguments = (self.values, self.bias, self.source_offsets, self.targets, self._key)
        out: Tensor = sparse_linear(flat, *arguments, self.out_features)
        return out if x.dim() == 2 else out.reshape(*x.shape[:-1], self.out_features).contiguous()

    def to_scipy(self) -> csr_array[Any]:
        """Weights as a SciPy matrix [out_features, in_features], a copy."""
        pattern = self.pattern
        values = self.values.detach().numpy()[pattern.link_of]
        shape = (self.out_features, self.in_features)
        return csr_array((values, pattern.sources.astype(np.int64), pattern.target_offsets.copy()), shape)

    def to_sparse_csr(self) -> Tensor:
        """Weights as ``torch.sparse_csr`` [out_features, in_features], a copy."""
        matrix = self.to_scipy()
        offsets, sources, values = (
            torch.from_numpy(np.asarray(part)) for part in (matrix.indptr, matrix.indices, matrix.data)
        )
        return torch.sparse_csr_tensor(offsets, sources, values, matrix.shape, check_invariants=True)

    def to_dense(self) -> nn.Linear:
        """A dense layer with these weights, and 0 where there is no link."""
        dense = nn.Linear(self.in_features, self.out_features, self.bias is not None, dtype=self.values.dtype)
        with torch.no_grad():
            dense.weight.copy_(torch.from_numpy(self.to_scipy().toarray()))
            if self.bias is not None:
                dense.bias.copy_(self.bias)
        return dense

    def extra_repr(self) -> str:
        """Sizes and links."""
        return (
            f"{self.in_features}, {self.out_features}, bias={self.bias is not None}, links={len(self.values)}"
        )

    def _place(self, pattern: Pattern) -> None:
        self._links = Links(pattern)
        self._key = self._links.key
        self.register_buffer("source_offsets", torch.from_numpy(pattern.source_offsets.copy()))
        self.register_buffer("targets", torch.from_numpy(pattern.targets.astype(np.int32)))

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_links"], state["_key"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore: Any = super().__setstate__
        restore(state)
        self._place(self._read(self.source_offsets, self.targets))

    def _read(self, source_offsets: Tensor, targets: Tensor) -> Pattern:
        offsets: NDArray[np.int64] = np.ascontiguousarray(source_offsets.numpy(), np.int64)
        return Pattern(self.in_features, self.out_features, offsets, targets.numpy().astype(np.uint32))

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Take the links of the state first, so that values of another number of links fit."""
        names = [f"{prefix}{name}" for name in ("source_offsets", "targets", "values")]
        if all(name in state_dict for name in names):
            offsets, targets, values = (state_dict[name] for name in names)
            try:
                pattern = self._read(offsets, targets)
            except ValueError as error:
                rest[-1].append(f"{prefix}targets are no links of this layer: {error}")
                return
            if values.shape != (pattern.nnz,):
                rest[-1].append(
                    f"{prefix}values has shape {tuple(values.shape)}, expected {(pattern.nnz,)}, one for "
                    "each link."
                )
                return
            if not pattern.same_as(self.pattern):
                self._place(pattern)
                if len(self.values) != pattern.nnz:
                    self.values.data = self.values.data.new_empty(pattern.nnz)
                    self.values.grad = None
        super()._load_from_state_dict(state_dict, prefix, *rest)
