"""Dense PyTorch: the same network with full matrices, in its own fastest form.

What favours it: the pixels are scaled to float32 once, outside the clock, and weight decay is PyTorch's own
(added to the gradient, inside the optimizer) instead of a separate pass over the weights.
"""

import importlib
import os
import shutil
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from gossamer.bench.timing import Runner
from gossamer.bench.workload import Workload

OPTIMIZERS: dict[str, dict[str, bool]] = {
    "plain": {"foreach": False, "fused": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}


def batches(torch: Any, workload: Workload) -> Iterator[tuple[Any, Any]]:
    """Endless shuffled mini-batches (float32 pixels, int64 classes), gathered from one array a step."""
    inputs = torch.from_numpy(workload.inputs)
    labels = torch.from_numpy(workload.labels.astype("int64"))
    order = torch.from_numpy(workload.order).reshape(-1, workload.batch)
    for ids in cycle(order):
        yield inputs[ids], labels[ids]


def optimizer(torch: Any, parameters: Any, workload: Workload, kind: str) -> Any:
    """SGD with momentum in one of PyTorch's three implementations."""
    return torch.optim.SGD(
        parameters,
        lr=workload.learning_rate,
        momentum=workload.momentum,
        weight_decay=workload.weight_decay / workload.learning_rate,
        **OPTIMIZERS[kind],
    )


def stepper(torch: Any, model: Any, workload: Workload, kind: str) -> Runner:
    """Whole training steps of `model`: gather, forward, loss, backward, update."""
    update = optimizer(torch, list(model.parameters()), workload, kind)
    source = batches(torch, workload)
    loss_of = torch.nn.functional.cross_entropy

    def run(steps: int) -> None:
        for _ in range(steps):
            inputs, labels = next(source)
            loss = loss_of(model(inputs), labels)
            update.zero_grad(set_to_none=True)
            loss.backward()
            update.step()

    return run


def dense_model(torch: Any, workload: Workload) -> Any:
    """Linear - ReLU - dropout for every hidden layer, then the output layer."""
    nn = torch.nn
    layers: list[Any] = []
    pairs = list(zip(workload.sizes, workload.sizes[1:], strict=False))
    for n_in, n_out in pairs[:-1]:
        layers += [nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(workload.dropout)]
    return nn.Sequential(*layers, nn.Linear(*pairs[-1])).train()


def variants(workload: Workload) -> dict[str, Runner]:
    """Name -> runner of eager and, where there is a C++ compiler, compiled PyTorch with each SGD; one thread.

    Raises
    ------
    ImportError
        PyTorch is not installed.
    """
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    modes = {"eager": dense_model(torch, workload)}
    if shutil.which(os.environ.get("CXX", "g++")):
        modes["compiled"] = torch.compile(dense_model(torch, workload))
    return {
        f"{mode}, {kind} SGD": stepper(torch, model, workload, kind)
        for mode, model in modes.items()
        for kind in OPTIMIZERS
    }
