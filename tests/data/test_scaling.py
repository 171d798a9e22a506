import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from gossamer.data.inputs import as_inputs
from gossamer.data.load import from_arrays
from gossamer.data.scaling import fit_scaling, meant
from gossamer.errors import DataError

BYTES = hnp.arrays("u1", st.tuples(st.integers(1, 30), st.integers(1, 5)))
FLOATS = hnp.arrays(
    "f4", st.tuples(st.integers(1, 30), st.integers(1, 5)), elements=st.floats(-1e6, 1e6, width=32)
)


@given(train=BYTES | FLOATS)
def test_none_changes_nothing(train):
    np.testing.assert_array_equal(fit_scaling("none", train, None).apply(train), train.astype(np.float32))


@given(train=BYTES)
def test_unit_divides_bytes_by_the_largest_possible_value(train):
    np.testing.assert_allclose(fit_scaling("unit", train, 255.0).apply(train), train / 255, rtol=1e-6)


@given(train=FLOATS)
def test_unit_brings_the_training_part_into_minus_one_to_one_and_reaches_it(train):
    scaled = fit_scaling("unit", train, None).apply(train)
    largest = np.abs(scaled).max(axis=0)
    np.testing.assert_allclose(largest[np.abs(train).max(axis=0) > 0], 1, rtol=1e-6)
    assert (largest[np.abs(train).max(axis=0) == 0] == 0).all()


@given(train=BYTES | FLOATS)
def test_standardise_gives_the_training_part_mean_0_and_deviation_1(train):
    exact = train.astype(np.float64)
    spread = exact.max(axis=0) - exact.min(axis=0)
    scaling = fit_scaling("standardise", train, None)
    assert ((scaling.scale == 0) == (spread == 0)).all() or (spread < 1e-30).any()
    scaled = exact * scaling.scale + scaling.shift
    # A feature whose spread is below 1e-6 of its size has no more digits than that in double precision.
    clear = spread > 1e-6 * np.maximum(1, np.abs(exact).max(axis=0))
    np.testing.assert_allclose(scaled.mean(axis=0)[clear], 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0)[clear], 1, rtol=1e-6)


@given(train=FLOATS)
def test_standardise_divides_sparse_inputs_by_the_same_deviation_and_does_not_shift(train):
    dense = fit_scaling("standardise", train, None)
    thin = fit_scaling("standardise", sparse.csr_array(train), None)
    np.testing.assert_allclose(thin.scale, dense.scale, rtol=1e-6)
    assert (thin.shift == 0).all()
    np.testing.assert_allclose(
        thin.apply(sparse.csr_array(train)).toarray(), train * dense.scale, rtol=1e-5, atol=1e-12
    )


def test_a_constant_feature_is_switched_off_also_where_it_varies_later():
    train = np.array([[0.1, 1], [0.1, 2], [0.1, 3]], np.float32)
    scaling = fit_scaling("standardise", train, None)
    assert scaling.scale[0] == scaling.shift[0] == 0
    assert (scaling.apply(np.array([[7, 2]], np.float32)) == 0).all()
    full = sparse.csr_array(train[:, :1])
    assert fit_scaling("standardise", full, None).scale == 0


def test_scaling_is_fitted_on_the_training_part_only():
    train, other = np.array([[1.0], [3.0]]), np.array([[100.0], [200.0]])
    labels = np.array([0, 1])
    data = from_arrays((train, labels), (other, labels), (other, labels), scaling="standardise")
    np.testing.assert_allclose(data.train.inputs, [[-1], [1]])
    np.testing.assert_allclose(data.test.inputs, [[98], [198]])
    np.testing.assert_allclose(data.validation.inputs, data.test.inputs)
    np.testing.assert_allclose(data.scaling.apply(other.astype(np.float32)), data.test.inputs)


@pytest.mark.parametrize("scaling", ["unit", "standardise", "none"])
def test_bytes_stay_bytes_and_the_vectors_carry_the_scaling(scaling):
    rng = np.random.default_rng(1)
    raw, labels = rng.integers(0, 256, (20, 6), dtype=np.uint8), np.arange(20) % 2
    images = raw.reshape(20, 2, 3)
    data = from_arrays((images, labels), (images, labels), scaling=scaling)
    assert data.train.inputs.dtype == np.uint8
    np.testing.assert_array_equal(data.train.inputs, raw)
    seen = raw * data.input_scale + data.input_shift
    np.testing.assert_allclose(seen, data.scaling.apply(raw), rtol=1e-5, atol=1e-5)
    same = from_arrays((raw.astype(float), labels), (raw.astype(float), labels), scaling=scaling)
    if scaling == "standardise":
        np.testing.assert_allclose(seen, same.train.inputs, atol=1e-5)


def test_a_result_too_large_for_float32_is_refused():
    train, test = np.array([[0.0], [1e-30]]), np.array([[1e30], [0.0]])
    with pytest.raises(DataError, match="too large for float32"):
        from_arrays((train, [0, 1]), (test, [0, 1]), scaling="standardise")


def test_another_number_of_features_is_refused():
    with pytest.raises(DataError, match="3 features; 2 are expected"):
        fit_scaling("none", np.zeros((1, 2), np.uint8), None).apply(np.zeros((1, 3), np.uint8))


DTYPES = ("bool", "u1", "i2", "i4", "i8", "f4", "f8", ">i4", ">f8")


@given(
    x=st.sampled_from([2, 9, 17, 256]).flatmap(
        lambda high: hnp.arrays(
            "i8", hnp.array_shapes(min_dims=2, max_dims=3, max_side=5), elements=st.integers(0, high - 1)
        )
    ),
    scaling=st.sampled_from(["unit", "standardise"]),
)
def test_the_same_numbers_in_any_type_are_the_same_data_set(x, scaling):
    y = np.arange(len(x) + 1) % 2
    x = np.concatenate([x, x[:1]])
    sets = []
    for dtype in DTYPES if x.max() < 2 else DTYPES[1:]:
        pair = (x.astype(dtype), y)
        sets.append(from_arrays(pair, pair, scaling=scaling))
    first = sets[0]
    grey = x.ndim == 3 and x.max() > 1
    assert first.train.inputs.dtype == ("uint8" if grey else "float32")
    for data in sets[1:]:
        assert data.checksum == first.checksum
        assert data.train.inputs.dtype == first.train.inputs.dtype
        np.testing.assert_array_equal(data.train.inputs, first.train.inputs)
        np.testing.assert_array_equal(data.input_scale, first.input_scale)
        np.testing.assert_array_equal(data.input_shift, first.input_shift)
        np.testing.assert_array_equal(data.scaling.scale, first.scaling.scale)


@pytest.mark.parametrize("dtype", ["bool", "u1", "f4"])
@pytest.mark.parametrize("shape", [(0, 3), (0, 2, 2)])
def test_a_part_without_samples_has_a_meaning_too(dtype, shape):
    inputs, image_shape = as_inputs(np.zeros(shape, dtype), "it")
    (part,) = meant([inputs], image_shape)
    assert (part.dtype, part.shape[0]) == (np.float32, 0)
    with pytest.raises(DataError):
        from_arrays((np.zeros(shape, dtype), []), (np.zeros(shape, dtype), []), scaling="unit")
