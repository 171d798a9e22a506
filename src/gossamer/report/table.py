"""A table: columns of values, written as CSV for machines and as Markdown and LaTeX for people."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Show = Callable[[Any], str]

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "ζ": r"$\zeta$",
    "ε": r"$\varepsilon$",
    "δ": r"$\delta$",
    "χ²": r"$\chi^2$",
    "≤": r"$\le$",
    "−": r"$-$",
    "–": "--",
    "×": r"$\times$",
    "ő": r"\H{o}",
    "é": r"\'e",
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Key of the values in the rows, and head of the column in CSV.
    head : str
        Head for people, with the unit.
    show : callable
        From a value to its text; None is never passed.
    text : bool
        True for words, which stand on the left; numbers stand on the right.
    of_row : callable or None
        Instead of `show`, for a text made of several values of the row.
    """

    name: str
    head: str
    show: Show = str
    text: bool = False
    of_row: Callable[[Mapping[str, Any]], str | None] | None = None

    def cell(self, row: Mapping[str, Any]) -> str:
        """Text of the column in a row; a dash where there is no value."""
        if self.of_row is not None:
            return self.of_row(row) or "–"
        value = row.get(self.name)
        return "–" if value is None else self.show(value)


@dataclass(frozen=True)
class TableData:
    """One table of a report.

    Parameters
    ----------
    name : str
        Stem of its files.
    title, caption : str
        What it shows: which score, how many runs, which interval.
    columns : tuple of Column
        Those that people see.
    rows : tuple of mapping
        Values by column; CSV has all of them, also those without a column.
    runs : tuple of str
        Identities of the runs that the numbers came from.
    """

    name: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Any], ...]
    runs: tuple[str, ...] = ()

    def cells(self) -> list[list[str]]:
        """Texts of all rows."""
        return [[column.cell(row) for column in self.columns] for row in self.rows]

    def to_csv(self) -> str:
        """CSV with one column a value, unrounded; a missing value is an empty cell."""
        text = io.StringIO()
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _plain(row.get(name)) for name in names} for row in self.rows)
        return text.getvalue()

    def to_markdown(self) -> str:
        """A Markdown table with its title and caption."""
        head = [column.head for column in self.columns]
        rule = ["---" if column.text else "---:" for column in self.columns]
        lines = [_markdown_line(cells) for cells in ([_escaped(c) for c in head], rule)]
        lines += [_markdown_line([_escaped(cell) for cell in cells]) for cells in self.cells()]
        return f"**{self.title}.** {self.caption}\n\n" + "\n".join(lines) + "\n"

    def to_latex(self) -> str:
        """A LaTeX table that needs the package booktabs."""
        sides = "".join("l" if column.text else "r" for column in self.columns)
        head = _latex_line([column.head for column in self.columns])
        body = [_latex_line(cells) for cells in self.cells()]
        return "\n".join(
            [
                r"\begin{table}",
                rf"\caption{{{_latex(self.title)}. {_latex(self.caption)}}}",
                rf"\label{{tab:{self.name}}}",
                rf"\begin{{tabular}}{{{sides}}}",
                r"\toprule",
                head,
                r"\midrule",
                *body,
                r"\bottomrule",
                r"\end{tabular}",
                r"\end{table}",
                "",
            ]
        )


def fixed(digits: int) -> Show:
    """A number with this many digits after the point."""
    return lambda value: f"{value:.{digits}f}"


def general(digits: int) -> Show:
    """A number with this many significant digits."""
    return lambda value: f"{value:.{digits}g}"


def thousands(value: float) -> str:
    """A count with separators."""
    return f"{value:,.0f}"


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else value


def _escaped(cell: str) -> str:
    return cell.replace("|", r"\|")


def _markdown_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _latex(text: str) -> str:
    """Text with LaTeX's own characters, and those that its fonts lack, written out."""
    found = text.replace("χ²", "\0")
    return "".join(_LATEX["χ²"] if c == "\0" else _LATEX.get(c, c) for c in found)


def _latex_line(cells: Sequence[str]) -> str:
    return " & ".join(_latex(cell) for cell in cells) + r" \\"
