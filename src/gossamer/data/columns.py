"""What a reader understood of a user's file: its columns, and how each cell was taken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of features as it stands in a table.

    Parameters
    ----------
    name : str
    words : tuple of str or None
        None for numbers. Else the column holds words: one feature for each of them, 1 where the word stands
        and 0 elsewhere, in this order.
    """

    name: str
    words: tuple[str, ...] | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features that this column becomes: its own, or ``name=word`` for each word."""
        return (self.name,) if self.words is None else tuple(f"{self.name}={word}" for word in self.words)


@dataclass(frozen=True)
class Reading:
    """How a file was read, for the person who has to check it. Nothing is computed from it.

    Parameters
    ----------
    format : str
        Such as "text table", ".npz" or "IDX".
    separator, decimal : str or None
        Text tables: what stands between cells ("comma", "semicolon", "tab", "blanks" or "bar"), and the
        decimal mark ("." or ",").
    header : bool or None
        Text tables: whether the first row was taken as names.
    label : str or None
        Where the labels are: "column 'class'", "array y".
    label_reason : str or None
        Why there: "named so", "the last column".
    left_out : tuple of str
        Columns that were left out because the user asked for it.
    missing : int
        Missing cells.
    dropped : int
        Rows that were left out because of missing cells.
    notes : tuple of str
        Sentences about what a person would want to check.
    """

    format: str
    separator: str | None = None
    decimal: str | None = None
    header: bool | None = None
    label: str | None = None
    label_reason: str | None = None
    left_out: tuple[str, ...] = ()
    missing: int = 0
    dropped: int = 0
    notes: tuple[str, ...] = ()


def feature_names(columns: tuple[Column, ...] | None) -> tuple[str, ...] | None:
    """Names of all features, words written out; None where the columns have no names."""
    if columns is None:
        return None
    return tuple(name for column in columns for name in column.feature_names)
