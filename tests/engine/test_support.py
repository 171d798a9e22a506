"""Gradients on the support over several batches, and second derivatives along a direction."""

import numpy as np
import pytest
from network_helpers import make_inputs, make_network, make_targets, state

from gossamer.engine.activation import Activation
from gossamer.engine.latent import Latent
from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork
from gossamer.engine.support import hessian_vector_product, support_gradient
from gossamer.errors import ConfigError, DataError

ENGINES = pytest.mark.parametrize("cls", [Network, ReferenceNetwork])


@ENGINES
def test_several_batches_are_one(cls):
    """The mean over batches, weighted by their samples, is the gradient of all of them at once."""
    network = make_network(cls=cls)
    inputs, labels = make_inputs(), make_targets("cross_entropy")
    before = state(network)
    parts = support_gradient(network, inputs, labels, [np.arange(20), np.arange(20, 27), np.arange(27, 60)])
    whole = support_gradient(network, inputs, labels, [np.arange(60)])
    assert parts.loss == pytest.approx(whole.loss, rel=1e-12)
    for ours, theirs in zip(parts.links + parts.biases, whole.links + whole.biases, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-15)
    assert all(np.array_equal(before[key], column) for key, column in state(network).items())


@ENGINES
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_hessian_of_a_linear_network_is_known(cls, dtype):
    """One linear layer under the squared error: H v = 2 / (n n_out) x (x^T v), link by link."""
    network = make_network((6, 4), cls=cls, density=0.7, loss="mse", dtype=dtype)
    inputs, targets, ids = make_inputs(30, 6, "float32"), make_targets("mse", 30, 4), np.arange(30)
    pattern, rng = network.patterns[0], np.random.default_rng(0)
    v = rng.normal(size=pattern.nnz)
    x, full = inputs.dense(ids, np.float64), np.zeros((6, 4))
    full[pattern.link_sources(), pattern.targets] = v
    wanted = (2 / (30 * 4) * x.T @ (x @ full))[pattern.link_sources(), pattern.targets]
    before = state(network)
    (found,) = hessian_vector_product(network, inputs, targets, [ids[:11], ids[11:]], [v])
    np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-10)
    assert all(np.array_equal(before[key], column) for key, column in state(network).items())


@pytest.mark.parametrize("activation", [Activation("tanh"), Activation("relu"), Activation("srelu")])
def test_hessian_is_symmetric_and_linear(activation):
    network = make_network(activation=activation)
    inputs, labels, ids = make_inputs(), make_targets("cross_entropy"), [np.arange(40)]
    rng = np.random.default_rng(2)
    u, v = ([rng.normal(size=n) for n in network.nnz] for _ in range(2))
    product = lambda w: hessian_vector_product(network, inputs, labels, ids, w)  # noqa: E731
    hu, hv = product(u), product(v)
    dot = lambda a, b: sum(float(x @ y) for x, y in zip(a, b, strict=True))  # noqa: E731
    assert dot(u, hv) == pytest.approx(dot(v, hu), rel=1e-5, abs=1e-7)
    both = product([2 * x - y for x, y in zip(u, v, strict=True)])
    for whole, x, y in zip(both, hu, hv, strict=True):
        np.testing.assert_allclose(whole, 2 * x - y, rtol=1e-4, atol=1e-6)
    assert all((part == 0).all() for part in product([np.zeros(n) for n in network.nnz]))


def test_refusals():
    network, inputs, labels = make_network(), make_inputs(), make_targets("cross_entropy")
    for batches in ([], [np.arange(0)]):
        with pytest.raises(DataError, match="no batches or an empty one"):
            support_gradient(network, inputs, labels, batches)
    ids = [np.arange(4)]
    with pytest.raises(DataError, match="one number for each link"):
        hessian_vector_product(network, inputs, labels, ids, [np.ones(3)])
    with pytest.raises(DataError, match="NaN or infinite"):
        hessian_vector_product(network, inputs, labels, ids, [np.full(n, np.nan) for n in network.nnz])
    latent = make_network(latent=[Latent("power"), None, None])
    with pytest.raises(ConfigError, match="latent"):
        hessian_vector_product(latent, inputs, labels, ids, [np.ones(n) for n in latent.nnz])
