import json
import subprocess
import sys

import fake_runner
import pytest
from study_helpers import inline, tiny

from gossamer.errors import StoreError
from gossamer.lock import Lock, is_held
from gossamer.study.store import Store


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished study of two runs; tests that harm it work on a copy."""
    study = tiny(tmp_path_factory.mktemp("study"), replicates=1, values=[0.1, 0.2])
    study.run(executor=inline)
    return study


@pytest.fixture
def copy(finished, tmp_path):
    subprocess.run(["cp", "-r", f"{finished.folder}/.", str(tmp_path)], check=True)
    return Store(tmp_path, fake_runner.identity_of)


def damage_flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def damage_truncate(path):
    path.write_bytes(path.read_bytes()[:-2])


def damage_empty(path):
    path.write_bytes(b"")


def damage_remove(path):
    path.unlink()


@pytest.mark.parametrize("damage", [damage_flip, damage_truncate, damage_empty, damage_remove])
@pytest.mark.parametrize("name", ["result/summary.json", "result/network.safetensors", "manifest.json"])
def test_any_damage_is_detected_in_one_sentence(copy, damage, name):
    identity = copy.finished()[0]
    damage(copy.runs / identity / name)
    with pytest.raises(StoreError) as caught:
        copy.check(identity)
    assert "\n" not in str(caught.value)
    assert identity in str(caught.value)


def test_a_foreign_file_in_a_result_is_detected(copy):
    identity = copy.finished()[0]
    (copy.runs / identity / "result" / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="does not belong"):
        copy.check(identity)


def test_a_run_under_another_name_is_detected(copy):
    one, two = copy.finished()
    (copy.runs / one).rename(copy.runs / "elsewhere")
    (copy.runs / two).rename(copy.runs / one)
    with pytest.raises(StoreError, match="another run"):
        copy.check(one)


def test_a_damaged_file_is_never_read(copy):
    identity = copy.finished()[0]
    assert json.loads(copy.read(identity, "summary.json"))["epochs"] == 3
    with pytest.raises(StoreError, match="no file"):
        copy.read(identity, "absent.json")
    damage_flip(copy.runs / identity / "result" / "summary.json")
    with pytest.raises(StoreError, match="damaged"):
        copy.read(identity, "summary.json")


def test_results_hold_no_trace_of_the_scratch_folder(finished):
    for identity in finished.store.finished():
        folder = finished.store.runs / identity
        assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "measured", "result"]
    assert not finished.store.unfinished()


def test_an_incomplete_scratch_folder_is_not_published(copy):
    identity, other = copy.finished()
    folder = copy.scratch / identity
    (copy.runs / identity).rename(folder)
    manifest, network = folder / "manifest.json", folder / "result" / "network.safetensors"
    kept, content = manifest.read_bytes(), network.read_bytes()
    with copy.lock():
        for path, damage in ((manifest, damage_remove), (network, damage_flip)):
            damage(path)
            with pytest.raises(StoreError):
                copy.publish(identity)
            assert not copy.is_complete(identity)
            manifest.write_bytes(kept)
            network.write_bytes(content)
        assert copy.finished() == [other]
        copy.publish(identity)
        assert copy.finished() == sorted([identity, other])


def test_only_one_process_holds_a_lock_and_its_death_frees_it(tmp_path):
    path = tmp_path / "lock"
    code = (
        "import sys, time; from pathlib import Path; from gossamer.lock import Lock\n"
        "lock = Lock(Path(sys.argv[1]), 'busy'); lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(StoreError, match=f"process {other.pid} on host"):
            Lock(path, "held by {holder}").acquire()
        assert is_held(path)
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    with Lock(path, "held by {holder}"):
        assert is_held(path)
    assert not is_held(path)


def test_asking_for_the_lock_s_holder_makes_no_lock(tmp_path):
    assert Store(tmp_path).driver() is None
    assert list(tmp_path.iterdir()) == []
