"""The check before a run: are there inputs or classes that the sampled topology leaves out?"""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer._native import Pattern
from gossamer.errors import TopologyError
from gossamer.topology.expected_paths import expected_path_coverage
from gossamer.topology.paths import PathCoverage, network_sizes, path_coverage


@dataclass(frozen=True)
class PathCheck:
    """Path coverage of the sampled patterns and for the asked densities, and a warning if one is due."""

    sampled: PathCoverage
    expected: PathCoverage
    warning: str | None


def check_paths(patterns: Sequence[Pattern], densities: Sequence[float], *, require: bool) -> PathCheck:
    """Compare what lies on a path with what should.

    Parameters
    ----------
    patterns : sequence of Pattern
        The sampled topology, layers in order.
    densities : sequence of float in [0, 1]
        The densities that were asked for.
    require : bool
        Whether an input or an output on no path is an error rather than a warning.

    Raises
    ------
    TopologyError
        As `path_coverage` and `expected_path_coverage`; or, with `require`, an input or output is on no path.
    """
    sampled = path_coverage(patterns)
    expected = expected_path_coverage(network_sizes(patterns), densities)
    n_inputs, n_outputs = sampled.sizes[0], sampled.sizes[-1]
    if sampled.inputs == n_inputs and sampled.outputs == n_outputs:
        return PathCheck(sampled, expected, warning=None)
    found = (
        f"{n_inputs - sampled.inputs:g} of {n_inputs} inputs and {n_outputs - sampled.outputs:g} of "
        f"{n_outputs} outputs are on no path from an input to an output, where about "
        f"{n_inputs - expected.inputs:.1f} and {n_outputs - expected.outputs:.1f} are expected at the asked "
        "densities"
    )
    if require:
        raise TopologyError(f"{found}; make the network denser, or set require_paths = false.")
    return PathCheck(sampled, expected, warning=f"{found}.")
