"""The studied axis, turned so that larger always means harder."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gossamer.errors import AnalysisError

Harder = Literal["larger", "smaller"]

_KNOWN: dict[str, Harder] = {
    "zeta": "larger",
    "sparsity": "larger",
    "epsilon": "smaller",
    "density": "smaller",
    "persisting_links": "smaller",
}
_LIMIT_ONE = ("zeta", "sparsity")


@dataclass(frozen=True)
class Axis:
    """A named axis of a study and the direction in which training gets harder.

    Laws and contours are computed on the hardness x: ``level / scale`` where larger levels are harder, and
    ``1 - level / scale`` where smaller ones are. On both kinds 1 - x is the fraction that remains and x = 1
    is the end where nothing does, so one set of laws serves zeta, sparsity, epsilon and density. For zeta and
    sparsity scale is 1 and x is the level itself.

    Parameters
    ----------
    name : str
        Name used in tables and figures.
    harder : "larger" or "smaller"
        Which levels are the harder ones.
    scale : float > 0
        "larger": the level of the hard end (1 for zeta and sparsity). "smaller": the level that counts as
        "everything remains", the largest of the study.
    """

    name: str
    harder: Harder
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise AnalysisError(
                f"The scale of axis '{self.name}' is {self.scale}, but must be a positive number."
            )

    @classmethod
    def of(cls, name: str, levels: ArrayLike, harder: Harder | None = None) -> "Axis":
        """Axis for these levels; `harder` may be left out for zeta, sparsity, epsilon, density,
        persisting_links.

        Raises
        ------
        AnalysisError
            If the direction is neither given nor known, or no level is positive.
        """
        direction = harder or _KNOWN.get(name)
        if direction is None:
            raise AnalysisError(
                f"Which end of axis '{name}' is harder is not known; say harder='larger' or harder='smaller'."
            )
        if name in _LIMIT_ONE:
            return cls(name, direction, 1.0)
        largest = float(np.max(np.asarray(levels, dtype=np.float64), initial=0.0))
        if not largest > 0:
            raise AnalysisError(f"Axis '{name}' has no positive level; give at least one level above 0.")
        return cls(name, direction, largest)

    def hardness(self, level: ArrayLike) -> NDArray[np.float64]:
        """Hardness x of levels (in units of the axis), any shape."""
        ratio = np.asarray(level, dtype=np.float64) / self.scale
        return ratio if self.harder == "larger" else 1.0 - ratio

    def level(self, hardness: ArrayLike) -> NDArray[np.float64]:
        """Levels (in units of the axis) of hardness x, any shape; infinite stays infinite."""
        x = np.asarray(hardness, dtype=np.float64)
        return x * self.scale if self.harder == "larger" else (1.0 - x) * self.scale
