import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.analysis import Axis
from gossamer.errors import AnalysisError


@given(st.sampled_from(["zeta", "epsilon", "density"]), st.lists(st.floats(0.01, 1.0), min_size=1))
def test_hardness_and_level_are_inverse_and_hardness_grows_with_difficulty(name, levels):
    axis = Axis.of(name, levels)
    x = axis.hardness(levels)
    assert np.allclose(axis.level(x), levels, rtol=1e-12, atol=1e-15)
    order = np.argsort(levels) if axis.harder == "larger" else np.argsort(levels)[::-1]
    assert (np.diff(x[order]) >= 0).all()


def test_zeta_is_its_own_hardness():
    assert Axis.of("zeta", [0.0, 0.5]).hardness([0.0, 0.3, 1.0]).tolist() == [0.0, 0.3, 1.0]


def test_epsilon_is_measured_as_what_is_taken_away_from_the_largest():
    axis = Axis.of("epsilon", [0.2, 5.0, 50.0])
    assert axis.hardness([50.0, 5.0, 0.0]).tolist() == [0.0, 0.9, 1.0]


def test_an_unknown_axis_must_say_which_end_is_harder():
    with pytest.raises(AnalysisError, match="harder='larger'"):
        Axis.of("batch_size", [1.0])
    assert Axis.of("batch_size", [1.0, 4.0], "larger").hardness(2.0) == 0.5


@pytest.mark.parametrize("levels", [[0.0], [-1.0]])
def test_an_axis_without_a_positive_level_is_refused(levels):
    with pytest.raises(AnalysisError, match="no positive level"):
        Axis.of("epsilon", levels)
