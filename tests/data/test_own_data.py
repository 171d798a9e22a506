"""Files as people have them: what is understood, and what is refused with what to say."""

import gzip
import pickle

import numpy as np
import pytest
from idx_writer import idx_bytes
from scipy import sparse
from scipy.io import loadmat, savemat

from gossamer.data import DataConfig, Schema, from_arrays, load_dataset, understood
from gossamer.data.mat5 import MatFile
from gossamer.data.npy import read_npy
from gossamer.data.table import read_rows, read_table
from gossamer.errors import DataError

N = 200
Y = np.arange(N) % 2
A = 5 * Y + np.random.default_rng(0).integers(0, 3, N)
B = np.arange(N) // 2 % 4


def write(path, head, *columns):
    path.parent.mkdir(exist_ok=True)
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([head, *rows] if head else rows) + "\n")
    return path


def table(tmp_path, text, **settings):
    path = tmp_path / "file.csv"
    path.write_text(text)
    return read_table(path, DataConfig(**settings))


def load(path, **settings):
    return load_dataset(DataConfig(name=str(path), scaling="none", **settings))


def schema_of(data):
    return Schema(data.n_features, data.columns, data.label_name, data.config.leave_out)


def test_a_label_column_that_is_not_the_chosen_one_is_refused(tmp_path):
    path = write(tmp_path / "r1.csv", "label,a,b", Y, A, B)
    with pytest.raises(DataError, match=r"column called 'label', but .* say data.label_column=label"):
        load(path)
    data = load(path, label_column="label")
    assert (data.feature_names, data.label_name, data.n_classes) == (("a", "b"), "label", 2)
    assert load(path, label_column=0).checksum == data.checksum
    assert load(path, label_column="b").class_names == ("0", "1", "2", "3")
    write(path, "class,a,Target", A, B, Y)
    assert load(path).label_name == "Target"
    write(path, "class,a,target,b", A, B, Y, B)
    with pytest.raises(DataError, match=r"say data.label_column="):
        load(path)


def test_a_header_of_numbers_and_one_word_is_a_header(tmp_path):
    data = load(write(tmp_path / "r2.csv", "0,1,label", A, B, Y))
    assert sum(map(len, data.parts().values())) == N
    assert data.feature_names == ("0", "1")


def test_an_empty_cell_in_the_first_row_is_a_missing_value_and_no_header(tmp_path):
    first = write(tmp_path / "r3.csv", "", A, ["", *B[1:]], Y)
    with pytest.raises(DataError, match="line 1, column 2, holds '', a missing value"):
        load(first)
    data = load(first, missing="mean")
    assert sum(map(len, data.parts().values())) == N
    assert sum(map(len, load(first, missing="drop").parts().values())) == N - 1
    later = write(tmp_path / "r3p.csv", "", ["", *A[1:5]], B[:5])
    rows = read_rows(later, data.config, schema_of(data))
    assert rows.shape == (5, 2)
    assert np.isnan(rows[0, 0])
    with pytest.raises(DataError, match="line 1, column 1, holds '', a missing value"):
        read_rows(later, DataConfig(), Schema(2))


@pytest.mark.parametrize(
    ("text", "settings", "header"),
    [
        ("a,b,label\n1,2,0\n3,4,1\n", {}, True),
        ("a,b,c\n1,2,0\n3,4,1\n", {}, True),
        ("5,2,0\n3,4,1\n", {}, False),
        ("?,2,0\n3,4,1\n", {"missing": "mean"}, False),
        ("NA,,0\n3,4,1\n5,6,0\n", {"missing": "mean"}, False),
        ("1.5,2,x\n3,4,y\n", {}, False),
        ("1,2,x\n3,4,y\n5,6,x\n", {}, False),
        ("2,2,x\n3,4,y\n", {}, False),
        ("1,2,x\n3,4,y\n", {}, None),
        ("0,1,kind\n3,4,0\n5,6,1\n", {}, True),
        ("2019,1,label\n3,4,0\n5,6,1\n", {}, True),
        ("p,x,e\nb,x,p\np,s,e\n", {}, False),
        ("cap,shape,class\nb,x,p\np,x,e\n", {}, True),
        ("a,,label\n1,2,0\n3,4,1\n", {}, True),
        ("2019,foo,1\n3,4,0\n5,6,1\n", {}, None),
        ("0,1,2\n3,4,0\n5,6,1\n", {}, None),
        ("0,1,cat\n3,4,dog\n5,6,fox\n", {}, None),
        ("cap,shape,kind\nb,x,p\np,z,e\n", {}, None),
        ("1,2,y\n3,4,n\n", {}, None),
        ("oops,2,x\n3,4,y\n", {}, None),
    ],
)
def test_whether_the_first_row_holds_names(tmp_path, text, settings, header):
    rows = len(text.splitlines())
    if header is None:
        with pytest.raises(DataError, match=r"say data.header=yes or data.header=no"):
            table(tmp_path, text, **settings)
        assert len(table(tmp_path, text, header="yes", **settings).train.labels) == rows - 1
        header = False
        settings = {**settings, "header": "no", "words": (0, 1)}
    source = table(tmp_path, text, **settings)
    assert source.reading.header is header
    assert len(source.train.labels) == rows - header


def test_columns_of_train_and_test_tables_are_matched_by_name(tmp_path):
    write(tmp_path / "r4" / "train.csv", "a,b,label", A, B, Y)
    test = tmp_path / "r4" / "test.csv"
    write(test, "a,b,label", A, B, Y)
    same = load(tmp_path / "r4")
    for head, columns in (("b,a,label", (B, A, Y)), ("label,b,a", (Y, B, A))):
        write(test, head, *columns)
        assert load(tmp_path / "r4").checksum == same.checksum
    write(test, "a,c,d,label", A, B, B, Y)
    with pytest.raises(DataError, match="lacks 'b' and has 'c', 'd', which the training data do not have"):
        load(tmp_path / "r4")
    write(test, "", A, B, Y)
    with pytest.raises(DataError, match="has no names of columns, and the training data have them"):
        load(tmp_path / "r4")


def test_columns_of_samples_are_matched_by_name(tmp_path):
    data = load(write(tmp_path / "r5.csv", "a,b,label", A, B, Y))
    expected = np.stack([A[:4], B[:4]], axis=1)
    for head, columns in (("a,b", (A, B)), ("b,a", (B, A)), ("b,label,a", (B, Y, A))):
        path = write(tmp_path / "r5q.csv", head, *(column[:4] for column in columns))
        np.testing.assert_array_equal(read_rows(path, data.config, schema_of(data)), expected)
    path = write(tmp_path / "r5n.csv", "0,1", A[:4], B[:4])
    with pytest.raises(DataError, match="begins with the row '0', '1'"):
        read_rows(path, data.config, schema_of(data))
    path = write(tmp_path / "r5n.csv", "a,c", A[:4], B[:4])
    with pytest.raises(DataError, match="lacks 'b' and has 'c'"):
        read_rows(path, data.config, schema_of(data))
    path = write(tmp_path / "r5n.csv", "", A[:4], B[:4])
    with pytest.raises(DataError, match="has no names of columns"):
        read_rows(path, data.config, schema_of(data))
    unnamed = data.config.model_copy(update={"header": "no"})
    np.testing.assert_array_equal(read_rows(path, unnamed, schema_of(data)), expected)


def test_test_images_without_their_labels_are_refused(tmp_path):
    for name, shape in (("train-images-idx3", (20, 2, 2)), ("train-labels-idx1", (20,))):
        content = idx_bytes((np.arange(np.prod(shape)) % 2).reshape(shape).astype(np.uint8))
        (tmp_path / f"{name}-ubyte").write_bytes(content)
    assert load(tmp_path).n_features == 4
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(np.zeros((4, 2, 2), np.uint8)))
    with pytest.raises(DataError, match="holds t10k-images-idx3-ubyte but not t10k-labels"):
        load(tmp_path)


def test_a_named_set_says_so_where_a_folder_has_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for part in ("train", "test"):
        write(tmp_path / "madelon" / f"{part}.csv", "a,b,label", A, B, Y)
    data = load_dataset(DataConfig(name="madelon"))
    assert data.n_features == 500
    assert "not the file or folder here: that one is ./madelon" in data.reading.notes[0]
    assert load("./madelon").feature_names == ("a", "b")


@pytest.mark.parametrize(
    ("text", "separator", "decimal"),
    [
        ('"a";"b";"label"\n1;2;0\n3;4;1\n', "semicolon", "."),
        ("a;b;label\n1,5;2,25;0\n3;4;1\n", "semicolon", ","),
        ("a\tb\tlabel\n1,5\t2,25\t0\n3\t4\t1\n", "tab", ","),
        ("a\tb\tlabel\n1.5\t2.25\t0\n3\t4\t1\n", "tab", "."),
        ("a b label\n1.5  2.25 0\n  3 4   1 \n", "blanks", "."),
        ("a b label\n1,5 2,25 0\n3 4 1\n", "blanks", ","),
        ("a|b|label\n1.5|2.25|0\n3|4|1\n", "bar", "."),
        ('a,b,label\n"1,5","2,25",0\n3,4,1\n', "comma", ","),
        ("a, b, label\n1.5, 2.25, 0\n3, 4, 1\n", "comma", "."),
    ],
)
def test_separators_and_decimal_marks_are_found_out(tmp_path, text, separator, decimal):
    source = table(tmp_path, text)
    assert (source.reading.separator, source.reading.decimal) == (separator, decimal)
    first = [1, 2] if "25" not in text else [1.5, 2.25]
    assert source.train.inputs.tolist() == [first, [3, 4]]
    assert source.train.labels.tolist() == [0, 1]
    assert (source.label_name, [column.name for column in source.columns]) == ("label", ["a", "b"])
    for encoded in (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode(), gzip.compress(text.encode())):
        (tmp_path / "other.csv.gz").write_bytes(encoded)
        again = read_table(tmp_path / "other.csv.gz", DataConfig())
        np.testing.assert_array_equal(again.train.inputs, source.train.inputs)
        assert again.columns == source.columns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a;b;label\n1,234;5;0\n2,345;6;1\n", "may be a decimal mark or separate thousands"),
        ("a;b;label\n1,5;2.5;0\n2;6;1\n", "holds '1,5' where a finite number .* say data.decimal=,"),
        ("1\tx;y\n2\tx;z\n", "may be separated by 'tab' or ';'; say which"),
        ("a,b,a,label\n1,2,3,0\n", "2 columns called 'a'"),
        (",a,label\n0,5,0\n1,6,1\n2,7,1\n", "without a name that counts the rows.* data.leave_out=0"),
        ("a,b,label\n1,2020-01-01,0\n3,2020-01-02,1\n", "holds '2020-01-01' where a finite number"),
        ("a,b,label\n1,5%,0\n3,5%,1\n", "holds '5%'"),
        ("a,b,label\n1,x,0\n3,2,1\n", "line 2, column 2 .'b'., holds 'x' where a finite number"),
        ("a,b,label\n1,True,0\n3,2,1\n", "truth values among numbers"),
        ("a,label\n" + "".join(f"w{k}x,{k % 2}\n" for k in range(20)), "20 different words in 20 rows"),
    ],
)
def test_a_table_that_could_be_read_in_two_ways_is_refused(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        table(tmp_path, text)


def test_words_become_one_feature_each_with_their_names(tmp_path):
    text = "size,colour,on,label\n1,red,True,0\n2,blue,FALSE,1\n3,red,true,1\n4,green,false,0\n"
    source = table(tmp_path, text)
    assert source.columns[1].words == ("blue", "green", "red")
    assert source.train.inputs.tolist() == [
        [1, 0, 0, 1, 1],
        [2, 1, 0, 0, 0],
        [3, 0, 0, 1, 1],
        [4, 0, 1, 0, 0],
    ]
    data = load(tmp_path / "file.csv")
    assert data.feature_names == ("size", "colour=blue", "colour=green", "colour=red", "on")
    later = tmp_path / "later.csv"
    later.write_text("on,colour,size\n0,green,7\n")
    assert read_rows(later, data.config, schema_of(data)).tolist() == [[7, 0, 1, 0, 0]]
    later.write_text("on,colour,size\n0,mauve,7\n")
    with pytest.raises(DataError, match="holds 'mauve', which is not among its words in training"):
        read_rows(later, data.config, schema_of(data))
    later.write_text("on,colour,size\nx,red,7\n")
    with pytest.raises(DataError, match=r"line 2, column 1 .'on'., holds 'x'; a finite number"):
        read_rows(later, data.config, schema_of(data))


def test_words_that_come_late_and_codes_that_the_user_names(tmp_path):
    rows = [f"{k},,{k % 2}" for k in range(100)] + [f"{k},late{k % 3},{k % 2}" for k in range(100)]
    source = table(tmp_path, "a,b,label\n" + "\n".join(rows) + "\n", missing="mean", missing_values=("",))
    assert source.columns[1].words == ("late0", "late1", "late2")
    assert np.isnan(source.train.inputs[:100, 1:]).all()
    assert source.train.inputs[100:, 1:].sum() == 100
    source = table(tmp_path, "zip,label\n01,0\n1,1\n7-8,1\n", words=("zip",))
    assert source.columns[0].words == ("01", "1", "7-8")


def test_columns_are_left_out_by_name_and_by_number(tmp_path):
    text = "id,a,note,label\n1,5,x y,0\n2,6,z,1\n3,7,z,0\n4,8,z,1\n"
    for columns in (("id", "note"), (0, 2), (-4, "note")):
        source = table(tmp_path, text, leave_out=columns)
        assert source.train.inputs.tolist() == [[5], [6], [7], [8]]
        assert source.reading.left_out == ("'id'", "'note'")
    data = load(tmp_path / "file.csv", leave_out=("id", "note"))
    assert read_rows(tmp_path / "file.csv", data.config, schema_of(data)).tolist() == [[5], [6], [7], [8]]
    with pytest.raises(DataError, match="names the column of the labels"):
        table(tmp_path, text, leave_out=("label",))
    with pytest.raises(DataError, match="0 columns called 'nix'"):
        table(tmp_path, text, leave_out=("nix",))


def test_a_column_that_counts_the_samples_is_named(tmp_path):
    data = load(write(tmp_path / "id.csv", "id,a,label", np.arange(N), A, Y))
    assert data.reading.notes == (
        "Column 1 ('id') counts the samples; if it is their number, leave it out with data.leave_out.",
    )


def test_missing_values_are_filled_with_means_of_the_training_part_alone(tmp_path):
    rng = np.random.default_rng(3)
    values = rng.normal(size=(60, 3)).round(3)
    gone = rng.random((60, 3)) < 0.2
    gone[gone.all(axis=1), 0] = False
    rows = [
        ",".join("?" if out else str(value) for value, out in zip(row, holes, strict=True)) + f",{k % 2}"
        for k, (row, holes) in enumerate(zip(values, gone, strict=True))
    ]
    path = tmp_path / "holes.csv"
    path.write_text("a,b,c,label\n" + "\n".join(rows) + "\n")
    data = load(path, missing="mean", validation_samples=10)
    full = np.where(gone, np.nan, values)

    def rows_of(split):
        """Rows of the table that a split holds, found by the values that are there."""
        return [
            next(k for k in range(60) if np.allclose(row[~gone[k]], values[k][~gone[k]]))
            for row in split.inputs
        ]

    means = np.nanmean(full[rows_of(data.train)], axis=0)
    np.testing.assert_allclose(data.fill, means)
    for split in data.parts().values():
        expected = np.where(gone, means, values)[rows_of(split)]
        np.testing.assert_allclose(split.inputs, expected, rtol=1e-6)
    assert not np.allclose(means, np.nanmean(full, axis=0))
    assert data.reading.missing == gone.sum()
    dropped = load(path, missing="drop")
    assert sum(map(len, dropped.parts().values())) == 60 - gone.any(axis=1).sum()
    with pytest.raises(DataError, match=f"the first of {gone.sum()} missing values; say data.missing=mean"):
        load(path)
    path.write_text("a,b,label\n,1,0\n,2,1\n,3,0\n,4,1\n")
    with pytest.raises(DataError, match="no value of feature 1"):
        load(path, missing="mean")


def test_what_stands_for_a_missing_value_is_the_users_choice(tmp_path):
    text = "a,b,label\n1,None,0\n2,red,1\n3,None,1\n-9,red,0\n"
    with pytest.raises(DataError, match=r"line 2, column 2 .'b'., holds 'None', a missing value"):
        table(tmp_path, text)
    source = table(tmp_path, text, missing_values=("-9",), missing="drop")
    assert source.train.inputs.tolist() == [[1, 1, 0], [2, 0, 1], [3, 1, 0]]
    with pytest.raises(DataError, match="has no label for sample 1, counted from 0, but '\\?'"):
        table(tmp_path, "a,label\n1,x\n2,?\n3,x\n", missing="mean")
    assert table(tmp_path, "a,label\n1,x\n2,?\n3,x\n", missing="drop").train.labels.tolist() == ["x", "x"]


def test_sparse_matrices_of_three_formats_are_the_same_set(tmp_path):
    rng = np.random.default_rng(0)
    dense = (rng.random((400, 40)) < 0.5).astype("f4")
    labels = (dense[:, :3].sum(1) >= 2) * 1
    path = tmp_path / "r14.npz"
    np.save(tmp_path / "r14.labels.npy", labels)
    sums = set()
    for kind in (sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.coo_matrix):
        sparse.save_npz(path, kind(dense))
        data = load(path)
        sums.add(data.checksum)
        together = np.concatenate([split.inputs.toarray() for split in data.parts().values()])
        assert sorted(map(bytes, together)) == sorted(map(bytes, dense))
    assert len(sums) == 1
    matrix = sparse.csr_array(dense)
    matrix.data[7] = np.nan
    row, column = np.argwhere(np.isnan(matrix.toarray()))[0]
    sparse.save_npz(path, sparse.coo_array(matrix))
    with pytest.raises(DataError, match=f"holds nan in row {row}, column {column}, counted from 0"):
        load(path)
    sparse.save_npz(path, sparse.bsr_array(dense))
    with pytest.raises(DataError, match="CSR, CSC or COO"):
        load(path)


def test_masked_arrays_are_not_trained_on_what_they_mask():
    inputs = np.ma.masked_array(np.arange(8.0).reshape(4, 2), mask=False)
    labels = np.array([0, 1, 0, 1])
    assert from_arrays((inputs, labels), (inputs, labels)).n_features == 2
    inputs[2, 1] = np.ma.masked
    with pytest.raises(DataError, match=r"masked value at position \(2, 1\)"):
        from_arrays((inputs, labels), (inputs, labels))
    plain = np.arange(8.0).reshape(4, 2)
    with pytest.raises(DataError, match=r"masked value at position \(1\)"):
        from_arrays((plain, np.ma.masked_equal([0, 9, 0, 1], 9)), (plain, labels))


def test_labels_as_objects_of_text_are_text():
    inputs, labels = np.arange(8.0).reshape(4, 2), np.array(["yes", "no", "yes", "no"], dtype=object)
    assert from_arrays((inputs, labels), (inputs, labels)).class_names == ("no", "yes")
    with pytest.raises(DataError, match="integers or strings"):
        from_arrays((inputs, np.array(["a", 1, None, "b"], dtype=object)), (inputs, labels))


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_text_labels_as_objects_are_read_from_files_without_running_them(tmp_path, protocol):
    path = tmp_path / "set.npz"
    labels = np.array(["yes", "no", "né", "yes"] * 300, dtype=object)
    inputs = np.arange(2400.0).reshape(1200, 2)
    np.savez(path, x=inputs, y=labels)
    assert load(path).class_names == ("no", "né", "yes")
    header = (tmp_path / "o.npy").open("wb")
    with header:
        np.lib.format.write_array_header_1_0(
            header, {"descr": "|O", "fortran_order": False, "shape": labels.shape}
        )
        header.write(pickle.dumps(labels, protocol=protocol))
    np.testing.assert_array_equal(read_npy(tmp_path / "o.npy"), labels.astype(str))
    content = (tmp_path / "o.npy").read_bytes()
    rng = np.random.default_rng(protocol)
    for _ in range(300):
        changed = bytearray(content)
        changed[rng.integers(80, 400 if rng.random() < 0.7 else len(content))] = rng.integers(256)
        (tmp_path / "o.npy").write_bytes(changed)
        try:
            assert read_npy(tmp_path / "o.npy").dtype.kind == "U"
        except DataError:
            continue
    for wrong in ([1, "a"], [None, "a"], [["a"], "b"]):
        array = np.empty(2, dtype=object)
        array[:] = wrong
        np.save(tmp_path / "o.npy", array, allow_pickle=True)
        with pytest.raises(DataError, match="Python objects are not read"):
            read_npy(tmp_path / "o.npy")


def test_mat_files_are_read_by_the_names_of_their_arrays(tmp_path):
    path = tmp_path / "set.mat"
    x, y = np.random.default_rng(1).normal(size=(12, 5)), np.arange(12) % 3
    reference = from_arrays((x, y), (x, y))
    for arrays, settings in (
        ({"X": x, "Y": y[:, None]}, {}),
        ({"x": x, "y": y}, {}),
        ({"fea": x, "gnd": y, "X": x[:3]}, {"input_array": "fea", "label_array": "gnd"}),
        ({"X": sparse.csc_matrix(x), "Y": y.astype("f8")}, {}),
        ({"X_train": x, "Y_train": y, "X_test": x, "Y_test": y}, {"validation_samples": 0}),
    ):
        savemat(path, arrays)
        data = load(path, **settings)
        assert (data.n_features, data.class_names) == (5, ("0", "1", "2"))
        if "X_test" in arrays:
            assert data.checksum == reference.checksum
    names = np.array([["cat"], ["dog"]] * 6, dtype=object)
    savemat(path, {"X": x, "Y": names})
    assert load(path).class_names == ("cat", "dog")
    for arrays, message in (
        ({"X": x}, "holds the arrays X; x_train"),
        ({"X": x.T, "Y": y}, "samples are columns; transpose"),
        ({"X": x, "Y": y, "x": x}, "differ only in capitals"),
        ({"X": x, "Y": y, "X_train": x, "Y_train": y}, "two sets of samples"),
        ({"X": x, "Y": y, "X_test": x}, "only one of x_test and y_test"),
        ({"X": x, "Y": y[:7]}, "12 samples but 7 labels"),
        ({"X": {"inner": x}, "Y": y}, "holds neither numbers nor text in X"),
    ):
        savemat(path, arrays)
        with pytest.raises(DataError, match=message):
            load(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(100))
    with pytest.raises(DataError, match=r"version 7.3"):
        load(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_of_mat_files_are_those_that_scipy_reads(tmp_path, compressed):
    path = tmp_path / "set.mat"
    rng = np.random.default_rng(2)
    arrays = {
        kind: rng.integers(0, 100, (3, 4, 2)[: 2 + k % 2]).astype(kind)
        for k, kind in enumerate(("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?"))
    }
    arrays |= {"half": rng.normal(size=(5, 3)), "row": np.arange(7.0), "one": np.array([[3]], "u1")}
    arrays |= {"text": np.array(["cat", "dogs"]), "cells": np.array([["né"], ["b"]], dtype=object)}
    arrays["sparse"] = sparse.random_array((6, 5), density=0.4, rng=rng, format="csc")
    savemat(path, arrays, do_compression=compressed)
    file, expected = MatFile(path), loadmat(path)
    assert sorted(file.names) == sorted(arrays)
    for name in arrays:
        found, wanted = file.read(name), expected[name]
        if name == "sparse":
            found, wanted = found.toarray(), wanted.toarray()
        if name == "cells":
            wanted = np.array([[cell[0].item()] for cell in wanted])
        if name == "text":
            wanted = np.char.rstrip(wanted)
        if name == "?":
            wanted = wanted != 0
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == wanted.dtype


@pytest.mark.parametrize("compressed", [False, True])
def test_a_damaged_mat_file_is_refused_and_breaks_nothing(tmp_path, compressed):
    path = tmp_path / "set.mat"
    matrix = sparse.csc_array(np.eye(6)[:, :4])
    savemat(path, {"X": matrix, "Y": np.array([["a"], ["bb"]] * 3, dtype=object)}, do_compression=compressed)
    content, rng = path.read_bytes(), np.random.default_rng(5)
    for number in range(400):
        changed = bytearray(content if number % 4 else content[: rng.integers(len(content))])
        for _ in range(rng.integers(1, 4)):
            if changed:
                changed[rng.integers(len(changed))] = rng.integers(256)
        path.write_bytes(changed)
        try:
            data = load(path)
        except DataError:
            continue
        assert data.n_features >= 1


def test_libsvm_files_count_features_from_one(tmp_path):
    path = tmp_path / "set.libsvm"
    path.write_text("1 1:0.5 3:2\n-1 2:1\n1 1:1.5\n-1 3:4 # a comment\n")
    data = load(path)
    assert (data.n_features, data.class_names) == (3, ("-1", "1"))
    (tmp_path / "set.libsvm.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert load(tmp_path / "set.libsvm.gz").checksum == data.checksum
    assert load(path, first_index=0).n_features == 4
    both = tmp_path / "both"
    both.mkdir()
    (both / "train.libsvm").write_bytes(path.read_bytes())
    (both / "test.libsvm").write_text("1 5:1\n-1 1:1\n")
    assert load(both).n_features == 5
    for text, message in (
        ("1 0:1\n-1 1:1\n", "feature with number 0; say data.first_index=0"),
        ("1 qid:3 1:1\n-1 qid:3 1:1\n", "queries"),
        ("1 2:1 1:1\n", "not in the format of libsvm"),
        ("a,b\n1,2\n", "not in the format of libsvm"),
        ("", "no samples"),
        ("1 1:nan\n-1 1:1\n", "holds nan in row 0, column 0"),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            load(path)


def test_the_madelon_text_pair_is_read_with_its_valid_part_as_test(tmp_path):
    for part, n in (("train", 6), ("valid", 4)):
        rows = [" ".join(map(str, range(k, k + 3))) + " \n" for k in range(n)]
        (tmp_path / f"madelon_{part}.data").write_text("".join(rows))
        (tmp_path / f"madelon_{part}.labels").write_text("".join(f"{1 - 2 * (k % 2)}\n" for k in range(n)))
    (tmp_path / "madelon_test.data").write_text("1 2 3\n")
    for place in (tmp_path, tmp_path / "madelon_train.data"):
        data = load(place, validation_samples=0)
        assert (data.n_features, len(data.train), len(data.test)) == (3, 6, 4)
        assert data.class_names == ("-1", "1")
        assert data.train.inputs[0].tolist() == [0, 1, 2]
        assert data.reading.notes == ("madelon_test.data has no labels and is not used.",)
    (tmp_path / "madelon_valid.labels").unlink()
    with pytest.raises(DataError, match=r"madelon_valid.labels is missing"):
        load(tmp_path)


def test_one_line_says_what_was_understood(tmp_path):
    data = load(write(tmp_path / "r5.csv", "a,b,label", A, B, Y), validation_samples=20, test_fraction=0.25)
    assert understood(data).sentence == (
        "r5.csv: 200 samples of 2 features; label: column 3 ('label'), the last one; 2 classes: 0 (100), "
        "1 (100); 130 train, 20 validation, 50 test"
    )
