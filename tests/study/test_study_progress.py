import io
import re

from rich.console import Console
from study_helpers import inline, tiny

from gossamer.study.drive.progress import Lines, LiveTable, Running, Snapshot, counts, reporter_for
from gossamer.study.plan.cells import label_of

SNAPSHOT = Snapshot(
    name="s",
    round=1,
    done=3,
    diverged=1,
    failed=1,
    waiting=4,
    running=(Running("zeta 0.3 · 1", 5, 10, 0.876, loss=0.25), Running("zeta 0.4 · 1", 0, 10, None)),
    seconds=100.0,
    left=600.0,
)


def test_counts_in_one_line():
    assert SNAPSHOT.total == 10
    assert counts(SNAPSHOT) == "s: 3 of 10 done, 2 running, 4 waiting, 1 diverged, 1 failed; 10 min left"


def test_labels():
    level = {"method.fraction.zeta": 0.3, "network.hidden": [100, 50], "data.name": "digits"}
    assert label_of(level, 2) == "zeta 0.3, hidden [100,50], dataset digits · 2"
    assert label_of({}, 1) == "base · 1"


def test_a_terminal_gets_a_live_table_and_a_file_gets_lines():
    text = io.StringIO()
    assert isinstance(reporter_for(Console(file=text)), Lines)
    terminal = Console(file=text, force_terminal=True, width=100)
    reporter = reporter_for(terminal)
    assert isinstance(reporter, LiveTable)
    with reporter:
        reporter.ended("zeta 0.1 · 1: finished, accuracy 0.9000")
        reporter.show(SNAPSHOT)
        reporter._live.refresh()
        reporter.note("a note")
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.getvalue())
    running = ("zeta 0.3 · 1", "5 / 10", "0.8760", "0.25", "validation accuracy")
    for part in ("3 of 10 done", *running, "a note", "zeta 0.1 · 1: finished"):
        assert part in shown


def test_plain_lines_carry_no_control_characters(tmp_path):
    text = io.StringIO()
    tiny(tmp_path, replicates=1, values=[0.1, 0.2]).run(executor=inline, console=Console(file=text))
    lines = text.getvalue().splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"x 0\.[12] · 1: finished, accuracy 0\.\d{4}", line) for line in lines)
