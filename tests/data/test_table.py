import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gossamer.data.columns import Schema
from gossamer.data.config import DataConfig
from gossamer.data.load import load_dataset
from gossamer.data.table import read_rows, read_table
from gossamer.errors import DataError

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\r\n\0\ufeff")
NAMES = st.text(CHARACTERS, min_size=1, max_size=8).map(str.strip).filter(bool)


def read(path, label_column=-1, **settings):
    return read_table(path, DataConfig(label_column=label_column, **settings))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("table") / "file.csv"


@given(
    values=hnp.arrays("f8", st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=NUMBERS),
    data=st.data(),
    header=st.booleans(),
    tabs=st.booleans(),
)
def test_reading_gives_back_every_number_and_label(path, values, data, header, tabs):
    n, d = values.shape
    labels = data.draw(st.lists(NAMES, min_size=n, max_size=n))
    column = data.draw(st.integers(0, d))
    rows = [[repr(float(value)) for value in row] for row in values]
    for row, label in zip(rows, labels, strict=True):
        row.insert(column, label)
    if header:
        rows.insert(0, [f"column {k}" for k in range(d + 1)])
    memory = io.StringIO(newline="")
    csv.writer(memory, delimiter="\t" if tabs else ",").writerows(rows)
    place = path.with_suffix(".tsv") if tabs else path
    place.write_text(memory.getvalue(), encoding="utf-8", newline="")
    choices = [column, column - d - 1] + ([f"column {column}"] if header else [])
    for choice in choices:
        settings = {"header": "yes" if header else "no", "separator": "tab" if tabs else ","}
        source = read(place, choice, missing_values=(), **settings)
        np.testing.assert_array_equal(source.train.inputs, values)
        if source.train.labels.dtype.kind == "U":
            assert source.train.labels.tolist() == [label.rstrip("\0") for label in labels]
        else:
            np.testing.assert_array_equal(source.train.labels, [float(label) for label in labels])


@given(content=st.binary(max_size=60) | st.text('0123456789.,"\n\t-einfab_', max_size=40).map(str.encode))
def test_any_bytes_give_finite_numbers_or_a_data_error(path, content):
    path.write_bytes(content)
    try:
        source = read(path)
    except DataError:
        return
    assert np.isfinite(source.train.inputs).all()
    samples, features = source.train.inputs.shape
    assert samples == len(source.train.labels) >= 1
    assert features >= 1


@given(data=st.data())
def test_a_table_cut_inside_a_row_is_refused(path, data):
    content = "a,b,c\n1,2,x\n3,4,y\n"
    cut = data.draw(st.sampled_from([k for k in range(6, len(content)) if content[k - 1] not in "\nxy"]))
    path.write_text(content[:cut])
    with pytest.raises(DataError):
        load_dataset(DataConfig(name=str(path)))


def test_labels_may_be_names_integers_or_whole_numbers(path):
    for labels, names in (
        (["cat", "dog", "cat", "dog"], ("cat", "dog")),
        (["10", "9", "10", "9"], ("9", "10")),
        (["1.0", "-1.0", "1.0", "-1.0"], ("-1", "1")),
        (["1", "b", "1", "b"], ("1", "b")),
    ):
        path.write_text("".join(f"{k},0.5,{label}\n" for k, label in enumerate(labels)))
        data = load_dataset(
            DataConfig(name=str(path), scaling="none", test_fraction=0.5, validation_samples=0)
        )
        assert data.class_names == names
        together = {**dict(_rows(data.train)), **dict(_rows(data.test))}
        assert [names[together[k]] for k in range(4)] == [label.removesuffix(".0") for label in labels]


def _rows(split):
    return [(int(row[0]), int(label)) for row, label in zip(split.inputs, split.labels, strict=True)]


def test_a_header_is_recognised_whatever_the_label_is_called(path):
    path.write_text("kind,a,b\nx,1,2\ny,3,4\n")
    assert read(path, "kind").train.inputs.tolist() == [[1, 2], [3, 4]]
    path.write_text("kind,1,2\ny,3,4\n")
    assert read(path, "kind").train.inputs.tolist() == [[3, 4]]
    path.write_text("x,1,1\ny,3,4\n")
    assert read(path, 0).train.inputs.tolist() == [[1, 1], [3, 4]]


@pytest.mark.parametrize(
    ("content", "column", "message"),
    [
        ("", -1, "0 columns"),
        ("1\n2\n", -1, "1 columns"),
        ("a,b\n", -1, "no samples"),
        ("1.5,2,x\n1,2\n", -1, "line 2, has 2 cells; 3 are expected"),
        ("1.5,2,x\n1,2,3,y\n", -1, "line 2, has 4 cells"),
        ("1.5,2,x\n\n1,,y\n", -1, "line 3, column 2, holds ''"),
        ("1.5,2,x\n1,oops,y\n", -1, "line 2, column 2, holds 'oops'"),
        ("1.5,2,x\n1,nan,y\n", -1, "line 2, column 2, holds 'nan', a missing value"),
        ("1.5,2,x\n1,1e999,y\n", -1, "holds '1e999'"),
        ("1.5,2,x\n1,1_0,y\n", -1, "holds '1_0'"),
        ("1.5,2,x\n1,1e300,y\n", -1, "holds 1e\\+300 at position"),
        ("1.5,2,x\n1,3,\n", -1, "no label for sample 1"),
        ("1,2,0.5\n1,3,1\n", -1, "not whole numbers"),
        ("1.5,2,x\n1,3,x\n", -1, "only the label"),
        ("1.5,2,x\n", 3, "label_column = 3"),
        ("1.5,2,x\n", -4, "label_column = -4"),
        ("a,b,c\n1,2,x\n", "d", "0 columns called 'd'"),
        ("a,b,b\n1,2,x\n", "b", "2 columns called 'b'"),
        ('1,2,"x\n1,3,y\n', -1, "not a text table"),
        ("1,2," + "x" * 300 + "\n", -1, "300 characters"),
        ("1," + "2" * 200_000 + ",x\n", -1, "not a text table"),
    ],
)
def test_unusable_tables_give_one_clear_sentence(path, content, column, message):
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        load_dataset(DataConfig(name=str(path), label_column=column))


def test_other_encodings_are_refused_and_a_byte_order_mark_is_not(path):
    path.write_bytes("1,2,é\n3,4,b\n".encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        read(path)
    path.write_bytes("\ufeffé,b,c\n3,4,5\n".encode())
    assert read(path, "é").train.labels == [3]


def test_samples_without_labels_are_read_by_the_same_rules(path):
    path.write_text("a,b\n1,2\n\n3,-inf\n")
    with pytest.raises(DataError, match=r"line 4, column 2 .'b'., holds '-inf' where a finite number"):
        read_rows(path, DataConfig(), Schema(2))
    path.write_text("1\n2.5\n")
    assert read_rows(path, DataConfig(), Schema(1)).tolist() == [[1], [2.5]]
    path.write_text("1.5,2,x\n3,4,y\n")
    assert read_rows(path, DataConfig(), Schema(2), -1).tolist() == [[1.5, 2], [3, 4]]
    with pytest.raises(DataError, match="has 3 columns of features; 2 are expected"):
        read_rows(path, DataConfig(), Schema(2))
