"""SparseLab: truly sparse layers for PyTorch, at a uniform sparsity, through its own public layer class.

What favours it: pixels are scaled to float32 once, outside the clock.
"""

import importlib
import warnings
from typing import Any

from gossamer.bench.peers.torch_dense import OPTIMIZERS, stepper
from gossamer.bench.timing import Runner
from gossamer.bench.workload import Workload

SPARSITY = 0.97


def variants(workload: Workload) -> dict[str, Runner]:
    """Name -> runner with each of PyTorch's SGD implementations; one thread.

    Raises
    ------
    ImportError
        SparseLab or PyTorch is not installed.
    """
    torch = importlib.import_module("torch")
    sparselab = importlib.import_module("sparselab")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        # SparseLab passes through PyTorch's CSR tensors on construction, which call themselves beta.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support", category=UserWarning)
        models = {kind: _model(torch, sparselab, workload) for kind in OPTIMIZERS}
    return {f"{kind} SGD": stepper(torch, model, workload, kind) for kind, model in models.items()}


def _model(torch: Any, sparselab: Any, workload: Workload) -> Any:
    """SparseLinear - ReLU - dropout for every hidden layer, then the output layer."""
    nn = torch.nn
    layers: list[Any] = []
    pairs = list(zip(workload.sizes, workload.sizes[1:], strict=False))
    for pair in pairs[:-1]:
        hidden = sparselab.SparseLinear(*pair, sparsity=SPARSITY)
        layers += [hidden, nn.ReLU(), nn.Dropout(workload.dropout)]
    return nn.Sequential(*layers, sparselab.SparseLinear(*pairs[-1], sparsity=SPARSITY)).train()
