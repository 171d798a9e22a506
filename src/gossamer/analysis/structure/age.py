"""How long the links of a network have been there, in epochs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ages:
    """Ages of the links of one layer at the end of a run.

    A link of the start is as old as the run. A link grown by the update after step s is (steps - s) steps
    old; steps are turned into epochs.

    Attributes
    ----------
    layer : int
    mean, median, low, high : float
        Epochs; `low` and `high` are the 10 % and the 90 % quantile.
    from_start : float
        Part of the links of the start that are still there, without ever having been dropped.
    from_start_at_random : float or None
        The same if the stored numbers of links had been dropped at random; the excess of `from_start` over it
        shows how much a method protects what it has. None where some numbers are not stored.
    """

    layer: int
    mean: float
    median: float
    low: float
    high: float
    from_start: float
    from_start_at_random: float | None


def link_ages(
    layer: int,
    births: NDArray[np.integer[Any]],
    *,
    steps: int,
    steps_per_epoch: int,
    start_links: int,
    kept_at_random: float | None,
) -> Ages | None:
    """Ages of the links of one layer; None where there are none.

    Parameters
    ----------
    layer : int
    births : int [nnz]
        Step after which each link was grown, 0 for the links of the start.
    steps, steps_per_epoch : int
        Steps of the whole run, and of an epoch.
    start_links : int
        Links of the layer at the start.
    kept_at_random : float or None
        Chance of a link to outlive all drops of the run when links go at random.
    """
    if not len(births) or not start_links:
        return None
    ages = (steps - births.astype(np.float64)) / steps_per_epoch
    low, median, high = np.quantile(ages, [0.1, 0.5, 0.9]).tolist()
    return Ages(
        layer=layer,
        mean=float(ages.mean()),
        median=median,
        low=low,
        high=high,
        from_start=int(np.count_nonzero(births == 0)) / start_links,
        from_start_at_random=kept_at_random,
    )
