"""Networks, samples and comparisons that the tests of the native engine share."""

import hashlib
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from gossamer._native import Pattern, sample_exact, sample_free
from gossamer.engine.activation import Activation
from gossamer.engine.initial import initial_weights
from gossamer.engine.inputs import Inputs
from gossamer.engine.network import Network
from gossamer.engine.optimizer import Optimizer

ACTIVATIONS = (
    Activation("relu"),
    Activation("leaky_relu", 0.2),
    Activation("all_relu", 0.6),
    Activation("tanh"),
    Activation("sigmoid"),
    Activation("linear"),
)
LOSSES = ("cross_entropy", "binary_cross_entropy", "mse", "huber", "poisson")
OPTIMIZERS = (
    Optimizer(weight_decay=2e-3, weight_decay_form="decoupled"),
    Optimizer(nesterov=True, weight_decay=2e-3, weight_decay_form="l2"),
    Optimizer("adam", weight_decay=2e-3, weight_decay_form="decoupled_lr"),
)
BATCHES = (1, 8, 13, 40, 64, 100, 130)
INPUT_KINDS = ("uint8", "float32", "csr")
SIZES = (37, 50, 41, 5)


def covering(*factors):
    """Cases in which every value of each factor meets every value of each other factor.

    An orthogonal array of 49 runs: factor k of run (i, j) has level j + k * i modulo 7, so for two factors
    the levels determine the run. It takes up to seven factors of up to seven values.
    """
    assert len(factors) <= 7
    assert max(map(len, factors)) <= 7
    runs = [(i, j) for i in range(7) for j in range(7)]
    return [tuple(f[(j + k * i) % 7 % len(f)] for k, f in enumerate(factors)) for i, j in runs]


def pattern_of(mask):
    """Pattern whose links are where the boolean array [n_in, n_out] is true."""
    mask = np.asarray(mask, bool)
    offsets = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype(np.int64)
    return Pattern(*mask.shape, offsets, np.nonzero(mask)[1].astype(np.uint32))


def patterns_of(sizes, density):
    """One pattern of that density for each pair of neighbouring sizes."""
    return [sample_exact(a, b, round(a * b * density), 7, k) for k, (a, b) in enumerate(pairwise(sizes))]


def make_network(
    sizes=SIZES,
    *,
    cls=Network,
    density=0.3,
    patterns=None,
    activation=ACTIVATIONS[0],
    dropout=0.0,
    loss="cross_entropy",
    optimizer=OPTIMIZERS[0],
    dtype="float64",
    latent=None,
):
    """Network with He weights and biases other than 0, the same ones for each class and type."""
    patterns = patterns_of(sizes, density) if patterns is None else patterns
    hidden = len(patterns) - 1
    network = cls(
        patterns,
        initial_weights(patterns, fan_in="actual", seed=3, dtype=dtype),
        activations=[activation] * hidden,
        dropout=[dropout] * hidden,
        loss=loss,
        optimizer=optimizer,
        dtype=dtype,
        latent=latent,
    )
    rng = np.random.default_rng(7)
    for layer, pattern in enumerate(patterns):
        network.set_bias(layer, rng.normal(0, 0.1, pattern.n_out).astype(np.float32))
    return network


def make_inputs(n=200, features=SIZES[0], kind="uint8", seed=0):
    """Samples of which a half of the bytes is 0, scaled to about [-1/8, 7/8] (CSR: [0, 1])."""
    rng = np.random.default_rng(seed)
    u = rng.integers(0, 256, (n, features), dtype=np.uint8) * rng.integers(
        0, 2, (n, features), dtype=np.uint8
    )
    scale = np.linspace(0.5, 1, features, dtype=np.float32) / 255
    if kind == "csr":
        return Inputs(csr_array(u.astype(np.float32)), scale, np.zeros(features, np.float32))
    values = u if kind == "uint8" else u.astype(np.float32)
    return Inputs(values, scale, np.full(features, -0.125, np.float32))


def make_targets(loss, n=200, n_out=SIZES[-1], seed=1):
    """Classes, or numbers in [0, 1]; of huber in [0, 4], so that some errors are beyond 1."""
    rng = np.random.default_rng(seed)
    if loss == "cross_entropy":
        return rng.integers(0, n_out, n).astype(np.uint32)
    return rng.random((n, n_out), dtype=np.float32) * np.float32(4 if loss == "huber" else 1)


def batches(batch, steps, n=200, seed=2):
    """Sample numbers [steps * batch], epoch after epoch in random order."""
    rng = np.random.default_rng(seed)
    epochs = -(-steps * batch // n)
    return np.concatenate([rng.permutation(n) for _ in range(epochs)])[: steps * batch]


def take_steps(network, batch=40, steps=3, *, kind="uint8", first_step=0, lr=0.05, seed=99):
    """Train some steps on the samples and targets that belong to the network's sizes and loss."""
    inputs = make_inputs(features=network.sizes[0], kind=kind)
    targets = make_targets(network.loss, n_out=network.sizes[-1])
    rates = lr * np.linspace(1, 0.5, steps)
    return network.train(inputs, targets, batches(batch, steps), batch, rates, first_step, seed)


def state(network):
    """Copies of every column and bias column, by layer and name."""
    names = {
        (layer, name): network.column(layer, name)
        for layer in range(network.n_layers)
        for name in network.column_names(layer)
    }
    for layer in range(network.n_layers):
        for name in network.bias_column_names(layer):
            names[layer, f"bias {name}"] = network.bias_column(layer, name)
    return {key: np.array(column) for key, column in names.items()}


def assert_same_state(a, b):
    """Both networks have the same links and the same bits in every column."""
    for one, other in zip(a.patterns, b.patterns, strict=True):
        assert one.same_as(other)
    left, right = state(a), state(b)
    assert left.keys() == right.keys()
    for key, column in left.items():
        assert column.dtype == right[key].dtype
        assert column.tobytes() == right[key].tobytes(), key


def assert_close_state(a, b, tolerance):
    """Every column differs by at most `tolerance` times its largest size (at least 1)."""
    left, right = state(a), state(b)
    for key, column in left.items():
        bound = tolerance * max(1.0, np.abs(right[key]).max(initial=0.0))
        assert np.abs(column - right[key]).max(initial=0.0) <= bound, key


def digest(*networks):
    """SHA-256 of the links and all columns."""
    total = hashlib.sha256()
    for network in networks:
        for pattern in network.patterns:
            total.update(pattern.source_offsets.tobytes() + pattern.targets.tobytes())
        for column in state(network).values():
            total.update(column.tobytes())
    return total.hexdigest()


def rewire(network, layer, step):
    """Swap a third of the links for as many others."""
    pattern = network.patterns[layer]
    keep = np.arange(pattern.nnz) % 3 != 1
    grow = sample_free(pattern, keep, int((~keep).sum()), 5, step, layer, False)
    values = np.random.default_rng(5).normal(0, 0.1, len(grow))
    return network.swap(layer, keep, grow, values, step)
