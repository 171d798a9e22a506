"""The command line: results, errors as one line, exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import gossamer
from gossamer.cli import console
from gossamer.cli.app import run
from gossamer.train.checkpoint import FILE
from gossamer.train.config_file import read_config
from gossamer.train.presets import preset
from gossamer.train.record import load
from gossamer.units import duration, percent, size

SIZES = ["data.teacher.samples=200", "data.validation_samples=40", "hidden=12,10", "batch_size=8"]
TEACHER = ["dataset=teacher", *SIZES, "epochs=3"]


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    """Commands run in an empty folder and leave no global option behind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "data_dir", None)
    monkeypatch.setenv("GOSSAMER_DATA", str(tmp_path / "data"))


@pytest.fixture
def call(capsys):
    def result(*arguments):
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return result


def train_small(call, *arguments):
    return call("train", *TEACHER, "--out", "run", *arguments)


def test_train_shows_and_stores_a_run(call):
    code, out, err = train_small(call)
    assert (code, err) == (0, "")
    found = load("run")
    assert f"{found.accuracy.last.value:.4f} last" in out
    assert f"{sum(found.network.nnz):,} links" in out
    assert "selected on validation" in out


def test_json_is_the_summary_and_the_accounting_and_nothing_else(call):
    train_small(call)
    code, out, err = train_small(call, "--json")
    assert (code, err) == (0, "")
    expected = {"folder": "run", "divergence": None} | json.loads(Path("run/result/summary.json").read_text())
    expected["accounting"] = json.loads(Path("run/measured/measured.json").read_text())["accounting"]
    assert json.loads(out) == expected


def test_default_folder_is_a_function_of_the_run(call):
    folders = []
    for arguments in ([], [], ["seed=1"]):
        _, out, _ = call("train", *TEACHER, *arguments, "--json")
        folders.append(json.loads(out)["folder"])
    assert folders[0] == folders[1] != folders[2]
    assert re.fullmatch(r"runs/teacher-set-[0-9a-f]{10}", folders[0])
    assert load(folders[0]).identity.startswith(folders[0][-10:])


def test_config_file_and_words_on_top_of_it(call):
    Path("run.toml").write_text('preset = "paper"\n[training]\nepochs = 7\n')
    code, out, _ = call("train", "run.toml", "zeta=0.5", "--show-config")
    assert code == 0
    Path("shown.toml").write_text(out)
    config = read_config(Path("shown.toml"))
    assert config.training.epochs == 7
    assert config.method.fraction.zeta == 0.5
    assert config.data == preset("paper").data


def test_dry_run_tells_links_memory_and_time_and_writes_nothing(call):
    code, out, _ = call("train", *TEACHER, "--dry-run")
    assert code == 0
    assert all(line in out for line in ("links", "on a path", "memory", "time"))
    understood = "teacher: 200 samples of 100 features; 4 classes: 0 ("
    assert out.startswith(f"data  {understood}")
    code, out, _ = call("train", *TEACHER, "--dry-run", "--json")
    found = json.loads(out)
    assert found["epochs"] == 3
    assert len(found["links"]) == 3
    assert found["total_seconds"] > 0
    assert found["data"]["sentence"].startswith(understood)
    assert not Path("runs").exists()


HUGE = ["epochs=3", "hidden=30000000", "epsilon=13"]
LIMITED = """
import resource, sys
from gossamer.cli.app import run
resource.setrlimit(resource.RLIMIT_AS, (3 * 10**9, resource.RLIM_INFINITY))
sys.exit(run(sys.argv[1:]))
"""


def limited(*words):
    """A command in a process that may have 3 GB."""
    return subprocess.run([sys.executable, "-c", LIMITED, *words], capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit and what is left of it are Linux's")
def test_dry_run_of_a_network_that_does_not_fit_builds_no_network(tmp_path):
    done = limited("train", *HUGE, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["links"] == [13 * (64 + 30_000_000), 30_000_000 * 10]
    assert not found["sampled"]
    assert found["network_bytes"] > 28 * sum(found["links"])
    assert found["batch_bytes"] > 30_000_000 * 64 * 4
    assert found["available_bytes"] < 3 * 10**9
    assert found["total_seconds"] > 60
    done = limited("train", *HUGE, "--dry-run")
    assert done.returncode == 0
    assert "There is not enough memory for this run" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_memory_that_does_not_suffice_is_one_line():
    done = limited("train", *HUGE)
    assert done.returncode == 2
    assert done.stdout.startswith("data  digits: 1,797 samples")
    assert done.stdout.count("\n") == 1
    assert done.stderr.startswith("gossamer: There is not enough memory")
    assert done.stderr.count("\n") == 1


ERRORS = {
    "unknown name": (["train", "zet=1"], "did you mean 'zeta'?"),
    "range": (["train", "zeta=2"], "method.fraction.zeta is 2"),
    "two starts": (["train", "a.toml", "--preset", "paper"], "give one of them"),
    "no such file": (["train", "nothing.toml"], "nothing.toml cannot be read"),
    "preset": (["train", "--preset", "papre"], "did you mean 'paper'?"),
    "data": (["train", "dataset=nothing"], "no data set, file or folder called 'nothing'"),
    "option": (["train", "--foo"], "--foo"),
    "command": (["trian"], "trian"),
    "run": (["predict", "nowhere", "x.npy"], "holds no run"),
    "out": (["predict", "nowhere", "x.npy", "--out", "x.txt"], "no known ending"),
    "fetch": (["data", "fetch", "nothing"], "nothing"),
    "missing word": (["data", "fetch"], "name"),
}


@pytest.mark.parametrize(("arguments", "part"), ERRORS.values(), ids=ERRORS.keys())
def test_errors_are_one_line_on_standard_error(arguments, part, call):
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("gossamer: ")
    assert part.lower() in err.lower()
    assert err.count("\n") == 1


def test_folder_of_another_run_is_refused(call):
    train_small(call)
    code, _, err = train_small(call, "seed=3")
    assert code == 2
    assert "another finished run" in err


def test_folder_that_cannot_be_written_is_one_line(call):
    Path("file").write_text("")
    code, _, err = call("train", *TEACHER, "--out", "file/run")
    assert code == 2
    assert err.count("\n") == 1


def test_diverged_run_has_an_exit_code_of_its_own(call):
    code, out, _ = train_small(call, "learning_rate=100000")
    assert code == 1
    assert "diverged in epoch 1" in out


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.csv", "labelled.csv"])
def test_predict_reads_samples_and_writes_classes(name, call):
    train_small(call)
    trained = load("run")
    x = np.random.default_rng(0).normal(size=(6, trained.network.sizes[0]))
    np.save("x.npy", x)
    np.savez("x.npz", x=x)
    np.savetxt("x.csv", x, delimiter=",")
    header = ",".join([*(f"f{k}" for k in range(x.shape[1])), "label"])
    rows = [",".join([*map(repr, row), "a"]) for row in x.tolist()]
    Path("labelled.csv").write_text("\n".join([header, *rows]))
    drop = ["--label-column", "label"] if name == "labelled.csv" else []
    code, out, err = call("predict", "run", name, *drop)
    assert (code, err) == (0, "")
    rows = [line.split(",") for line in out.splitlines()]
    expected = trained.predict(x)
    assert rows[0] == ["sample", "class", "name"]
    assert [int(row[1]) for row in rows[1:]] == expected.tolist()
    call("predict", "run", name, "--out", "p.npz", "--probabilities", *drop)
    with np.load("p.npz") as stored:
        assert np.array_equal(stored["classes"], expected)
        assert np.allclose(stored["probabilities"], trained.predict_proba(x))
    code, out, _ = call("predict", "run", name, "--json", *drop)
    assert json.loads(out)["classes"] == expected.tolist()


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("1,2\n3,4\n", "2 columns of features; 100 are expected, as in training; a column of labels"),
        (",".join("1" * 100) + "\n1,2\n", "line 2, has 2 cells; 100 are expected"),
        (",".join("5" * 100) + "\n" + ",".join([*"1" * 99, "1_0"]), "line 2, column 100, holds '1_0'"),
        (",".join("5" * 100) + "\n" + ",".join([*"1" * 99, "nan"]), "line 2, column 100, holds 'nan'"),
        ("", "0 columns"),
        ("1,2\n", "features"),
    ],
)
def test_predict_says_what_is_wrong_with_a_table(content, part, call):
    train_small(call)
    Path("x.csv").write_text(content)
    code, _, err = call("predict", "run", "x.csv")
    assert code == 2
    assert part in err


def test_inspect_says_what_train_says_and_trains_nothing(call):
    rows = [f"{k % 5};{k % 3},5;{'yes' if k % 5 > 2 else 'no'};{'red' if k % 2 else ''}" for k in range(60)]
    Path("own.csv").write_text("a;b;label;colour\n" + "\n".join(rows) + "\n")
    words = ["data.label_column=label", "data.missing=mean", "data.validation_samples=0"]
    code, out, err = call("data", "inspect", "own.csv", *words)
    assert (code, err) == (0, "")
    first, *rest = out.splitlines()
    assert (
        "own.csv: 60 samples of 3 features; label: column 3 ('label'), named so by data.label_column" in first
    )
    assert "2 classes: no (36), yes (24)" in first
    assert rest == [
        "read as  text table, separator semicolon, decimal comma, names in the first row",
        "columns  a, b, colour (1 word)",
        "missing  30 values, filled with the training mean",
    ]
    _, out, _ = call("data", "inspect", "own.csv", *words, "--json")
    found = json.loads(out)
    assert found["reading"]["decimal"] == ","
    assert first.endswith(found["sentence"])
    _, out, _ = call("train", "dataset=own.csv", *words, "hidden=4", "epochs=1")
    assert found["sentence"] in out.splitlines()[0]
    code, _, err = call("data", "inspect", "own.csv")
    assert code == 2
    assert "say data.label_column=label" in err


OWN = ["hidden=6", "epochs=2", "data.validation_samples=0", "--out", "own"]


def predicted(call, file, *options):
    code, out, err = call("predict", "own", file, "--json", *options)
    return json.loads(out)["classes"] if code == 0 else err


def test_a_run_matches_columns_by_name_and_words_by_what_they_were(call):
    rows = [(k % 7, ("red", "blue", "green")[k % 3], k % 2) for k in range(60)]
    Path("own.csv").write_text("a,colour,label\n" + "".join(f"{a},{c},{y}\n" for a, c, y in rows))
    assert call("train", "dataset=own.csv", *OWN)[0] == 0
    run = load("own")
    assert [column.name for column in run.data.columns] == ["a", "colour"]
    assert run.data.label_name == "label"
    Path("p.csv").write_text("a,colour\n" + "".join(f"{a},{c}\n" for a, c, _ in rows[:9]))
    Path("q.csv").write_text("colour,label,a\n" + "".join(f"{c},{y},{a}\n" for a, c, y in rows[:9]))
    features = np.array([[a, c == "blue", c == "green", c == "red"] for a, c, _ in rows[:9]], float)
    expected = run.predict(features).tolist()
    assert predicted(call, "p.csv") == predicted(call, "q.csv") == expected
    Path("q.csv").write_text("b,colour\n1,red\n")
    assert "lacks 'a' and has 'b', which the training data do not have" in predicted(call, "q.csv")
    Path("q.csv").write_text("1,red\n2,blue\n3,red\n")
    assert "has no names of columns" in predicted(call, "q.csv")
    assert len(predicted(call, "q.csv", "--header", "no")) == 3
    Path("q.csv").write_text("a,colour\n1,\n")
    assert "line 2, column 2 ('colour'), holds '', a missing value" in predicted(call, "q.csv")


def test_a_run_fills_missing_values_in_as_it_was_trained(call):
    rows = [(k % 7 or "?", k % 5, k % 2) for k in range(60)]
    Path("own.csv").write_text("a,b,label\n" + "".join(f"{a},{b},{y}\n" for a, b, y in rows))
    assert call("train", "dataset=own.csv", "data.missing=mean", *OWN)[0] == 0
    run = load("own")
    Path("p.csv").write_text("a,b\n?,1\n2,\n")
    features = np.array([[run.fill[0], 1], [2, run.fill[1]]])
    assert predicted(call, "p.csv") == run.predict(features).tolist()
    assert 3 < run.fill[0] < 4


def test_info_tells_version_and_instruction_set(call):
    _, out, _ = call("info")
    assert gossamer.__version__ in out
    found = json.loads(call("info", "--json")[1])
    assert found["version"] == gossamer.__version__
    assert found["instruction_set"] in found["instruction_sets"]
    assert call("--version")[1].strip() == gossamer.__version__


def test_data_list_looks_into_the_folder_that_is_named(call, data_dir):
    rows = {
        name: json.loads(call(*words, "--json")[1])
        for name, words in {
            "none": ["data", "list"],
            "after": ["data", "list", "--data-dir", data_dir],
        }.items()
    }
    ready = {name: {row["name"]: row["ready"] for row in found} for name, found in rows.items()}
    assert not ready["none"]["fashion-mnist"] or (Path.home() / ".cache" / "gossamer").exists()
    assert ready["after"]["fashion-mnist"]
    assert ready["none"]["digits"]
    assert "fashion-mnist" in call("--data-dir", data_dir, "data", "list")[1]


@pytest.mark.parametrize("variable", ["GOSSAMER_ISA", "GOSSAMER_THREADS"])
@pytest.mark.parametrize("command", ["info", "train"])
def test_variable_that_cannot_be_used_is_one_line(variable, command):
    done = subprocess.run(
        [sys.executable, "-m", "gossamer", command],
        env={**os.environ, variable: "abc"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"gossamer: {variable} is 'abc'")
    assert done.stderr.count("\n") == 1


def test_folder_of_the_option_is_searched_and_that_of_the_variable(call, data_dir, monkeypatch):
    monkeypatch.setenv("GOSSAMER_DATA", str(data_dir))
    code, out, _ = call("--data-dir", "nowhere", "data", "list", "--json")
    assert code == 0
    assert next(row for row in json.loads(out) if row["name"] == "fashion-mnist")["ready"]
    assert os.environ["GOSSAMER_DATA"] == os.pathsep.join([str(Path("nowhere").absolute()), str(data_dir)])


def test_help_of_every_command(call):
    code, out, _ = call("--help")
    assert code == 0
    for name in ("train", "predict", "data", "info"):
        assert name in out
        assert call(name, "--help")[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="SIGINT reaches a child in this way on POSIX systems only")
def test_ctrl_c_saves_and_says_how_to_go_on(call):
    words = ["train", "dataset=teacher", *SIZES, "epochs=100000", "--out", "run"]
    child = subprocess.Popen(
        [sys.executable, "-m", "gossamer", *words, "execution.checkpoint_seconds=0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not Path("run", FILE).exists() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "the run is being saved" in err
    assert "The same command goes on from there" in err
    assert "gossamer train dataset=teacher" in err
    assert Path("run", FILE).exists()


@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX systems")
def test_a_terminal_that_closes_saves_the_run(call):
    """SIGHUP comes, and nothing can be written any more."""
    import pty

    words = ["train", "dataset=teacher", *SIZES, "epochs=100000", "--out", "run"]
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "gossamer", *words, "execution.checkpoint_seconds=1000"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    while b"epoch" not in os.read(ours, 4096):
        assert child.poll() is None
    assert not Path("run", FILE).exists()
    os.close(ours)
    child.send_signal(signal.SIGHUP)
    assert child.wait(60) == 130
    assert Path("run", FILE).exists()


def test_plain_lines_where_there_is_no_terminal(call, monkeypatch):
    monkeypatch.setattr("gossamer.cli.progress._LINE_SECONDS", 0.0)
    _, _, err = train_small(call)
    assert re.search(r"^epoch 1 of 3  loss \d\.\d+  validation 0\.\d+", err, re.MULTILINE)
    assert "\x1b" not in err


def test_units():
    assert [duration(s) for s in (0.44, 42, 200, 7500, 200000)] == [
        "0.4 s",
        "42 s",
        "3 min 20 s",
        "2 h 5 min",
        "2 d 7 h",
    ]
    assert [size(n) for n in (7, 2_136_664, 10**13)] == ["7 B", "2.14 MB", "10 TB"]
    assert [percent(f) for f in (0.5, 0.99976, 1.0)] == ["50.00 %", "99.9760 %", "100.00 %"]
