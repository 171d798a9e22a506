import numpy as np
import pytest

from analysis_helpers import ZETA
from gossamer.analysis.laws.shapes import LAWS, law_named
from gossamer.errors import AnalysisError

LINKS = np.round((1 - ZETA) * 75_192)
# Shape parameters on the scale of the fit, at which each law falls within the paper's levels.
THETA = {
    "exponential": [np.log(183.0)],
    "logistic": [np.log(400.0), 0.993],
    "gompertz": [np.log(300.0), 0.992],
    "weibull": [np.log(0.006), np.log(1.4)],
    "power": [np.log(0.01), np.log(3.0)],
    "broken_stick": [0.9865],
    "persisting_links": [np.log(411.0)],
}


def variable(law):
    return LINKS if law.variable == "links" else ZETA


@pytest.fixture(params=sorted(LAWS))
def law(request):
    return LAWS[request.param]


def test_every_law_has_an_example_here():
    assert set(THETA) == set(LAWS)


def test_the_shape_rises_with_hardness_between_0_and_1(law):
    shape = law.shape(variable(law), np.array(THETA[law.name]))
    assert (np.diff(shape) >= 0).all()
    assert shape[0] < 0.01
    assert 0.4 < shape[-1] <= 1.0


def test_slopes_are_the_derivatives_of_the_shape(law):
    theta = np.array(THETA[law.name])
    z = variable(law)
    if law.change_point:
        z = z[np.abs(z - theta[0]) > 1e-4]
    slopes = law.slopes(z, theta)
    for j in range(theta.size):
        step = np.zeros(theta.size)
        step[j] = 1e-6
        numeric = (law.shape(z, theta + step) - law.shape(z, theta - step)) / 2e-6
        assert np.allclose(slopes[:, j], numeric, rtol=1e-5, atol=1e-7)


def test_the_inverse_undoes_the_shape(law):
    theta = np.array(THETA[law.name])
    z = variable(law)[24:-1]
    assert np.allclose(law.inverse(law.shape(z, theta), theta), z, rtol=1e-9)


def test_candidates_lie_within_the_bounds_and_nothing_overflows_there(law):
    z = variable(law)
    low, high = law.bounds(z)
    candidates = law.candidates(z)
    assert (candidates >= low - 1e-12).all()
    assert (candidates <= high + 1e-12).all()
    corners = np.stack([low, high, np.where(np.arange(low.size) == 0, low, high)])
    for theta in (candidates, corners):
        assert np.isfinite(law.shape(z, theta)).all()
        assert np.isfinite(law.slopes(z, theta)).all()


def test_many_thetas_at_once_give_what_each_gives_alone(law):
    z = variable(law)
    thetas = np.array(THETA[law.name]) + np.linspace(-0.001, 0.001, 3)[:, None]
    together = law.shape(z, thetas)
    assert together.shape == (3, z.size)
    assert np.array_equal(together[2], law.shape(z, thetas[2]))
    assert law.slopes(z, thetas).shape == (3, z.size, len(law.parameters))


def test_every_parameter_says_what_it_is(law):
    assert law.formula.startswith("plateau - a ")
    for parameter in law.parameters:
        assert parameter.unit in ("1", "hardness", "1 / hardness", "links")
        assert parameter.help


def test_laws_contain_the_exponential_where_they_say_so():
    exponential = LAWS["exponential"].shape(ZETA, np.array([np.log(183.0)]))
    weibull = LAWS["weibull"].shape(ZETA, np.array([-np.log(183.0), 0.0]))
    power = LAWS["power"].shape(ZETA, np.array([np.log(1e6 / 183.0), np.log(1e6)]))
    links = LAWS["persisting_links"].shape((1 - ZETA) * 75_192, np.array([np.log(75_192 / 183)]))
    for other in (weibull, power, links):
        assert np.allclose(exponential, other, atol=1e-5)


def test_an_unknown_law_is_refused_with_the_names():
    with pytest.raises(AnalysisError, match="exponential, logistic"):
        law_named("cubic")
