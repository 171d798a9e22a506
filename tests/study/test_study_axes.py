from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.errors import ConfigError
from gossamer.study.axes import Axis, Range, get_path, plain_tree, product
from gossamer.study.config import StudyConfig


def axis(text: str) -> Axis:
    return StudyConfig.from_toml(f'name = "a"\n[[axes]]\nfield = "zeta"\nvalues = {text}').axes[0]


@given(st.integers(-1000, 1000), st.integers(1, 500), st.integers(0, 60), st.integers(0, 4), st.booleans())
def test_levels_are_the_decimals_that_a_person_would_write(start, step, count, digits, down):
    unit = Decimal(1).scaleb(-digits)
    stop = start - step * count if down else start + step * count
    levels = Range(start=start * unit, stop=stop * unit, step=step * unit).levels()
    sign = -1 if down else 1
    expected = [f"{(start + sign * step * k) * unit:f}" for k in range(count + 1)]
    assert len(levels) == count + 1
    assert [float(level) for level in levels] == [float(text) for text in expected]


def test_levels_of_the_paper():
    levels = axis("""[{start = 0.0, stop = 0.9, step = 0.1}, {start = 0.91, stop = 0.98, step = 0.01},
                      {start = 0.981, stop = 1.0, step = 0.001}]""").levels()
    assert len(levels) == 38
    assert levels[3] == 0.3
    assert levels[10:18] == [0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98]
    assert levels[-3:] == [0.998, 0.999, 1.0]


def test_floats_of_python_are_read_as_written():
    assert Range(start=0.0, stop=0.3, step=0.1).levels() == [0.0, 0.1, 0.2, 0.3]


def test_levels_appear_once_and_in_order():
    assert axis("[0.5, {start = 0, stop = 1, step = 0.5}, 1.0]").levels() == [0.5, 0.0, 1.0]


def test_whole_numbers_stay_whole():
    assert axis("{start = 10, stop = 40, step = 10}").levels() == [10, 20, 30, 40]
    assert all(isinstance(level, int) for level in axis("{start = 10, stop = 40, step = 10}").levels())


def test_values_may_be_text_lists_and_tables():
    levels = axis('["set", [100, 50], {kind = "every_epoch", every = 2}, true]').levels()
    assert levels == ["set", [100, 50], {"kind": "every_epoch", "every": 2}, True]


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ("{start = 0, stop = 1, step = 0.3}", "whole number of steps"),
        ("{start = 0, stop = 1, step = 0}", "whole number of steps"),
        ("{start = 0, stop = 1, step = 0.00001}", "10000"),
        ("[]", "at least 1"),
        ("{start = 0, stop = nan, step = 1}", "finite"),
    ],
)
def test_bad_values_are_refused_in_one_sentence(values, part):
    with pytest.raises(ConfigError, match=part) as caught:
        axis(values)
    assert "\n" not in str(caught.value)


def test_product_varies_the_last_axis_fastest():
    axes = (Axis(field="epsilon", values=[1, 2]), Axis(field="zeta", values=[0.1, 0.2]))
    path_e, path_z = axes[0].path, axes[1].path
    assert [(level[path_e], level[path_z]) for level in product(axes)] == [
        (1, 0.1),
        (1, 0.2),
        (2, 0.1),
        (2, 0.2),
    ]


def test_paths_into_tables():
    assert get_path({"a": {"b": 1}}, "a.b") == 1
    assert get_path({"a": {"b": 1}}, "a.c.d") is None
    assert plain_tree({"a": [Decimal("0.1"), Decimal(2)]}) == {"a": [0.1, 2]}


@pytest.mark.parametrize("step", ["1e-999999", "1e-9", "-1e-300", "1e999999"])
def test_a_step_beyond_all_bounds_is_one_sentence(step):
    with pytest.raises(ConfigError, match=r"too many levels|beyond all measure"):
        StudyConfig.from_toml(
            f'name = "s"\naxes = [{{field = "x", values = {{start = 0, stop = 1, step = {step}}}}}]'
        )
