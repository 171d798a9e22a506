"""The thread pool beside Python's threads, forks and Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from network_helpers import (
    assert_same_state,
    batches,
    digest,
    make_inputs,
    make_network,
    make_targets,
    rewire,
)

from gossamer._native import set_threads, threads
from gossamer.engine.network import Network

FOLDER = Path(__file__).parent
# Layers of more than 200,000 multiply-adds a step, so that two threads share them.
WIDE = {"sizes": (37, 2000, 2000, 5), "density": 0.005, "dropout": 0.2, "dtype": "float32"}


@pytest.fixture(autouse=True)
def _restored_threads():
    before = threads()
    yield
    set_threads(before)


def train(network: Network, steps: int = 60, seed: int = 1, first_step: int = 0) -> None:
    labels = make_targets("cross_entropy")
    order = batches(40, steps, seed=seed)
    network.train(make_inputs(), labels, order, 40, np.full(steps, 0.05), first_step, seed)


def in_thread(work, *arguments):
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    return thread


def test_threads_go_up_and_down_while_a_network_trains():
    alone, busy = make_network(**WIDE), make_network(**WIDE)
    set_threads(1)
    train(alone, 200)
    worker = in_thread(train, busy, 200)
    changes = 0
    while worker.is_alive():
        set_threads((1, 4, 2, 3)[changes % 4])
        changes += 1
        time.sleep(0.001)
    worker.join()
    assert changes > 4
    assert_same_state(alone, busy)


def test_two_networks_train_at_the_same_time():
    networks = {seed: [make_network(**WIDE) for _ in range(2)] for seed in (1, 2)}
    set_threads(2)
    for seed, (alone, _) in networks.items():
        train(alone, seed=seed)
    for worker in [in_thread(train, together, 60, seed) for seed, (_, together) in networks.items()]:
        worker.join()
    for alone, together in networks.values():
        assert_same_state(alone, together)
    assert digest(networks[1][0]) != digest(networks[2][0])


def test_one_network_is_used_by_many_threads():
    """Calls take turns: a network is trained, swapped and looked at, and stays whole."""
    network = make_network((37, 60, 50, 5), dtype="float32")
    set_threads(2)
    failures = []

    def repeat(work):
        try:
            for k in range(60):
                work(k)
        except Exception as error:  # noqa: BLE001 (any failure in a thread fails the test)
            failures.append(error)

    def look(k):
        for layer in range(3):
            for name in network.column_names(layer):
                assert len(network.column(layer, name)) >= 0
            pattern = network.patterns[layer]
            assert len(pattern.targets) == pattern.nnz

    works = [
        lambda k: train(network, 3, first_step=k),
        lambda k: rewire(network, k % 3, k),
        lambda k: network.scores(make_inputs(50)),
        lambda k: network.set_bias(1, np.zeros(50)),
        look,
    ]
    workers = [in_thread(repeat, work) for work in works]
    for worker in workers:
        worker.join()
    assert not failures
    assert network.nnz == make_network((37, 60, 50, 5)).nnz
    for layer in range(3):
        assert len(network.column(layer, "weight")) == network.nnz[layer]


def program(code, *, check=True, **options):
    """Run Python code beside the helpers; the text that it prints."""
    prelude = "from test_network_pool import *\n"
    done = subprocess.run(
        [sys.executable, "-c", prelude + code],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
    assert not check or done.returncode == 0, done.stderr
    return done.stdout.split()


FORK = """
import os
set_threads(2)
network = make_network(**WIDE)
train(network, 5)
reader, writer = os.pipe()
child = os.fork()
train(network, 5, first_step=5)
if child == 0:
    os.write(writer, f"{threads()} {digest(network)}".encode())
    os._exit(0)
os.waitpid(child, 0)
print(os.read(reader, 100).decode(), digest(network))
"""


def test_a_forked_child_trains_with_its_own_threads():
    """The child of a process whose pool has threads has the same setting and gives the same bits."""
    count, childs, ours = program(FORK)
    assert count == "2"
    assert childs == ours


FORK_WHILE_TRAINING = """
import os
set_threads(3)
busy, quiet = make_network(**WIDE), make_network(**WIDE)
worker = in_thread(train, busy, 300)
exits = []
while worker.is_alive() and len(exits) < 20:
    child = os.fork()
    if child == 0:
        train(quiet, 2)
        os._exit(7)
    exits.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
worker.join()
print(len(exits), *set(exits))
"""


def test_a_fork_in_the_middle_of_training():
    """A child that is born while another thread trains can train a network of its own."""
    children, code = program(FORK_WHILE_TRAINING)
    assert int(children) >= 1
    assert code == "7"


FEW_THREADS = """
import resource
network = make_network(**WIDE)
train(network, 3)
serial = digest(network)
network = make_network(**WIDE)
set_threads(1000)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
train(network, 3)
print(threads(), len(os.listdir("/proc/self/task")), digest(network) == serial)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on address space is read from /proc")
def test_fewer_threads_than_asked_for():
    """Where the system refuses threads, those that it gives do the work, with the same bits."""
    asked, given, same = program(FEW_THREADS)
    assert asked == "1000"
    assert 1 <= int(given) < 1000
    assert same == "True"


@pytest.mark.parametrize("text", ["1025", "2.0"])
def test_a_bad_number_of_threads_in_the_environment_is_refused(text):
    code = "try: threads()\nexcept ValueError as error: print(str(error).replace(' ', '_'))"
    (message,) = program(code, env={**os.environ, "GOSSAMER_THREADS": text})
    assert message == f"GOSSAMER_THREADS_is_'{text}',_expected_a_whole_number_from_1_to_1024."


@pytest.mark.parametrize("count", [0, -1, 1025, 2**40, 1.0, None, "2"])
def test_a_bad_number_of_threads_is_refused(count):
    before = threads()
    with pytest.raises(ValueError, match="count must be an integer from 1 to 1024"):
        set_threads(count)
    assert threads() == before


ENDLESS = """
signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background may ignore it
network = make_network(**WIDE)
print("started", flush=True)
try:
    train(network, 1_000_000)
except KeyboardInterrupt:
    print("interrupted", np.isfinite(network.column(0, "weight")).all(), flush=True)
"""


def test_ctrl_c_ends_training_within_about_a_second():
    """A call lasts 0.3 s; the rest of the 5 s is for a machine that does other things as well."""
    code = "from test_network_pool import *\n" + ENDLESS
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=FOLDER, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "started\n"
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        assert process.stdout.readline() == "interrupted True\n"
        assert time.monotonic() - start < 5
        process.wait(timeout=60)
    assert process.returncode == 0
