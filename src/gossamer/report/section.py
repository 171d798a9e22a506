"""A section of the page: words, figures, tables, and what could not be shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from gossamer.report.figure import Figure
from gossamer.report.table import TableData


@dataclass(frozen=True)
class Section:
    """One section of a report.

    Parameters
    ----------
    name : str
        Its place in the page's address.
    title : str
    text : str or mapping of str to str
        A paragraph; a mapping gives one for each reading of accuracy.
    figures : tuple of Figure
    tables : tuple of TableData
        Shown for every reading.
    reading_tables : mapping of str to tuple of TableData
        Shown for that reading alone.
    missing : tuple of str
        One sentence for everything that has its place here and could not be had.
    """

    name: str
    title: str
    text: str | Mapping[str, str] = ""
    figures: tuple[Figure, ...] = ()
    tables: tuple[TableData, ...] = ()
    reading_tables: Mapping[str, tuple[TableData, ...]] | None = None
    missing: tuple[str, ...] = ()

    @property
    def all_tables(self) -> tuple[TableData, ...]:
        """Tables of all readings."""
        by_reading = (self.reading_tables or {}).values()
        return (*self.tables, *(table for tables in by_reading for table in tables))

    @property
    def texts(self) -> Mapping[str, str]:
        """Paragraphs by reading; an empty reading is one for all."""
        return {"": self.text} if isinstance(self.text, str) else self.text
