"""Philox4x32-10: the vectors of its authors, and one generator in two languages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer import random
from gossamer._native import philox, uniform_draws
from gossamer.random import Purpose

# Random123's known-answer vectors: counter words, key words, result words.
KNOWN = [
    ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
seeds = st.integers(0, 2**64 - 1)
words = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("generate", [philox, random.philox])
@pytest.mark.parametrize(("counter", "key", "result"), KNOWN)
def test_known_answers(generate, counter, key, result):
    seed = key[0] | key[1] << 32
    assert generate(np.array([counter], dtype=np.uint32), seed).tolist() == [list(result)]


@given(st.lists(st.tuples(words, words, words, words), max_size=5), seeds)
def test_native_blocks_equal_those_of_python(counters, seed):
    counter = np.array(counters, dtype=np.uint32).reshape(-1, 4)
    block = philox(counter, seed)
    assert block.dtype == np.uint32
    np.testing.assert_array_equal(block, random.philox(counter, seed))


@given(seeds, st.integers(0, 30), words, st.integers(0, 2**24 - 1), st.sampled_from(Purpose))
def test_native_draws_equal_those_of_python(seed, count, step, layer, purpose):
    draws = uniform_draws(seed, count, step, layer, purpose)
    assert draws.shape == (count,)
    np.testing.assert_array_equal(draws, random.uniform(seed, count, step=step, layer=layer, purpose=purpose))


def test_a_draw_depends_on_its_number_and_not_on_how_many_are_drawn():
    few, many = (uniform_draws(7, count, 1, 2, Purpose.WEIGHT) for count in (5, 5000))
    np.testing.assert_array_equal(few, many[:5])


def test_every_counter_word_and_the_seed_matter():
    base = {"seed": 7, "count": 8, "step": 1, "layer": 2, "purpose": Purpose.WEIGHT}
    changed = [
        {**base, name: value} for name, value in [("seed", 8), ("step", 2), ("layer", 3), ("purpose", 5)]
    ]
    streams = [uniform_draws(**arguments) for arguments in [base, *changed]]
    assert len({stream.tobytes() for stream in streams}) == 5


def test_draws_are_uniform_in_the_open_interval():
    """Mean and variance of n uniform draws have standard errors 1/sqrt(12 n), 1/sqrt(180 n); six of each."""
    n = 200_000
    draws = uniform_draws(3, n, 0, 0, Purpose.ANALYSIS)
    assert draws.min() > 0
    assert draws.max() < 1
    assert abs(draws.mean() - 1 / 2) < 6 / np.sqrt(12 * n)
    assert abs(draws.var() - 1 / 12) < 6 / np.sqrt(180 * n)
