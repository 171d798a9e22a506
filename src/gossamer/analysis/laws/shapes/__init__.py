"""Laws of the fall of accuracy: one small file each, listed here."""

from gossamer.analysis.laws.shapes.base import Law, Parameter
from gossamer.analysis.laws.shapes.broken_stick import BrokenStick
from gossamer.analysis.laws.shapes.exponential import Exponential
from gossamer.analysis.laws.shapes.gompertz import Gompertz
from gossamer.analysis.laws.shapes.logistic import Logistic
from gossamer.analysis.laws.shapes.persisting import PersistingLinks
from gossamer.analysis.laws.shapes.power import Power
from gossamer.analysis.laws.shapes.weibull import Weibull
from gossamer.errors import AnalysisError

_ALL = (Exponential(), Logistic(), Gompertz(), Weibull(), Power(), BrokenStick(), PersistingLinks())

LAWS: dict[str, Law] = {law.name: law for law in _ALL}
"""Every law by its name."""


def law_named(name: str) -> Law:
    """The law of this name.

    Raises
    ------
    AnalysisError
        If there is none; the sentence lists the names.
    """
    if name not in LAWS:
        raise AnalysisError(f"There is no law '{name}'; choose among {', '.join(LAWS)}.")
    return LAWS[name]


__all__ = ["LAWS", "Law", "Parameter", "law_named"]
