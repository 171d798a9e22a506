"""Holm's correction for many tests (Holm 1979, *A simple sequentially rejective multiple test procedure*)."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Adjusted p values, in the order given; a test that could not be made (None) is none of the family.

    Rejecting where the adjusted value is at most alpha keeps the chance of any false rejection in the family
    at most alpha, however the tests depend on each other.
    """
    made = [k for k, p in enumerate(p_values) if p is not None]
    p = np.array([p_values[k] for k in made], dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)) if len(p) else p
    adjusted: list[float | None] = [None] * len(p_values)
    for place, value in zip(order.tolist(), steps.tolist(), strict=True):
        adjusted[made[place]] = min(1.0, value)
    return tuple(adjusted)
