"""Random tables as people have them, against pandas: what is read equals what pandas reads, or is refused.

The reader is told nothing; pandas is told how the table was written. Ten thousand examples:
``TABLE_EXAMPLES=10000 python -m pytest tests/data/test_table_oracle.py``.
"""

import csv
import io
import os
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.data import DataConfig
from gossamer.data.table import read_table
from gossamer.errors import DataError

pd = pytest.importorskip("pandas")

EXAMPLES = int(os.environ.get("TABLE_EXAMPLES", "150"))
MISSING = ("", "?", "NA", "nan")
SEPARATORS = {",": ",", ";": ";", "\t": "tab", "|": "|", " ": "blanks"}
WORDS = (
    "red",
    "blue",
    "light blue",
    "x",
    "no",
    "-",
    "p1",
    "2nd",
    "y",
    "né",
    "Ost;West",
    "a,b",
    'a "big" one',
)
NAMES = (
    "a",
    "b",
    "size of it",
    "x1",
    "Colour",
    "0",
    "1",
    "2020",
    "weight, kg",
    "klass",
    "t;u",
    "größe",
    "id",
)
LABEL_NAMES = ("label", "Class", "target", "y", "kind", "outcome", "3")

NUMBERS = {
    "integers": st.integers(-9, 300).map(str),
    "large": st.integers(-(10**12), 10**12).map(str),
    "floats": st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: repr(round(value, 4))),
    "any floats": st.floats(allow_nan=False, allow_infinity=False).map(repr),
    "small": st.sampled_from(["0", "1"]),
    "odd": st.sampled_from(["+1", "1e3", ".5", "5.", "-0", "007", "1E-2"]),
}
CELLS = {
    **NUMBERS,
    "truth": st.sampled_from(["True", "False"]),
    "words": st.sampled_from(WORDS[:8]),
    "any words": st.sampled_from(WORDS),
    "mixed": st.sampled_from(["1", "2", "red"]),
}


@st.composite
def tables(draw):
    """Cells, how they are written, and where the labels are."""
    n, d = draw(st.integers(1, 14)), draw(st.integers(1, 5))
    kinds = [draw(st.sampled_from(sorted(CELLS))) for _ in range(d)]
    columns = [draw(st.lists(CELLS[kind], min_size=n, max_size=n)) for kind in kinds]
    holes = draw(st.sampled_from([0, 0, 1, 3]))
    for _ in range(holes):
        column, row = draw(st.integers(0, d - 1)), draw(st.integers(0, n - 1))
        columns[column][row] = draw(st.sampled_from(MISSING))
    labels = draw(
        st.lists(st.sampled_from(["0", "1", "2"]), min_size=n, max_size=n)
        | st.lists(st.sampled_from(["yes", "no", "T-shirt/top", "y"]), min_size=n, max_size=n)
    )
    place = draw(st.integers(0, d))
    columns.insert(place, labels)
    names = draw(st.lists(st.sampled_from(NAMES), min_size=d, max_size=d, unique=True))
    names.insert(place, draw(st.sampled_from(LABEL_NAMES)))
    # A header of nothing but numbers is a row like any other, and has to be told.
    told = draw(st.booleans()) or all(map(is_number, names))
    return {
        "columns": columns,
        "names": names,
        "label": place,
        "header": draw(st.booleans()),
        "separator": draw(st.sampled_from(sorted(SEPARATORS))),
        "decimal": draw(st.sampled_from([".", ".", ","])),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        "ending": draw(st.sampled_from(["\n", "\r\n"])),
        "mark": draw(st.booleans()),
        "by_name": draw(st.booleans()),
        "missing": draw(st.sampled_from(["error", "mean", "drop"])),
        "told": told,
    }


def written(table):
    """The text of a table, with decimal commas in its numbers where it has them."""
    rows = [list(row) for row in zip(*table["columns"], strict=True)]
    if table["decimal"] == ",":
        numeric = [all(is_number(cell) or cell in MISSING for cell in column) for column in table["columns"]]
        rows = [
            [cell.replace(".", ",") if plain else cell for cell, plain in zip(row, numeric, strict=True)]
            for row in rows
        ]
    if table["header"]:
        rows.insert(0, table["names"])
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if table["separator"] == " " else table["quoting"]
    csv.writer(text, delimiter=table["separator"], quoting=quoting, lineterminator=table["ending"]).writerows(
        rows
    )
    return text.getvalue()


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def expected(table, path):
    """Features and labels as pandas reads the table that it is told all about."""
    frame = pd.read_csv(
        path,
        sep=table["separator"],
        header=0 if table["header"] else None,
        decimal=table["decimal"],
        na_values=list(MISSING),
        keep_default_na=False,
        encoding="utf-8-sig",
        index_col=False,
    )
    label = frame.columns[table["label"]]
    if table["missing"] == "drop":
        frame = frame.dropna()
    features = [of_column(frame[name]) for name in frame.columns if name != label]
    return np.concatenate(features, axis=1), [str(value) for value in frame[label]]


def of_column(column):
    there = column[column.notna()]
    if all(isinstance(value, (bool, np.bool_)) or value in ("True", "False") for value in there):
        column = column.map({True: 1.0, False: 0.0, "True": 1.0, "False": 0.0})
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64)[:, None]
    if any(is_number(value) for value in there):
        pytest.fail(f"numbers and words were read from one column: {list(column)}")
    shown = pd.get_dummies(column, dtype=float)
    shown[column.isna()] = np.nan
    return shown[sorted(shown.columns)].to_numpy()


SEEN: Counter[str] = Counter()


@settings(max_examples=EXAMPLES)
@given(table=tables())
def check(path, table):
    text = written(table)
    path.write_bytes(text.encode("utf-8-sig" if table["mark"] else "utf-8"))
    named = table["by_name"] and table["header"]
    given_column = table["names"][table["label"]] if named else table["label"]
    told = {"header": "yes" if table["header"] else "no", "decimal": table["decimal"]}
    told["separator"] = SEPARATORS[table["separator"]]
    config = DataConfig(
        label_column=given_column,
        missing=table["missing"],
        missing_values=MISSING,
        **(told if table["told"] else {}),
    )
    try:
        source = read_table(path, config)
    except DataError as error:
        SEEN[" ".join(str(error).removeprefix(str(path)).split()[-6:])] += 1
        return
    features, labels = expected(table, path)
    SEEN["read"] += 1
    np.testing.assert_array_equal(source.train.inputs, features)
    if source.train.labels.dtype.kind == "f":
        assert source.train.labels.tolist() == [float(label) for label in labels]
    else:
        assert source.train.labels.tolist() == labels
    if table["header"]:
        names = [name for k, name in enumerate(table["names"]) if k != table["label"]]
        assert [column.name for column in source.columns] == names
        assert source.label_name == table["names"][table["label"]]


def test_what_is_read_is_what_pandas_reads_and_the_rest_is_refused(tmp_path):
    SEEN.clear()
    check(tmp_path / "table.csv")
    total = sum(SEEN.values())
    assert SEEN["read"] > 0.3 * total
