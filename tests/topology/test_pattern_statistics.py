"""Numbers that describe a pattern."""

import numpy as np
from hypothesis import given
from pattern_laws import keys_of, pattern_of_keys, patterns

from gossamer.topology import in_degrees, out_degrees, pattern_statistics


@given(patterns())
def test_degrees_count_the_links_of_each_neuron(pattern):
    sources, targets = np.divmod(keys_of(pattern), pattern.n_out)
    np.testing.assert_array_equal(out_degrees(pattern), np.bincount(sources, minlength=pattern.n_in))
    np.testing.assert_array_equal(in_degrees(pattern), np.bincount(targets, minlength=pattern.n_out))


@given(patterns())
def test_both_sides_have_all_links(pattern):
    found = pattern_statistics(pattern)
    assert found.density == pattern.nnz / (pattern.n_in * pattern.n_out)
    for side, neurons in ((found.sources, pattern.n_in), (found.targets, pattern.n_out)):
        np.testing.assert_allclose(side.mean * neurons, pattern.nnz)
        assert side.smallest <= side.mean <= side.largest
        assert (side.without_links > 0) == (side.smallest == 0)


def test_example():
    found = pattern_statistics(pattern_of_keys(3, 4, [0, 1, 2, 3, 5]))
    assert (found.n_in, found.n_out, found.nnz) == (3, 4, 5)
    assert (found.sources.largest, found.sources.smallest, found.sources.without_links) == (4, 0, 1)
    assert found.sources.deviation == np.std([4, 1, 0])
    assert (found.targets.largest, found.targets.without_links) == (2, 0)
