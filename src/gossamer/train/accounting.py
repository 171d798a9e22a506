"""What a run cost and what its topology did, beside its accuracy: one value for terminal, JSON and tables.

Everything but seconds, bytes and R_s follows from the run's result. It is kept with the measured facts all
the same, so that results of earlier versions stay as they are.
"""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from gossamer.evolve import Clock, Method, Need
from gossamer.topology.paths import reached_from_inputs, reaching_outputs
from gossamer.topology.spectrum import spectral_ratio
from gossamer.train.batches import Batches
from gossamer.train.memory import batch_bytes, network_bytes
from gossamer.train.run import Run

_MOST_LINKS = 2_000_000  # of a layer whose singular values are looked at


def accounting_of(run: Run, explored: Sequence[int] | None) -> dict[str, Any]:
    """Costs and topology of a run, as JSON values; what cannot be told is null.

    Parameters
    ----------
    run : Run
    explored : sequence of int, or None
        Positions of each layer that ever held a link; None in a run that an older version began.

    Returns
    -------
    dict with

    flop
        Floating-point operations, one multiplication and one addition a link and sample, by the formulas of
        Evci et al. 2020 (appendix H): forward f_S, a training step 3 f_S; an update by the dense gradient of
        one batch 2 f_S + f_D more, by a momentum every step 2 f_S + f_D. ``dense_training`` and
        ``dense_inference`` are those of the network with every link.
    seconds, bytes
        Measured seconds of training, evaluation and updates; bytes of network and batch by the arrays of the
        engine, and the most that the process had resident (null where the system does not tell).
    sparsity
        Nominal and effective (on a path from an input to an output), at the start and at the end.
    layers
        For each layer of links: density at the end, links by epoch (first, least, most, last), R_s (part of
        the positions that ever held a link), part of the grown links that came back to where one just went,
        ages of the links in steps, neurons without links, ratio of the second to the first singular value
        of the pattern (the smaller, the larger its spectral gap).
    exploration, regrown, dead_neurons, active_neurons
        R_s of all layers; part of grown links that were just dropped; hidden neurons on no path, and the
        part of hidden neurons that are on one.
    """
    patterns = run.network.patterns
    hidden, active = sum(p.n_out for p in patterns[:-1]), _active(run)
    grown, regrown = (int(getattr(run.history, name).sum()) for name in ("grown", "regrown"))
    positions = [p.n_in * p.n_out for p in patterns]
    return {
        "flop": _flop(run),
        "seconds": {name: round(sum(values), 3) for name, values in _seconds(run).items()},
        "bytes": {
            "network": network_bytes(run.config, run.network.sizes, run.network.nnz),
            "batch": batch_bytes(run.config, run.network.sizes),
            "peak_resident": _peak_resident(),
        },
        "sparsity": {
            when: {name: run.paths[when][name] for name in ("sparsity", "effective_sparsity")}
            for when in ("start", "end")
        },
        "layers": [_layer(run, layer, explored) for layer in range(len(patterns))],
        "exploration": None if explored is None else sum(explored) / sum(positions),
        "regrown": regrown / grown if grown else None,
        "dead_neurons": hidden - active,
        "active_neurons": active / hidden if hidden else None,
    }


def training_flop(
    method: Method, clock: Clock, samples: int, links: Sequence[int], positions: Sequence[int]
) -> int:
    """Floating-point operations of an epoch's training by the formulas of Evci et al. 2020.

    Parameters
    ----------
    method : Method
    clock : Clock
    samples : int, training samples of an epoch
    links, positions : sequences of int, of each layer
    """
    sparse, dense = 2 * sum(links), 2 * sum(positions)
    if not any(Need.DENSE_GRADIENT_TOP_K in part.needs for part in method.parts):
        return 3 * sparse * samples
    if method.kept_batches:
        return (2 * sparse + dense) * samples
    batch, updates, done = samples / clock.steps_per_epoch, 0, method.next_update(0, clock)
    while done is not None and done <= clock.total_steps:
        updates, done = updates + 1, method.next_update(done, clock)
    return round(3 * sparse * samples + updates / clock.epochs * batch * (2 * sparse + dense))


def _flop(run: Run) -> dict[str, int]:
    positions = [p.n_in * p.n_out for p in run.network.patterns]
    batches = Batches.of(run.config, run.data.samples["train"])
    samples, clock = int(batches.sizes().sum()), Clock(batches.steps, run.config.training.epochs)
    epochs = run.history.nnz.tolist()
    of = [training_flop(run.config.method, clock, samples, links, positions) for links in epochs]
    return {
        "training": sum(of),
        "inference": 2 * _inference_links(run),
        "dense_training": 3 * 2 * sum(positions) * samples * len(epochs),
        "dense_inference": 2 * sum(positions),
    }


def _inference_links(run: Run) -> int:
    """Links that a prediction computes with: under a latent rule those whose weight is not 0."""
    network = run.network
    if run.config.method.latent is None:
        return sum(network.nnz)
    return sum(int(np.count_nonzero(network.column(layer, "weight"))) for layer in range(network.n_layers))


def _seconds(run: Run) -> dict[str, Sequence[float]]:
    seconds = run.measured.get("epoch_seconds", {})
    return {name: seconds.get(name, ()) for name in ("train", "evaluate", "evolve")}


def _layer(run: Run, layer: int, explored: Sequence[int] | None) -> dict[str, Any]:
    pattern, history = run.network.patterns[layer], run.history
    nnz = history.nnz[:, layer] if len(history) else np.array([pattern.nnz])
    grown, regrown = int(history.grown[:, layer].sum()), int(history.regrown[:, layer].sum())
    positions = pattern.n_in * pattern.n_out
    return {
        "density": pattern.nnz / positions,
        "links": {"first": int(nnz[0]), "least": int(nnz.min()), "most": int(nnz.max()), "last": pattern.nnz},
        "exploration": None if explored is None else explored[layer] / positions,
        "regrown": regrown / grown if grown else None,
        "ages": _ages(run, layer),
        "without_incoming": int(np.count_nonzero(np.diff(pattern.target_offsets) == 0)),
        "without_outgoing": int(np.count_nonzero(np.diff(pattern.source_offsets) == 0)),
        "singular_ratio": spectral_ratio(pattern) if pattern.nnz <= _MOST_LINKS else None,
    }


def _ages(run: Run, layer: int) -> dict[str, float] | None:
    """Ages of the links in steps at the end: quartiles, mean, and the part that was there from the start."""
    born = run.network.column(layer, "birth")
    if not len(born):
        return None
    ages = len(run.history) * Batches.of(run.config, run.data.samples["train"]).steps - born
    low, middle, high = np.percentile(ages, [25, 50, 75]).tolist()
    return {
        "quartile_1": low,
        "median": middle,
        "quartile_3": high,
        "mean": float(ages.mean()),
        "from_the_start": float((born == 0).mean()),
    }


def _active(run: Run) -> int:
    """Hidden neurons that lie on a path from an input to an output."""
    patterns = run.network.patterns
    reached, alive = reached_from_inputs(patterns), reaching_outputs(patterns)
    return sum(int(np.count_nonzero(a & b)) for a, b in zip(reached[1:-1], alive[1:-1], strict=True))


def _peak_resident() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
