"""Pruning before training: links against dense float64 computations of the published formulas."""

import numpy as np
import pytest

from gossamer.engine.initial import initial_weights
from gossamer.random import permutation
from gossamer.topology import Dense
from gossamer.train.build import first_network, first_patterns, layer_sizes
from gossamer.train.session import train

KINDS = ("snip", "iterative_snip", "force", "grasp", "synflow", "random_pruning")


@pytest.fixture
def start(small, small_data):
    def of(kind, density=0.2, **changes):
        config = small(method=kind, density=density, network__dtype="float64", **changes)
        return config, first_patterns(config, small_data)

    return of


class Net:
    """Dense weights, a batch, and gradients by hand."""

    def __init__(self, config, data, samples=100):
        sizes = layer_sizes(config, data)
        patterns = Dense().sample(sizes, 0)
        drawn = initial_weights(patterns, seed=config.seed_of("weights"), dtype="float64")
        self.weights = [w.reshape(p.n_in, p.n_out) for w, p in zip(drawn, patterns, strict=True)]
        ids = permutation(config.seed_of("topology"), len(data.train), step=0)[:samples]
        self.x = (data.train.inputs[ids].astype(np.float64) * data.input_scale + data.input_shift).T
        self.labels = data.train.labels[ids]

    def loss(self, weights, temperature=1.0):
        a = self.x
        for k, w in enumerate(weights):
            a = w.T @ a
            a = np.maximum(a, 0) if k < len(weights) - 1 else a / temperature
        p = np.exp(a - a.max(axis=0))
        return -np.log((p / p.sum(axis=0))[self.labels, np.arange(len(self.labels))]).mean()

    def gradient(self, weights, temperature=1.0):
        inputs, pre = [self.x], []
        for w in weights:
            pre.append(w.T @ inputs[-1])
            inputs.append(np.maximum(pre[-1], 0))
        scores = pre[-1] / temperature
        delta = np.exp(scores - scores.max(axis=0))
        delta /= delta.sum(axis=0)
        delta[self.labels, np.arange(len(self.labels))] -= 1
        delta /= len(self.labels) * temperature
        found = []
        for k in reversed(range(len(weights))):
            found.insert(0, inputs[k] @ delta.T)
            if k:
                delta = (weights[k] @ delta) * (pre[k - 1] > 0)
        return found


def masks_of(patterns):
    masks = []
    for p in patterns:
        mask = np.zeros((p.n_in, p.n_out), bool)
        mask[p.link_sources(), p.targets] = True
        masks.append(mask)
    return masks


def best(scores, count, allowed=None):
    """Masks of the largest scores of all layers."""
    flat = np.concatenate([s.ravel() for s in scores])
    if allowed is not None:
        flat = np.where(np.concatenate([m.ravel() for m in allowed]), flat, -np.inf)
    chosen = np.zeros(len(flat), bool)
    chosen[np.argsort(-flat, kind="stable")[:count]] = True
    ends = np.cumsum([s.size for s in scores])[:-1]
    return [part.reshape(s.shape) for part, s in zip(np.split(chosen, ends), scores, strict=True)]


def same(patterns, masks):
    for found, expected in zip(masks_of(patterns), masks, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_gradient_of_the_oracle_is_that_of_its_loss(start, small_data):
    config, _ = start("snip")
    net = Net(config, small_data)
    gradient, h = net.gradient(net.weights), 1e-6
    moved = [w.copy() for w in net.weights]
    moved[1][3, 4] += h
    assert (net.loss(moved) - net.loss(net.weights)) / h == pytest.approx(gradient[1][3, 4], abs=1e-6)


def test_snip(start, small_data):
    config, patterns = start("snip")
    net = Net(config, small_data)
    scores = [np.abs(w * g) for w, g in zip(net.weights, net.gradient(net.weights), strict=True)]
    same(patterns, best(scores, sum(p.nnz for p in patterns)))
    assert sum(p.nnz for p in patterns) == round(0.2 * sum(s.size for s in scores))


@pytest.mark.parametrize("kind", ["iterative_snip", "force"])
def test_iterative_snip_and_force(kind, start, small_data):
    config, patterns = start(kind, method__start__rounds=7)
    net = Net(config, small_data)
    total, last = sum(w.size for w in net.weights), sum(p.nnz for p in patterns)
    left = [np.ones(w.shape, bool) for w in net.weights]
    for number in range(1, 8):
        count = last if number == 7 else round(total * (last / total) ** (number / 7))
        now = [w * m for w, m in zip(net.weights, left, strict=True)]
        scored = net.weights if kind == "force" else now
        scores = [np.abs(w * g) for w, g in zip(scored, net.gradient(now), strict=True)]
        left = best(scores, count, None if kind == "force" else left)
    same(patterns, left)


def test_grasp_by_a_hessian_of_differences_along_another_way(start, small_data):
    config, patterns = start("grasp")
    net = Net(config, small_data)
    gradient = net.gradient(net.weights, 200)
    # H g as the derivative of g at w + h g, by a four-point rule with another step.
    h = 1e-3 / np.sqrt(sum((g**2).sum() for g in gradient))

    def at(step):
        return net.gradient([w + step * g for w, g in zip(net.weights, gradient, strict=True)], 200)

    sides = [at(k * h) for k in (-2, -1, 1, 2)]
    product = [(a - 8 * b + 8 * c - d) / (12 * h) for a, b, c, d in zip(*sides, strict=True)]
    scores = [w * hg for w, hg in zip(net.weights, product, strict=True)]
    found = np.concatenate([m.ravel() for m in masks_of(patterns)])
    flat = np.concatenate([s.ravel() for s in scores])
    edge = np.sort(flat)[::-1][found.sum() - 1]
    # A kink between the two steps changes a few scores: what differs must lie close to the edge.
    wrong = flat[(found != (flat >= edge))]
    assert len(wrong) <= 0.02 * len(flat)
    assert (np.abs(wrong - edge) <= 0.05 * np.abs(flat).max()).all()


def test_synflow(start, small_data):
    config, patterns = start("synflow", density=0.05, method__start__rounds=9)
    net = Net(config, small_data)
    total, last = sum(w.size for w in net.weights), sum(p.nnz for p in patterns)
    left = [np.ones(w.shape, bool) for w in net.weights]
    for number in range(1, 10):
        count = last if number == 9 else round(total * (last / total) ** (number / 9))
        w = [np.abs(one) * m for one, m in zip(net.weights, left, strict=True)]
        scores = []
        for k in range(3):
            before, after = np.ones(w[0].shape[0]), np.ones(w[-1].shape[1])
            for one in w[:k]:
                before = before @ one
            for one in reversed(w[k + 1 :]):
                after = one @ after
            scores.append(before[:, None] * w[k] * after[None, :])
        left = best(scores, count, left)
    same(patterns, left)
    assert all(p.nnz > 0 for p in patterns), "SynFlow leaves no layer empty"


@pytest.mark.parametrize("kind", KINDS)
def test_budget_scope_and_weights(kind, start, small, small_data):
    config, patterns = start(kind, method__start__scope="layer", method__start__rounds=3)
    assert tuple(p.nnz for p in patterns) == config.method.start.links(layer_sizes(config, small_data))
    network, dense = first_network(config, patterns), Net(config, small_data).weights
    for layer, p in enumerate(patterns):
        np.testing.assert_array_equal(
            network.column(layer, "weight"), dense[layer][p.link_sources(), p.targets]
        )
    fresh = small(method=kind, density=0.2, method__start__weights="fresh", network__dtype="float64")
    other = first_network(fresh, patterns)
    assert not np.array_equal(other.column(0, "weight"), network.column(0, "weight"))
    run = train(config, small_data, progress=lambda _: None)
    assert (run.history.nnz == [p.nnz for p in patterns]).all()


def test_dense_layers_of_the_budget_stay(small, small_data):
    config = small(
        method="snip", **{"method__start__budget": {"kind": "uniform", "sparsity": 0.8, "dense_output": True}}
    )
    patterns = first_patterns(config, small_data)
    assert patterns[-1].nnz == 30
    assert patterns[0].nnz + patterns[1].nnz == 48 + 24


def test_random_pruning_is_uniform_over_the_network(small, small_data):
    counts = np.zeros(3)
    for seed in range(60):
        config = small(method="random_pruning", density=0.3, seed=seed)
        counts += [p.nnz for p in first_patterns(config, small_data)]
    sizes = np.array([240, 120, 30])
    expected = 60 * 117 * sizes / 390
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
