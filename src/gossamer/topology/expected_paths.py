"""How much is expected to lie on a path when links are independent, from densities alone."""

from collections.abc import Sequence

from gossamer.errors import TopologyError
from gossamer.topology.links import layer_shapes
from gossamer.topology.paths import PathCoverage


def expected_path_coverage(sizes: Sequence[int], densities: Sequence[float]) -> PathCoverage:
    """Expected numbers of inputs, outputs and links on a path, by a mean-field recursion; O(layers).

    Let every position of layer l be a link with probability p_l independently, and let A_l be the number of
    neurons of layer l from which a path leads to an output. A neuron of layer l misses all A_{l+1} such
    neurons of the next layer with probability (1 - p_l)^A_{l+1}, independently of its fellows, so

        E[A_l | A_{l+1}] = n_l f_l(A_{l+1}),   f_l(a) = 1 - (1 - p_l)^a,   A_L = n_L.

    The recursion puts the mean in place of A_{l+1}: E[A_l] ~ n_l g_l(E[A_{l+1}]), where g_l joins the values
    of f_l at whole numbers by straight lines. f_l grows and is concave and A_{l+1} is whole, so by Jensen's
    inequality each step, and with them the result, is an upper bound. The first step is exact, since A_L is
    not random; a later one is tight while A_{l+1} varies little against 1 / p_l, and too high where paths are
    about to die out (mean degree near 1). Reachability from the inputs is the mirror image.

    Links between layers l and l + 1 are independent of what comes before and after, so a position holds a
    link that lies on a path with probability p_l P(its source is reached) P(its target is alive).

    Parameters
    ----------
    sizes : sequence of int
        Neurons of each layer, input and output included.
    densities : sequence of float in [0, 1]
        Density of each layer of links. With exact counts, links are not quite independent; that is ignored.

    Returns
    -------
    PathCoverage, with expected numbers

    Raises
    ------
    TopologyError
        The sizes are no network, or there is not one density in [0, 1] for each layer of links.
    """
    shapes = layer_shapes(sizes)
    if len(densities) != len(shapes) or not all(0 <= density <= 1 for density in densities):
        raise TopologyError(
            f"Path coverage needs {len(shapes)} densities between 0 and 1, but they are {list(densities)}."
        )
    reached = _expected_reached(sizes, densities)
    alive = _expected_reached(sizes[::-1], densities[::-1])[::-1]
    return PathCoverage(
        sizes=tuple(sizes),
        inputs=alive[0],
        outputs=reached[-1],
        links=tuple(p * n_in * n_out for p, (n_in, n_out) in zip(densities, shapes, strict=True)),
        effective_links=tuple(
            p * before * after for p, before, after in zip(densities, reached[:-1], alive[1:], strict=True)
        ),
    )


def _expected_reached(sizes: Sequence[int], densities: Sequence[float]) -> list[float]:
    """Expected number of neurons of each layer that a path from the first layer reaches (an upper bound)."""
    reached = [float(sizes[0])]
    for size, density in zip(sizes[1:], densities, strict=True):
        reached.append(size * _hit_probability(density, reached[-1]))
    return reached


def _hit_probability(density: float, neurons: float) -> float:
    """Probability that one of `neurons` independent positions is a link, linear between whole numbers."""
    whole = int(neurons)
    missed = (1 - density) ** whole
    return 1 - missed * (1 - density * (neurons - whole))
