import gzip
import http.server
import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from gossamer.data import DataConfig, available, fetch, idx_sets, load_dataset
from gossamer.data.fetch import MAX_BYTES, obtain
from gossamer.data.folders import cache_folder, find_set, set_folders
from gossamer.errors import ConfigError, DataError


@pytest.fixture
def as_mnist(small_set, nowhere, monkeypatch):
    """The made-up set under the name mnist, offered as files by its own folder."""
    made_up, offered = small_set
    monkeypatch.setitem(idx_sets.IDX_SETS, "mnist", replace(made_up, name="mnist"))
    return idx_sets.IDX_SETS["mnist"], offered


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def serving(handler):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_a_set_is_downloaded_once_with_progress_and_then_found(as_mnist, monkeypatch):
    made_up, offered = as_mnist
    calls = []
    with serving(partial(Quiet, directory=str(offered))) as address:
        monkeypatch.setitem(idx_sets.IDX_SETS, "mnist", replace(made_up, mirrors=(address,)))
        data = load_dataset(DataConfig(name="mnist"), progress=lambda *call: calls.append(call))
    assert (len(data.train), len(data.test), data.class_names) == (40, 20, ("a", "b", "c"))
    assert data.image_shape == (2, 3)
    sizes = {path.name: path.stat().st_size for path in offered.iterdir()}
    assert {name: (done, total) for name, done, total in calls} == {k: (v, v) for k, v in sizes.items()}
    # The server is gone: everything comes from the cache.
    assert load_dataset(DataConfig(name="mnist")).checksum == data.checksum
    assert fetch("mnist") == find_set(made_up, None)
    assert sorted(path.name for path in (cache_folder() / "mnist").iterdir()) == sorted(sizes)
    assert next(info for info in available() if info.name == "mnist").folder == cache_folder() / "mnist"


def test_the_next_mirror_is_tried_when_one_fails(as_mnist, nowhere):
    made_up, _ = as_mnist
    wrong = nowhere / "wrong"
    wrong.mkdir()
    for name in made_up.sums:
        (wrong / f"{name}.gz").write_bytes(gzip.compress(b"not this"))
    mirrors = (f"{(nowhere / 'none').as_uri()}/", f"{wrong.as_uri()}/", *made_up.mirrors)
    files = obtain(replace(made_up, mirrors=mirrors), None, nowhere / "to", download=True, progress=None)
    assert [path.parent for path in files] == [nowhere / "to"] * 4


def test_a_download_that_broke_off_leaves_no_file_and_is_taken_up_again(as_mnist, nowhere):
    made_up, offered = as_mnist
    last = offered / f"{list(made_up.sums)[-1]}.gz"
    content = last.read_bytes()
    last.write_bytes(content[:-5])
    with pytest.raises(DataError, match="sends another file than the published one"):
        fetch("mnist")
    folder = cache_folder() / "mnist"
    assert len(list(folder.iterdir())) == 3
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    last.write_bytes(content)
    assert len(fetch("mnist")) == 4
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())


def test_a_damaged_file_in_the_target_is_replaced(as_mnist):
    files = fetch("mnist")
    files[0].write_bytes(b"damaged")
    with pytest.raises(DataError, match="not an IDX file"):
        load_dataset(DataConfig(name="mnist"))
    files[1].unlink()
    assert fetch("mnist") == files
    load_dataset(DataConfig(name="mnist"))


def test_offline_one_sentence_says_where_to_put_the_files(nowhere, tmp_path, monkeypatch):
    gone = replace(idx_sets.MNIST, mirrors=("http://127.0.0.1:9/",))
    monkeypatch.setitem(idx_sets.IDX_SETS, "mnist", gone)
    with pytest.raises(DataError) as caught:
        load_dataset(DataConfig(name="mnist"), data_dir=tmp_path / "mine")
    message = str(caught.value)
    for part in (
        str(tmp_path / "mine" / "mnist"),
        "refused",
        "train-images-idx3-ubyte.gz",
        "--data-dir",
        "GOSSAMER_DATA",
    ):
        assert part in message
    assert message.endswith(".")
    assert "\n" not in message
    with pytest.raises(DataError, match="downloading is off; put train-images"):
        load_dataset(DataConfig(name="mnist"), download=False)


def test_a_server_that_sends_too_much_is_not_believed(as_mnist, nowhere):
    class Endless(Quiet):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(2 * MAX_BYTES >> 20):
                    self.wfile.write(bytes(1 << 20))
            except OSError:
                self.close_connection = True

    with serving(Endless) as address, pytest.raises(DataError, match="sends more than"):
        obtain(replace(as_mnist[0], mirrors=(address,)), None, nowhere / "to", download=True, progress=None)
    assert list((nowhere / "to").iterdir()) == []


def test_files_are_looked_for_in_the_given_folder_then_the_named_one_then_the_cache(
    as_mnist, tmp_path, monkeypatch
):
    made_up, offered = as_mnist
    assert obtain(made_up, offered, tmp_path, download=False, progress=None)[0].parent == offered
    monkeypatch.setenv("GOSSAMER_DATA", str(offered))
    assert find_set(made_up, tmp_path)[0].parent == offered
    inner = tmp_path / "mnist"
    inner.mkdir()
    for name in made_up.sums:
        plain = gzip.decompress((offered / f"{name}.gz").read_bytes())
        (inner / name).write_bytes(plain)
    assert find_set(made_up, tmp_path)[0].parent == inner
    assert load_dataset(DataConfig(name="mnist"), data_dir=tmp_path).n_features == 6


def test_fetching_into_a_given_folder_puts_the_set_in_its_own_subfolder(as_mnist, tmp_path):
    files = fetch("mnist", str(tmp_path / "mine"))
    assert {path.parent for path in files} == {tmp_path / "mine" / "mnist"}


def test_a_copy_that_is_not_the_published_one_is_refused(as_mnist):
    made_up, offered = as_mnist
    path = offered / f"{next(iter(made_up.sums))}.gz"
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-1] ^= 1
    path.write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match="is not the published file"):
        load_dataset(DataConfig(name="mnist"), data_dir=offered)


def test_sets_without_files_need_no_fetching_and_unknown_ones_are_refused(nowhere):
    assert fetch("digits") == fetch("madelon") == ()
    with pytest.raises(ConfigError, match="did you mean 'mnist'"):
        fetch("minst")


def test_a_folder_that_cannot_be_written_gives_one_clear_sentence(as_mnist, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="could not be downloaded"):
        fetch("mnist", tmp_path / "file")


def test_every_folder_is_searched_and_named_once(as_mnist, tmp_path, monkeypatch):
    made_up, offered = as_mnist
    mine, empty = tmp_path / "mine", tmp_path / "empty"
    monkeypatch.setenv("GOSSAMER_DATA", os.pathsep.join(map(str, (mine, empty, offered))))
    assert find_set(made_up, mine)[0].parent == offered
    folders = set_folders("mnist", mine)
    assert folders[:4] == [mine / "mnist", mine, empty / "mnist", empty]
    assert len(folders) == len(set(folders)) == 7
    monkeypatch.setenv("GOSSAMER_DATA", str(cache_folder()))
    assert len(set_folders("mnist", None)) == 2
