"""Truly sparse layers for PyTorch on our kernels; needs the extra ``torch``."""

from gossamer.interop.torch.linear import SparseLinear

__all__ = ["SparseLinear"]
