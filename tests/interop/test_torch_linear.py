"""The sparse layer of PyTorch: what `nn.Linear` with a mask does, and that it can be copied and stored."""

import copy
import io

import numpy as np
import pytest

from gossamer._native import sample_exact
from gossamer.errors import DataError

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gossamer[torch]'")

from gossamer.interop.torch import SparseLinear  # noqa: E402

BATCHES = (1, 7, 8, 40, 64, 130)


def numbers(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("by_neuron", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_output_and_gradients_are_those_of_the_dense_layer(batch, by_neuron, bias):
    layer = SparseLinear(23, 17, bias, density=0.2, dtype=torch.float64)
    dense = layer.to_dense()
    x = numbers(batch, 23).relu()
    if by_neuron:
        x = x.t().contiguous().t()
    first, second = x.clone().requires_grad_(), x.clone().requires_grad_()
    weights = numbers(batch, 17, seed=1)
    out, expected = layer(first), dense(second)
    torch.testing.assert_close(out, expected)
    (out * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(first.grad, second.grad)
    pattern = layer.pattern
    sources = torch.from_numpy(pattern.link_sources().astype(np.int64))
    targets = torch.from_numpy(pattern.targets.astype(np.int64))
    torch.testing.assert_close(layer.values.grad, dense.weight.grad[targets, sources])
    if bias:
        torch.testing.assert_close(layer.bias.grad, dense.bias.grad)


def test_gradcheck():
    layer = SparseLinear(5, 4, density=0.5, dtype=torch.float64)
    assert torch.autograd.gradcheck(layer, numbers(3, 5).requires_grad_())


def test_the_operator_passes_the_checks_of_torch():
    layer = SparseLinear(6, 5, density=0.4, dtype=torch.float64)
    links = layer.source_offsets, layer.targets, layer._key
    arguments = numbers(8, 6).requires_grad_(), layer.values, layer.bias, *links, 5
    torch.library.opcheck(
        torch.ops.gossamer.sparse_linear.default,
        arguments,
        test_utils=("test_schema", "test_autograd_registration", "test_faketensor"),
    )


def test_inputs_of_more_dimensions():
    layer = SparseLinear(6, 5, density=0.4)
    x = torch.rand(2, 3, 6)
    out = layer(x)
    assert out.is_contiguous()
    torch.testing.assert_close(out, layer.to_dense()(x))


def test_no_link_and_no_sample():
    layer = SparseLinear(6, 5, density=0.0)
    assert layer(torch.rand(4, 6)).abs().sum() == 0
    assert layer(torch.rand(0, 6)).shape == (0, 5)


def test_a_copy_is_its_own(tmp_path):
    layer = SparseLinear(9, 8, density=0.3)
    x = torch.rand(4, 9)
    buffer = io.BytesIO()
    torch.save(layer, buffer)
    buffer.seek(0)
    for copied in (copy.deepcopy(layer), torch.load(buffer, weights_only=False)):
        torch.testing.assert_close(copied(x), layer(x))
        with torch.no_grad():
            copied.values.zero_()
        assert layer.values.abs().sum() > 0


@pytest.mark.parametrize("density", [0.3, 0.6])
def test_state_dict_brings_the_links_with_it(density):
    layer, other = SparseLinear(9, 8, density=0.3), SparseLinear(9, 8, density=density, seed=1)
    parameter = layer.values
    layer.load_state_dict(other.state_dict(), strict=True)
    x = torch.rand(4, 9)
    torch.testing.assert_close(layer(x), other(x))
    assert layer.pattern.same_as(other.pattern)
    assert layer.values is parameter


def test_a_state_that_is_none_is_refused():
    layer = SparseLinear(9, 8, density=0.3)
    state = layer.state_dict() | {"targets": torch.full((len(layer.values),), 99, dtype=torch.int32)}
    with pytest.raises(RuntimeError, match="no links of this layer"):
        layer.load_state_dict(state)
    with pytest.raises(RuntimeError, match="one for each link"):
        layer.load_state_dict(layer.state_dict() | {"values": torch.zeros(3)})


def test_averages_of_models_whose_links_differ_are_refused():
    model = torch.nn.Sequential(SparseLinear(9, 8, density=0.3))
    average = torch.optim.swa_utils.AveragedModel(model)
    for _ in range(2):
        average.update_parameters(model)
    x = torch.rand(4, 9)
    torch.testing.assert_close(average(x), model(x))
    model.load_state_dict(torch.nn.Sequential(SparseLinear(9, 8, density=0.3, seed=1)).state_dict())
    average.update_parameters(model)
    with pytest.raises(DataError, match="overwritten"):
        average(x)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_masks_csr_and_scipy_round_trip():
    from torch.nn.utils import prune

    linear = torch.nn.Linear(7, 6)
    prune.random_unstructured(linear, "weight", amount=0.6)
    layer = SparseLinear.from_dense(linear)
    assert len(layer.values) == int(linear.weight_mask.sum())
    x = torch.rand(3, 7)
    torch.testing.assert_close(layer(x), linear(x))
    dense = layer.to_dense().weight
    np.testing.assert_array_equal(layer.to_scipy().toarray(), dense.detach().numpy())
    torch.testing.assert_close(layer.to_sparse_csr().to_dense(), dense.detach())
    with pytest.raises(DataError, match="mask has shape"):
        SparseLinear.from_dense(linear, np.ones((2, 2)))


@pytest.mark.parametrize("rule", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_optimizers_with_weight_decay_train_it(rule):
    layer = SparseLinear(6, 3, density=0.5)
    update = getattr(torch.optim, rule)(layer.parameters(), lr=0.01, weight_decay=1e-3)
    x, y = torch.rand(16, 6), torch.rand(16, 3)
    losses = []
    for _ in range(20):
        loss = (layer(x) - y).square().mean()
        update.zero_grad()
        loss.backward()
        update.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]


def test_wrong_inputs_are_one_sentence():
    layer = SparseLinear(6, 3, density=0.5)
    with pytest.raises(DataError, match=r"expected torch\.float32"):
        layer(torch.rand(2, 6, dtype=torch.float64))
    with pytest.raises(DataError, match="shape"):
        layer(torch.rand(2, 5))


def test_a_given_pattern():
    pattern = sample_exact(5, 4, 6, 3, 0)
    assert SparseLinear(5, 4, pattern=pattern).pattern.same_as(pattern)


def test_it_compiles_as_one_graph():
    model = torch.nn.Sequential(
        SparseLinear(9, 8, density=0.3), torch.nn.Tanh(), SparseLinear(8, 3, density=0.5)
    )
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    x = torch.rand(8, 9)
    torch.testing.assert_close(compiled(x), model(x))
    compiled(x).sum().backward()
    found = model[0].values.grad
    model.zero_grad()
    model(x).sum().backward()
    assert found.abs().sum() > 0
    torch.testing.assert_close(found, model[0].values.grad)
