"""Whatever is passed to the native network, it answers or refuses with one sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strange_values import answered, anything, assert_one_sentence

from gossamer import _native
from gossamer._native import Network32, Network64, sample_exact, set_threads, threads

FIRST, SECOND = sample_exact(4, 6, 12, 1, 0), sample_exact(6, 3, 9, 1, 1)
LAYERS = [(FIRST, 1, 0.0, 51, None), (SECOND, 0, 0.0, 0, (3, 2.0, 0.1, 1.0, 0.0))]
OPTIMIZER = {"rule": 1, "form": 0, "momentum": 0.9, "nesterov": False, "weight_decay": 0.1}
OPTIMIZER |= {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "decay_biases": True}
N = 5
ONES, ZEROS = np.ones(4, np.float32), np.zeros(4, np.float32)
DENSE = {
    "values": np.ones((N, 4), np.float32),
    "offsets": None,
    "indices": None,
    "scale": ONES,
    "shift": ZEROS,
}
SPARSE = DENSE | {
    "values": np.ones(7, np.float32),
    "offsets": np.array([0, 2, 2, 4, 7, 7], np.int64),
    "indices": np.array([0, 3, 1, 2, 0, 1, 3], np.uint32),
}
LABELS = np.array([0, 1, 2, 1, 0], np.uint32)


def calls(dtype):
    """Good arguments of each method, by name; samples are given by their parts."""
    targets = np.full((N, 3), 0.5, dtype)
    answers = {"labels": LABELS, "targets": targets}
    stretch = {"first": 1, "count": 3, "batch": 2}
    factors = {"weights": np.full(N, 1.5)}
    order = {"order": np.arange(4), "batch": 2, "rates": np.full(2, 0.1), "first_step": 0, "seed": 1}
    none = np.zeros(0, np.uint64)
    return {
        "pattern": {"layer": 0},
        "column": {"layer": 0, "name": "weight"},
        "set_column": {"layer": 0, "name": "weight", "values": np.ones(12, dtype)},
        "add_column": {"layer": 0, "name": "score"},
        "train": {"samples": DENSE} | answers | factors | order,
        "gradients": {"samples": DENSE}
        | answers
        | factors
        | {"ids": np.arange(3), "step": 0, "seed": 1, "dropout": True, "remember": True},
        "apply": {"rate": 0.1, "step": 0},
        "keep_batches": {"window": 2, "layers": [0, 1]},
        "kept_batches": {"layer": 0},
        "kept_samples": {"layer": 0, "batches": 0},
        "signals": {"layer": 0, "age": 0},
        "add_signals": {"layer": 0, "inputs": np.ones((4, 3), dtype), "deltas": np.ones((6, 3), dtype)},
        "dense_gradient_top_k": {"layer": 0, "count": 2, "keep": np.ones(12, bool), "exclude": none}
        | {"weights": np.ones(1), "first": 0, "rows": 4, "floor": 0.0},
        "scores": {"samples": DENSE} | stretch,
        "evaluate": {"samples": DENSE} | answers | stretch,
        "swap": {"layer": 0, "keep": np.ones(12, bool), "grow": none, "values": np.ones(0, dtype), "step": 1},
    }


METHODS = list(calls("f4"))
CORES = {"float32": Network32, "float64": Network64}
both_types = pytest.mark.parametrize("dtype", CORES)


def make(dtype, loss=2):
    core = CORES[dtype](LAYERS, loss, OPTIMIZER)
    for layer, pattern in enumerate((FIRST, SECOND)):
        core.set_column(layer, "weight", np.linspace(-1, 1, pattern.nnz).astype(dtype))
    core.keep_batches(2, [0, 1])
    core.gradients((*DENSE.values(),), LABELS, np.zeros((N, 3), dtype), None, np.arange(2), 0, 0, False, True)
    return core


def positional(arguments):
    return [
        tuple(a.values()) if name == "samples" and isinstance(a, dict) else a for name, a in arguments.items()
    ]


def test_good_arguments_are_good():
    for dtype in CORES:
        for name, arguments in calls(dtype).items():
            for samples in (DENSE, SPARSE):
                if "samples" in arguments:
                    arguments["samples"] = samples
                getattr(make(dtype), name)(*positional(arguments))


@both_types
@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_one_wrong_argument(dtype, method, data):
    arguments = calls(dtype)[method]
    name = data.draw(st.sampled_from(list(arguments)))
    value = data.draw(anything)
    core = make(dtype, data.draw(st.integers(0, 4)))
    answered(getattr(core, method), *positional(arguments | {name: value}))
    assert len(core.column(0, "weight")) == core.pattern(0).nnz
    assert np.isfinite(make(dtype).scores((*DENSE.values(),), 0, N, 2)).all()


@both_types
@pytest.mark.parametrize("method", ["train", "gradients", "scores", "evaluate"])
@given(data=st.data())
def test_one_wrong_part_of_the_samples(dtype, method, data):
    samples = data.draw(st.sampled_from([DENSE, SPARSE]))
    name = data.draw(st.sampled_from(list(samples)))
    arguments = calls(dtype)[method] | {"samples": samples | {name: data.draw(anything)}}
    answered(getattr(make(dtype), method), *positional(arguments))


@both_types
@pytest.mark.parametrize("method", ["train", "gradients", "scores", "evaluate"])
@given(data=st.data())
def test_hostile_sparse_samples(dtype, method, data):
    """Offsets and columns that point anywhere: only what lies within the stored values is read."""
    some = st.integers(-3, 12) | st.integers(-(2**63), 2**63 - 1)
    offsets = np.array(data.draw(st.lists(some, min_size=N + 1, max_size=N + 1)), np.int64)
    columns = st.integers(0, 5) | st.integers(0, 2**32 - 1)
    indices = np.array(data.draw(st.lists(columns, min_size=7, max_size=7)), np.uint32)
    core, good = make(dtype), calls(dtype)[method]
    expected = make(dtype).scores((*SPARSE.values(),), 0, N, 2)
    answered(getattr(core, method), *positional(good | {"samples": SPARSE | {"offsets": offsets}}))
    answered(getattr(core, method), *positional(good | {"samples": SPARSE | {"indices": indices}}))
    if method != "train":  # a refusal in the middle leaves nothing behind in the input rows
        np.testing.assert_array_equal(core.scores((*SPARSE.values(),), 0, N, 2), expected)


@both_types
@given(data=st.data())
def test_hostile_numbers(dtype, data):
    """Sample numbers, labels and targets of any value."""
    ids = np.array(
        data.draw(st.lists(st.integers(-2, 6) | st.integers(-(2**63), 2**63 - 1), max_size=6)), np.int64
    )
    labels = np.array(data.draw(st.lists(st.integers(0, 2**32 - 1), min_size=N, max_size=N)), np.uint32)
    targets = np.full((N, 3), data.draw(st.floats(width=32)), dtype)
    core, samples = make(dtype, data.draw(st.integers(0, 4))), (*DENSE.values(),)
    answered(core.gradients, samples, labels, targets, None, ids, 0, 0, True, True)
    answered(core.train, samples, labels, targets, None, ids, 1, np.full(len(ids), 0.1), 0, 0)
    answered(core.evaluate, samples, labels, targets, 0, N, 2)


@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
@given(data=st.data())
def test_construction(core, data):
    """Layers, loss and optimizer of any kind; what is built can be trained."""
    part = data.draw(st.sampled_from(["layers", "layer", "field", "loss", "optimizer", "option", "missing"]))
    value = data.draw(anything)
    layers, loss, optimizer = list(LAYERS), 0, dict(OPTIMIZER)
    match part:
        case "layers":
            layers = value
        case "layer":
            layers[data.draw(st.integers(0, 1))] = value
        case "field":
            fields = list(layers[0])
            fields[data.draw(st.integers(0, 4))] = value
            layers[0] = tuple(fields)
        case "loss":
            loss = value
        case "optimizer":
            optimizer = value
        case "option":
            optimizer[data.draw(st.sampled_from(list(optimizer)))] = value
        case "missing":
            del optimizer[data.draw(st.sampled_from(list(optimizer)))]

    def build_and_train():
        made = core(layers, loss, optimizer)
        dtype = made.column(0, "weight").dtype
        arguments = calls(dtype)["train"]
        made.train(*positional(arguments))

    answered(build_and_train)


@given(value=anything)
def test_number_of_threads(value):
    before = threads()
    if not answered(set_threads, value):
        assert threads() == before
    set_threads(before)


@given(
    name=st.sampled_from(["pattern", "by_target", "rows", "in_flight", "prefetch", "repeats"]), value=anything
)
def test_reads_of_rows(name, value):
    rows = np.ones((4, 8), np.float32)
    good = {"pattern": FIRST, "by_target": True, "rows": rows, "in_flight": 2, "prefetch": True, "repeats": 1}
    answered(lambda: _native.read_rows(**good | {name: value}))


@pytest.mark.parametrize("columns", [8, 16, 24, 32, 40, 48, 56, 64])
@pytest.mark.parametrize("by_target", [True, False])
@pytest.mark.parametrize("in_flight", [1, 2, 3, 4])
def test_reads_of_rows_of_each_width(columns, by_target, in_flight):
    """Every variant reads the rows of all links, but for the last ones that do not fill its flight."""
    rows = np.ones((4 if by_target else 6, columns), np.float32)
    for prefetch in (False, True):
        total = _native.read_rows(FIRST, by_target, rows, in_flight, prefetch, 3)
        assert total > 0


@pytest.mark.parametrize(
    ("method", "wrong", "message"),
    [
        ("column", {"layer": 2}, "layer must be an integer from 0 to 1, but it is 2."),
        ("column", {"name": "colour"}, "There is no column 'colour'."),
        ("column", {"name": 3}, "name must be a text, but it is a int."),
        ("column", {"name": "state2"}, "There is no column 'state2'."),
        ("set_column", {"values": np.ones(3, "f4")}, "values has 3 numbers, expected 12."),
        ("train", {"order": np.arange(3)}, "order must be .* shape .4,., but it is int64 of shape .3,."),
        ("train", {"order": np.arange(4) + 3}, "Sample number 5 is not in 0 .. 4."),
        ("train", {"order": np.arange(4) - 1}, "Sample number -1 is not in 0 .. 4."),
        ("train", {"batch": 0}, "batch must be an integer from 1 to 1048576, but it is 0."),
        ("train", {"rates": np.array([0.1, np.nan])}, "A learning rate is nan, expected a finite number."),
        ("train", {"first_step": 2**32 - 2}, "first_step must be an integer from 0 to 4294967293"),
        ("train", {"seed": -1}, "seed must be an integer from 0 to 18446744073709551615, but it is -1."),
        ("train", {"samples": 7}, "samples must be a tuple .*, but it is a int."),
        ("train", {"samples": (1, 2)}, "samples must be a tuple .*, but it is a tuple of another length."),
        ("train", {"targets": None}, "targets must be .* but it is a NoneType that cannot be read as one."),
        ("gradients", {"ids": np.zeros(0, np.int64)}, "ids is empty, expected at least one sample."),
        ("gradients", {"dropout": 1}, "dropout must be True or False, but it is a int."),
        ("scores", {"first": 6}, "first must be an integer from 0 to 5, but it is 6."),
        ("scores", {"count": 2**32 - 1}, "count must be an integer from 0 to 4, but it is 4294967295."),
        ("keep_batches", {"window": 1025}, "window must be an integer from 0 to 1024, but it is 1025."),
        ("keep_batches", {"layers": [2]}, "layer must be an integer from 0 to 1, but it is 2."),
        ("signals", {"age": 1}, "2 kept batches are asked for, and there are 1."),
        ("add_signals", {"deltas": np.ones((6, 2), "f4")}, "deltas must be .* shape .6, 3., but it is"),
        ("dense_gradient_top_k", {"weights": np.ones(2)}, "2 kept batches are asked for, and there are 1."),
        ("dense_gradient_top_k", {"keep": np.ones(3, bool)}, "keep has 3 flags, expected 12"),
        ("dense_gradient_top_k", {"count": 25}, "count must be an integer from 0 to 24, but it is 25."),
        ("dense_gradient_top_k", {"rows": 5}, "rows must be an integer from 0 to 4, but it is 5."),
        ("dense_gradient_top_k", {"floor": -1.0}, "floor must be a number of at least 0."),
        ("dense_gradient_top_k", {"exclude": np.array([3, 3], np.uint64)}, "exclude must ascend strictly"),
        ("add_column", {"name": "latent"}, "The column 'latent' is the engine's own; choose another name."),
        ("swap", {"keep": np.ones(3, bool)}, "keep has 3 flags, expected 12, one for each link."),
    ],
)
def test_sentences(method, wrong, message):
    arguments = calls("f4")[method] | wrong
    with pytest.raises(ValueError, match=message) as caught:
        getattr(make("float32"), method)(*positional(arguments))
    assert_one_sentence(caught.value)


def test_a_label_beyond_the_outputs_is_refused():
    core, samples = make("float32", loss=0), (*DENSE.values(),)
    with pytest.raises(ValueError, match=r"Label 3 is not in 0 .. 2, the outputs of the network."):
        core.evaluate(samples, LABELS + 1, None, 0, N, 2)


def test_layers_that_do_not_fit_are_refused():
    for layers, message in (
        ([], "at least one layer"),
        ([LAYERS[1], LAYERS[0]], "Layer 0 has 3 targets, but layer 1 has 4 sources; they must be equal."),
        ([(None, 1, 0.0, 0, None)], "pattern must be a Pattern, but it is a NoneType."),
        ([(FIRST, 1, 0.0)], "a layer must be a tuple"),
    ):
        with pytest.raises(ValueError, match=message):
            Network32(layers, 0, OPTIMIZER)


def test_numpy_scalars_are_numbers():
    core = make("float32")
    assert core.column(np.int8(1), np.str_("weight")).shape == (9,)
    core.apply(np.float32(0.1), np.uint64(3))


def test_an_unfinished_network_is_refused():
    with (
        pytest.warns(RuntimeWarning, match="uninitialized"),
        pytest.raises(TypeError, match="incompatible"),
    ):
        Network32.__new__(Network32).column(0, "weight")
