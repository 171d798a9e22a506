"""What a reader understood of a user's file: its columns, and how each cell was taken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of features as it stands in a table.

    Parameters
    ----------
    name : str or None
        None without a header.
    words : tuple of str or None
        None for numbers. Else the column holds words: one feature for each of them, 1 where the word stands
        and 0 elsewhere, in this order.
    """

    name: str | None
    words: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Schema:
    """What a table has to have so that its samples are read as those of an earlier one.

    Parameters
    ----------
    features : int
        Inputs of the network.
    columns : tuple of Column or None
        In the order of the features; None for numbers without names.
    label_name : str or None
        Column of the labels, which is no feature.
    left_out : tuple of str or int
        Columns that were left out, by name or by position.
    """

    features: int
    columns: tuple[Column, ...] | None = None
    label_name: str | None = None
    left_out: tuple[str | int, ...] = ()

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the columns of features; None where they have none."""
        if self.columns is None or any(column.name is None for column in self.columns):
            return None
        return tuple(column.name or "" for column in self.columns)


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
    """Names of all features, a column of words as ``column=word``; None where columns have none."""
    if columns is None:
        return None
    names = list[str]()
    for position, column in enumerate(columns, 1):
        name = f"column {position}" if column.name is None else column.name
        names += [name] if column.words is None else [f"{name}={word}" for word in column.words]
    return tuple(names)
