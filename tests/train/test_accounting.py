"""What a run cost and what its topology did: formulas by hand, and against the arrays of the run."""

import json

import numpy as np
import pytest

from gossamer.evolve import Clock, named
from gossamer.topology import BiRegular, Pattern, PerLayer
from gossamer.topology.spectrum import spectral_ratio
from gossamer.train.accounting import training_flop
from gossamer.train.record import load
from gossamer.train.session import train


def test_training_by_the_formulas_of_rigl():
    clock, links, positions = Clock(steps_per_epoch=100, epochs=4), (300, 200), (1000, 1000)
    sparse, dense = 2 * 500, 2 * 2000

    def of(name, **options):
        return training_flop(named(name, **options), clock, 5000, links, positions)

    assert of("static") == of("set") == of("mest") == 3 * sparse * 5000
    assert of("snfs") == (2 * sparse + dense) * 5000
    # Every 100 steps until 75 % of 400: after 100, 200 and 300, of 50 samples each.
    assert of("rigl") == 3 * sparse * 5000 + round(3 / 4 * 50 * (2 * sparse + dense))


def test_accounting_of_a_run(small, small_data, tmp_path):
    config = small(method="rigl", density=0.2, method__when__every=3)
    run = train(config, small_data, folder=tmp_path, progress=lambda _: None)
    found, h = run.measured["accounting"], run.history
    assert json.loads((tmp_path / "measured" / "measured.json").read_text())["accounting"] == found
    assert load(tmp_path).measured["accounting"] == found
    assert not any("accounting" in path.read_text("latin1") for path in (tmp_path / "result").iterdir())
    assert found["flop"]["inference"] == 2 * sum(run.network.nnz)
    assert found["flop"]["dense_training"] == 6 * (240 + 120 + 30) * 56 * 5
    assert found["regrown"] == pytest.approx(h.regrown.sum() / h.grown.sum())
    for layer, facts in enumerate(found["layers"]):
        pattern, born = run.network.patterns[layer], run.network.column(layer, "birth")
        assert facts["density"] == pytest.approx(pattern.nnz / (pattern.n_in * pattern.n_out))
        assert facts["links"]["last"] == pattern.nnz
        assert facts["ages"]["median"] == np.median(5 * 7 - born)
        most = h.nnz[0, layer] + h.grown[:, layer].sum()
        assert pattern.nnz <= facts["exploration"] * pattern.n_in * pattern.n_out <= most
    assert found["layers"][2]["exploration"] == found["layers"][2]["density"]
    total = sum(f["exploration"] * n for f, n in zip(found["layers"], (240, 120, 30), strict=True))
    assert found["exploration"] == pytest.approx(total / 390)


def test_exploration_counts_every_position_once(small, small_data, monkeypatch):
    seen = [set() for _ in range(3)]

    def note(network):
        for layer, pattern in enumerate(network.patterns):
            seen[layer] |= set(
                (pattern.link_sources().astype(int) * pattern.n_out + pattern.targets).tolist()
            )

    from gossamer.train.loop import Loop

    update = Loop.update

    def spy(self, done):
        note(self.network)
        reports = update(self, done)
        note(self.network)
        return reports

    monkeypatch.setattr(Loop, "update", spy)
    run = train(small(), small_data)
    explored = [facts["exploration"] for facts in run.measured["accounting"]["layers"]]
    assert explored[:2] == [len(seen[0]) / 240, len(seen[1]) / 120]


def test_dead_neurons_lie_on_no_path(small, small_data):
    run = train(small(method="static", density=0.05), small_data, progress=lambda _: None)
    masks = []
    for p in run.network.patterns:
        mask = np.zeros((p.n_in, p.n_out), bool)
        mask[p.link_sources(), p.targets] = True
        masks.append(mask)
    first = masks[0].any(axis=0) & (masks[1] & masks[2].any(axis=1)[None, :]).any(axis=1)
    second = (masks[0].any(axis=0)[:, None] & masks[1]).any(axis=0) & masks[2].any(axis=1)
    assert run.measured["accounting"]["dead_neurons"] == 22 - first.sum() - second.sum()


def test_the_spectral_ratio_is_that_of_singular_values():
    for sizes in ((40, 30), (200, 150)):
        pattern = BiRegular(budget=PerLayer(density=(0.2,))).sample(sizes, 1)[0]
        matrix = np.zeros(sizes)
        matrix[pattern.link_sources(), pattern.targets] = 1
        values = np.linalg.svd(matrix, compute_uv=False)
        assert spectral_ratio(pattern) == pytest.approx(values[1] / values[0], abs=1e-5)
    offsets, targets = np.array([0, 1, 2]), np.array([0, 1], np.uint32)
    assert spectral_ratio(Pattern(2, 2, offsets, targets)) == 1.0
    assert spectral_ratio(Pattern(2, 2, np.zeros(3, np.int64), np.zeros(0, np.uint32))) is None
