"""The words of a report: names of axes, scores and intervals, and numbers as people read them.

Names say what a quantity is and never more: zeta is a rewiring fraction, not a sparsity.
"""

from collections.abc import Iterable
from typing import Any

from gossamer.analysis import Estimate, Interval
from gossamer.train.config import RunConfig
from gossamer.train.overrides import ALIASES
from gossamer.train.score import Score

READINGS = ("selected", "last", "best_on_test")
"""The three readings of a score, in the order in which a report offers them."""

_READING_NAMES = {
    "selected": "test {score} at the epoch selected on validation samples",
    "last": "test {score} after the last epoch",
    "best_on_test": "best test {score} over all epochs",
}
READING_SHORT = {
    "selected": "selected on validation",
    "last": "last epoch",
    "best_on_test": "best on test",
}
READING_NOTES = {
    "selected": "The epoch is chosen without looking at the test samples.",
    "last": "Nothing is chosen.",
    "best_on_test": "The epoch is chosen on the test samples themselves, as in the paper, so it is too high.",
}

_SYMBOLS = {
    "zeta": "ζ",
    "epsilon": "ε",
    "density": "d",
    "sparsity": "S",
    "method.when.every": "update interval",
}
_TITLES = {
    "zeta": "rewiring fraction ζ (links replaced / links, per update)",
    "epsilon": "Erdős–Rényi parameter ε (sets the number of links)",
    "density": "density d (links / positions)",
    "sparsity": "sparsity S (1 − links / positions)",
    "persisting_links": "persisting links (links)",
    "method.when.every": "update interval (steps or epochs between updates)",
}
_INTERVALS = {
    "t": "Student t, variance moderated by all levels; other seeds, same test images",
    "bootstrap": "parametric bootstrap; other seeds, same test images",
    "bootstrap with test images": "parametric bootstrap; other seeds and other test images",
}


def axis_symbol(name: str) -> str:
    """Short name of an axis for running text."""
    return _SYMBOLS.get(name, name.rpartition(".")[2].replace("_", " "))


def axis_title(name: str, harder: str = "larger") -> str:
    """Title of an axis with its unit; says so where the axis is drawn with smaller levels to the right."""
    title = _TITLES.get(name) or _with_unit(name)
    return f"{title}, harder to the right" if harder == "smaller" else title


def _with_unit(name: str) -> str:
    """Name and unit of any other field of the run config."""
    model: Any = RunConfig
    unit = ""
    for part in ALIASES.get(name, name).split("."):
        info = getattr(model, "model_fields", {}).get(part)
        if info is None:
            break
        extra = info.json_schema_extra
        unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
        model = info.annotation
    words = name.replace("_", " ")
    return f"{words} ({unit})" if unit else words


def level_text(level: float) -> str:
    """A level with as many digits as it needs: 0.3, 0.985, 1."""
    return f"{level:.6g}"


def reading_name(score: Score, reading: str) -> str:
    """What a reading of a score is, such as "test accuracy after the last epoch"."""
    return _READING_NAMES[reading].format(score=score.label)


def mean_head(score: Score) -> str:
    """Head of a column of means, with the unit of the score."""
    return "mean (fraction)" if score.proportion else f"mean ({score.label})"


def first_upper(text: str) -> str:
    """The text as a sentence begins with it; capitals within stay."""
    return text[:1].upper() + text[1:]


def score_text(value: float | None) -> str:
    """A score with three digits, or a dash."""
    return "–" if value is None else f"{value:.3f}"


def significant(value: float | None, digits: int = 4) -> str:
    """A number with `digits` significant digits, or a dash."""
    return "–" if value is None else f"{value:.{digits}g}"


def interval_text(interval: Interval | None, digits: int = 4, open_end: str = "open") -> str:
    """Both ends of an interval; an end that the runs leave open is called so."""
    if interval is None:
        return "–"
    low, high = (open_end if end is None else f"{end:.{digits}g}" for end in (interval.low, interval.high))
    return f"{low} to {high}"


def interval_name(interval: Interval | None) -> str:
    """What an interval is: its confidence, and what it holds against."""
    if interval is None:
        return "no interval: there are no replicates"
    return f"{100 * interval.confidence:g} % interval ({_INTERVALS.get(interval.method, interval.method)})"


def estimate_text(estimate: Estimate, digits: int = 4) -> str:
    """A value with its widest interval in brackets."""
    text = significant(estimate.value, digits)
    return text if estimate.widest is None else f"{text} [{interval_text(estimate.widest, digits)}]"


def count_text(count: int, noun: str) -> str:
    """A count with its noun in the right number: 1 run, 3 runs."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def span_text(values: Iterable[int]) -> str:
    """Smallest and largest of some counts: 3, or 2 to 5."""
    found = sorted(set(values))
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"
