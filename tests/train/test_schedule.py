import math

import numpy as np
import pytest

from gossamer.train.schedule import ScheduleConfig


def factors(first=0, count=40, **fields):
    return ScheduleConfig(**fields).factors(first, count, steps_per_epoch=10, total=40)


@pytest.mark.parametrize("kind", ["constant", "step", "linear", "cosine"])
def test_any_split_of_the_steps_gives_the_same_factors(kind):
    fields = {"kind": kind, "warmup_epochs": 1.5, "milestones": (1, 2.5), "final": 0.1}
    whole = factors(**fields)
    parts = [factors(first, 5, **fields) for first in range(0, 40, 5)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_constant_is_one():
    assert factors().tolist() == [1.0] * 40


def test_linear_and_cosine_go_from_one_to_the_final_factor():
    for kind in ("linear", "cosine"):
        found = factors(kind=kind, final=0.2)
        assert found[0] == 1.0
        assert found[-1] == pytest.approx(0.2, abs=1e-15)
        assert (np.diff(found) < 0).all()
    assert factors(kind="cosine")[13] == pytest.approx((1 + math.cos(math.pi / 3)) / 2)
    assert np.ptp(np.diff(factors(kind="linear"))) < 1e-12


def test_steps_fall_at_milestones():
    found = factors(kind="step", milestones=(1, 2.5), factor=0.5)
    assert found.tolist() == [1.0] * 10 + [0.5] * 15 + [0.25] * 15


def test_warmup_rises_in_equal_steps_to_the_schedule():
    found = factors(warmup_epochs=2)
    assert found[:20] == pytest.approx(np.arange(1, 21) / 20)
    assert found[20:].tolist() == [1.0] * 20


def test_only_linear_and_cosine_depend_on_the_length_of_the_run():
    kinds = ("constant", "step", "linear", "cosine")
    assert [ScheduleConfig(kind=kind).depends_on_total for kind in kinds] == [False, False, True, True]
