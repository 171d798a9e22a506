"""The operators behind the layers: ``gossamer::sparse_linear`` and its backward.

An operator gets values and activations as tensors, and a key that names the pattern: patterns are immutable
and live in this process, so neither indices nor weights are copied on the way to the kernels.
"""

import itertools
import os
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from gossamer import _native
from gossamer._native import Pattern
from gossamer.errors import DataError

_FORWARD = {torch.float32: _native.linear_forward32, torch.float64: _native.linear_forward64}
_BACKWARD = {torch.float32: _native.linear_backward32, torch.float64: _native.linear_backward64}

# Numbers that begin elsewhere in every process: a key of another one is never taken for one of this.
_keys = itertools.count(int.from_bytes(os.urandom(7), "big"))


class Links:
    """A pattern under its key; the layers that use it keep it alive.

    Attributes
    ----------
    pattern : Pattern
    key : int64 tensor [1]
    """

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        number = next(_keys)
        self.key = torch.tensor([number], dtype=torch.int64)
        self._seen: tuple[int, int, int] | None = None
        _KNOWN[number] = self

    def check(self, source_offsets: Tensor, targets: Tensor) -> None:
        """Raise DataError if the buffers of a layer no longer hold this pattern."""
        # Reading is cheap only where nothing was written since: PyTorch counts writes.
        seen = (targets.data_ptr(), targets._version, source_offsets._version)
        if seen == self._seen:
            return
        same = (
            len(targets) == self.pattern.nnz
            and bool((targets.numpy().view("uint32") == self.pattern.targets).all())
            and bool((source_offsets.numpy() == self.pattern.source_offsets).all())
        )
        if not same:
            raise DataError(
                "The indices of a sparse layer were overwritten in place, as by an average of models whose "
                "links differ, so that its values belong to other links; make such copies anew after the "
                "links have changed, or load a state_dict."
            )
        self._seen = seen


_KNOWN: "WeakValueDictionary[int, Links]" = WeakValueDictionary()


def _links(key: Tensor) -> Links:
    found = _KNOWN.get(int(key))
    if found is None:
        raise DataError(
            "The links of a sparse layer are not in this process; load the layer itself or its state_dict."
        )
    return found


def _flat(a: Tensor) -> Tensor:
    return a if a.is_contiguous() or a.t().is_contiguous() else a.contiguous()


def _forward(
    x: Tensor,
    values: Tensor,
    bias: Tensor | None,
    source_offsets: Tensor,
    targets: Tensor,
    key: Tensor,
    n_out: int,
) -> Tensor:
    links = _links(key)
    links.check(source_offsets, targets)
    pattern = links.pattern
    out = _empty(x, pattern.n_out)
    if not len(x):
        return out
    shift = None if bias is None else bias.detach().numpy()
    _FORWARD[x.dtype](pattern, _flat(x.detach()).numpy(), values.detach().numpy(), shift, out.numpy())
    return out


def _empty(like: Tensor, neurons: int) -> Tensor:
    """[batch, neurons], neuron by neuron in memory: the order that the next sparse layer reads."""
    return like.new_empty((neurons, like.shape[0])).t()


def _backward(
    delta: Tensor, x: Tensor, values: Tensor, key: Tensor, wants_x: bool
) -> tuple[Tensor, Tensor, Tensor]:
    pattern = _links(key).pattern
    by_x = _empty(x, pattern.n_in if wants_x else 0)
    by_values, by_bias = torch.zeros_like(values), values.new_zeros(pattern.n_out)
    if not len(x):
        return by_x, by_values, by_bias
    _BACKWARD[x.dtype](
        pattern,
        _flat(x.detach()).numpy(),
        values.detach().numpy(),
        _flat(delta.detach()).numpy(),
        by_x.numpy() if wants_x else None,
        by_values.numpy(),
        by_bias.numpy(),
    )
    return by_x, by_values, by_bias


def _backward_shape(
    delta: Tensor, x: Tensor, values: Tensor, key: Tensor, wants_x: bool
) -> tuple[Tensor, Tensor, Tensor]:
    by_x = _empty(x, x.shape[1] if wants_x else 0)
    return by_x, torch.empty_like(values), values.new_empty(delta.shape[1])


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    x, values, bias, _, _, key, _ = inputs
    ctx.save_for_backward(x, values, key)
    ctx.has_bias = bias is not None


def _gradients(context: Any, delta: Tensor) -> tuple[Tensor | None, ...]:
    x, values, key = context.saved_tensors
    wants_x = context.needs_input_grad[0]
    by_x, by_values, by_bias = _BACKWARD_OPERATOR(delta, x, values, key, wants_x)
    return (
        by_x if wants_x else None,
        by_values,
        by_bias if context.has_bias else None,
        None,
        None,
        None,
        None,
    )


def _forward_shape(
    x: Tensor,
    values: Tensor,
    bias: Tensor | None,
    source_offsets: Tensor,
    targets: Tensor,
    key: Tensor,
    n_out: int,
) -> Tensor:
    return _empty(x, n_out)


_BACKWARD_OPERATOR: Any = torch.library.custom_op(
    "gossamer::sparse_linear_backward", _backward, mutates_args=(), device_types="cpu"
)
_BACKWARD_OPERATOR.register_fake(_backward_shape)

sparse_linear: Any = torch.library.custom_op(
    "gossamer::sparse_linear", _forward, mutates_args=(), device_types="cpu"
)
"""``sparse_linear(x, values, bias, source_offsets, targets, key, n_out)``: x [batch, n_in] to
[batch, n_out]."""
sparse_linear.register_fake(_forward_shape)
sparse_linear.register_autograd(_gradients, setup_context=_remember)
