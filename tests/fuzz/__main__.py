"""Fuzz gossamer's commands: ``python tests/fuzz --seconds 120``.

Every input is a function of seed, kind and number. It is made in an empty folder and read by commands in a
process of its own. An end is unclean when an exception or a warning gets out, the process dies or takes more
than a minute, an error is not one or a few lines, what should be JSON is not, or a folder that is only read
has changed.
"""

import argparse
import contextlib
import hashlib
import io
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random

from kinds import KINDS, Case, unread
from seeds import prepare

SECONDS_A_CASE = 60
MEMORY = 12 * 2**30
MOST_LINES = 12


def content(folder: Path) -> str:
    """Hash over names and bytes below a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found.update(str(path.relative_to(folder)).encode() + (path.read_bytes() if path.is_file() else b""))
    return found.hexdigest()


def carried_out(words: list[str]) -> str:
    """Carry out one command; what is unclean about its end, or nothing."""
    from gossamer.cli.app import run

    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            code = run(words)
        except SystemExit as end:
            code = end.code
        except BaseException:
            return traceback.format_exc()
    complaint = errors.getvalue()
    if code not in (0, 1, 2):
        return f"exit code {code}"
    if "Traceback" in complaint:
        return complaint
    if code == 2 and not 1 <= len(complaint.strip().splitlines()) <= MOST_LINES:
        return f"an error of {len(complaint.strip().splitlines())} lines: {complaint[:2000]}"
    if code == 0 and "--json" in words and unread(output.getvalue()):
        return f"{unread(output.getvalue())}: {output.getvalue()[:300]}"
    return ""


def judged(case: Case) -> str:
    """Carry out the commands of a case; the first unclean end."""
    for words in case.commands:
        before = {name: content(Path(name)) for name in case.kept}
        unclean = carried_out(words)
        if not unclean and before != {name: content(Path(name)) for name in case.kept}:
            unclean = "a folder that is only read has changed"
        if unclean:
            return f"gossamer {' '.join(map(repr, words))}\n{unclean}"
    return ""


def in_a_process(kind: str, number: int, seed: int, seeds: Path, folder: Path) -> str:
    """Make an input in an empty folder and judge it in a child; what is unclean, or nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        signal.alarm(SECONDS_A_CASE)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        os.chdir(folder)
        warnings.simplefilter("error")
        try:
            found = judged(KINDS[kind](seeds, folder, Random(f"{seed} {kind} {number}")))
        except BaseException:
            found = "the fuzzer itself: " + traceback.format_exc()
        os.write(writing, found.encode(errors="replace")[:60000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        found = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return f"the process ended with {code} (-14: more than {SECONDS_A_CASE} s)" if code else found


def main() -> int:
    """Fuzz for a while, tell counts and findings; 1 if there are findings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=[*KINDS, "all"], default="all")
    parser.add_argument("--number", type=int, help="only this input; its folder is kept")
    options = parser.parse_args()
    names = list(KINDS) if options.kind == "all" else [options.kind]
    counts, findings = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as base:
        seeds = Path(base, "seeds")
        seeds.mkdir()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            prepare(seeds)
        ends = time.monotonic() + options.seconds
        number = options.number or 0
        while time.monotonic() < ends:
            for kind in names:
                folder = Path(tempfile.mkdtemp(dir=None if options.number is not None else base))
                found = in_a_process(kind, number, options.seed, seeds, folder)
                counts[kind] += 1
                if found:
                    # The last line of a traceback tells findings of one cause apart from others.
                    cause = found.strip().splitlines()[-1][:160]
                    findings[f"{kind}: {cause}"] += 1
                    if findings[f"{kind}: {cause}"] == 1:
                        again = f"python tests/fuzz --kind {kind} --seed {options.seed} --number {number}"
                        print(f"--- {again}\n{found}\n", flush=True)
                if options.number is None:
                    shutil.rmtree(folder, ignore_errors=True)
                else:
                    print(f"the input is in {folder}; seeds were in {seeds}")
            if options.number is not None:
                break
            number += 1
    for name, count in findings.most_common():
        print(f"{count:6}  {name}")
    print(f"{counts.total()} inputs ({', '.join(f'{kind} {count}' for kind, count in counts.items())}), "
          f"{findings.total()} unclean ends of {len(findings)} kinds, seed {options.seed}")  # fmt: skip
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
