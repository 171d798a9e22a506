"""Files and locks: nothing half written, nothing written through a link."""

import errno
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from gossamer.errors import StoreError
from gossamer.files import DiskFullError, partial_of, replace_folder, replacing, write_bytes
from gossamer.lock import Lock, holder, is_held

posix = pytest.mark.skipif(os.name != "posix", reason="symbolic links of POSIX systems")


@pytest.fixture
def precious(tmp_path):
    """A file of the user outside the folder that is written to."""
    path = tmp_path / "precious"
    path.write_text("thesis")
    yield path
    assert path.read_text() == "thesis"


@posix
def test_a_link_is_replaced_and_never_followed(tmp_path, precious):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("x", partial_of(folder / "x").name):
        (folder / name).symlink_to(precious)
    write_bytes(folder / "x", b"new")
    assert (folder / "x").read_bytes() == b"new"
    assert [path.name for path in folder.iterdir()] == ["x"]


@posix
def test_a_lock_that_is_a_link_is_refused(tmp_path, precious):
    path = tmp_path / "lock"
    path.symlink_to(precious)
    with pytest.raises(StoreError, match="symbolic link"):
        Lock(path, "held by {holder}").acquire()
    assert not is_held(path)


@posix
def test_the_note_of_a_lock_s_holder_is_not_written_through_a_link(tmp_path, precious):
    (tmp_path / "lock.json").symlink_to(precious)
    with Lock(tmp_path / "lock", ""):
        assert holder(tmp_path / "lock").startswith(f"process {os.getpid()} on host ")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_the_old_content_and_nothing_else(tmp_path, number):
    path = tmp_path / "x"
    path.write_text("old")

    def fill():
        with replacing(path) as partial:
            partial.write_text("n")
            raise OSError(number, os.strerror(number))

    with pytest.raises(DiskFullError, match="is full"):
        fill()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_new_files_have_the_mode_that_the_umask_gives(tmp_path):
    write_bytes(tmp_path / "x", b"")
    (tmp_path / "y").write_bytes(b"")
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


WITHOUT_FLOCK = """
import errno, fcntl, os, sys, warnings
from pathlib import Path
def none(*arguments):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
fcntl.flock = none
warnings.simplefilter("ignore")
from gossamer.errors import StoreError
from gossamer.lock import Lock
try:
    lock = Lock(Path(sys.argv[1]), "refused")
    lock.acquire()
except StoreError as error:
    print(error, flush=True)
else:
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_file_system_without_locks_still_has_one_holder_at_a_time(tmp_path):
    """Also after the holder was killed, whose marker is then taken for what it is."""
    command = [sys.executable, "-c", WITHOUT_FLOCK, str(tmp_path / "lock")]

    def start():
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return process, process.stdout.readline().strip()

    first, said = start()
    assert said == "held"
    second, said = start()
    assert said == "refused"
    first.kill()
    first.wait()
    third, said = start()
    assert said == "held"
    for process in (first, second, third):
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


NEW = {"report.html": b"new", "figures/b.svg": b"new"}


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".generated.json"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def place(tmp_path):
    """A folder with generated files and something of the user."""
    folder = tmp_path / "report"
    replace_folder(folder, {"report.html": b"old", "figures/a.svg": b"old"})
    (folder / "figures" / "notes.txt").write_bytes(b"mine")
    return folder


def test_new_generated_files_take_the_place_of_all_old_ones_and_of_nothing_else(place):
    replace_folder(place, NEW)
    assert contents(place) == {**NEW, "figures/notes.txt": b"mine"}
    replace_folder(place, {"report.html": b"newer"})
    assert contents(place) == {"report.html": b"newer", "figures/notes.txt": b"mine"}
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize("number", range(1, 9))
def test_whatever_fails_on_the_way_the_folder_holds_files_of_one_call(place, monkeypatch, number):
    """A full disk at the n-th write, link or rename leaves the old files, or the new ones are there whole."""
    calls = 0

    def failing(method):
        def called(*arguments, **options):
            nonlocal calls
            calls += 1
            if calls == number:
                raise OSError(errno.ENOSPC, "No space left on device")
            return method(*arguments, **options)

        return called

    with monkeypatch.context() as patched:
        for name in ("write_bytes", "rename", "mkdir"):
            patched.setattr(Path, name, failing(getattr(Path, name)))
        patched.setattr("shutil.copy2", failing(shutil.copy2))
        patched.setattr("os.link", failing(os.link))
        with suppress(StoreError):
            replace_folder(place, NEW)
    old = {"report.html": b"old", "figures/a.svg": b"old", "figures/notes.txt": b"mine"}
    assert contents(place) in (old, {**NEW, "figures/notes.txt": b"mine"})
    replace_folder(place, NEW)
    assert contents(place) == {**NEW, "figures/notes.txt": b"mine"}
    assert list(place.parent.iterdir()) == [place]


KILLED = """
import os, sys
from pathlib import Path
from gossamer.files import replace_folder
count, number = 0, int(sys.argv[2])
def hook(event, arguments):
    global count
    if event in ("os.rename", "os.link", "os.mkdir", "shutil.rmtree") or (
        event == "open" and arguments[1] in ("w", "wb")
    ):
        count += 1
        if count == number:
            os._exit(9)
sys.addaudithook(hook)
replace_folder(Path(sys.argv[1]), {"report.html": b"new", "figures/b.svg": b"new"})
"""


@pytest.mark.parametrize("number", [2, 4, 6, 7, 8, 9])
def test_killed_anywhere_a_folder_never_mixes_generations(place, number):
    subprocess.run([sys.executable, "-c", KILLED, str(place), str(number)], check=False)
    old = {"report.html": b"old", "figures/a.svg": b"old", "figures/notes.txt": b"mine"}
    assert contents(place) in (old, {**NEW, "figures/notes.txt": b"mine"}, {})
    replace_folder(place, NEW)
    assert contents(place) == {**NEW, "figures/notes.txt": b"mine"}
    assert list(place.parent.iterdir()) == [place]
