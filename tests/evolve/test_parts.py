"""Parts beyond drop and grow: choice by sampling, shares, schedules, densities, sets of positions."""

import numpy as np
import pytest
from dense_services import DenseServices
from hypothesis import given
from hypothesis import strategies as st
from test_update import make_network

from gossamer._native import uniform_draws
from gossamer.engine.initial import Initial
from gossamer.errors import ConfigError
from gossamer.evolve import (
    METHODS,
    PARTS,
    AccuracyDriven,
    CannistraciHebb,
    Clock,
    CubicDensity,
    Draw,
    LayerView,
    LevelsDensity,
    Magnitude,
    MeanMomentum,
    MeanWeight,
    Moment,
    NeuronImportance,
    NeverLinked,
    PointsDensity,
    SigmoidDensity,
    Survivors,
    Uniform,
    apportioned,
    evolve,
    rigl_method,
    sampled,
    set_method,
    snfs_method,
    value_at,
)
from gossamer.evolve.position_set import PositionSet, link_positions
from gossamer.random import Purpose

CLOCK = Clock(steps_per_epoch=10, epochs=10)
KEYWORDS = {"seed": 5, "initial": Initial()}


@given(
    st.lists(st.tuples(st.floats(0, 10), st.integers(0, 30)), min_size=1, max_size=6),
    st.floats(0, 1),
)
def test_shares_add_up_and_stay_below_their_caps(pairs, part):
    shares, caps = [p[0] for p in pairs], [p[1] for p in pairs]
    total = int(part * sum(caps))
    counts = apportioned(total, shares, caps)
    assert sum(counts) == total
    assert all(0 <= count <= cap for count, cap in zip(counts, caps, strict=True))


def test_what_a_cap_leaves_over_is_handed_on_in_proportion():
    assert apportioned(10, [1, 1], [10, 10]) == [5, 5]
    assert apportioned(10, [8, 1, 1], [2, 10, 10]) == [2, 4, 4]
    assert apportioned(7, [1, 0], [3, 9]) == [3, 4]
    assert apportioned(5, [0, 0], [4, 1]) == [4, 1]
    assert apportioned(3, [1, 1], [9, 9]) == [2, 1]


def test_sampling_in_turn_has_the_odds_of_its_scores():
    scores, runs = np.array([1.0, 2.0, 4.0, 0.0]), 20_000
    draws = uniform_draws(1, 4 * runs, step=0, layer=0, purpose=int(Purpose.DROP)).reshape(runs, 4)
    one = sum(sampled(scores, 1, row) for row in draws) / runs
    np.testing.assert_allclose(one, scores / 7, atol=5 * 0.5 / np.sqrt(runs))
    two = sum(sampled(scores, 2, row) for row in draws) / runs
    # The odds of the first, or of the second after each other first.
    expected = [
        s / 7 + sum(scores[j] / 7 * s / (7 - scores[j]) for j in range(3) if j != k)
        for k, s in enumerate(scores[:3])
    ]
    np.testing.assert_allclose(two[:3], expected, atol=5 * 0.5 / np.sqrt(runs))
    assert two[3] == 0
    assert all(sampled(scores, 4, draws[0]))


def test_soft_cannistraci_hebb_grows_by_the_odds_of_its_scores():
    network = make_network((6, 5, 3), (14, 6))
    layer = LayerView(0, network.patterns[0], {"weight": network.column(0, "weight")}, Initial())
    keep = np.ones(14, bool)
    hard, soft = CannistraciHebb(soft=False), CannistraciHebb()
    counts, runs = np.zeros(30), 3000
    for step in range(runs):
        counts[soft.grow(layer, keep, 1, Draw(3, step, 0))[0].astype(int)] += 1
    best = hard.grow(layer, keep, 1, Draw(3, 0, 0))[0][0]
    assert counts.argmax() == best
    mask = np.zeros((6, 5))
    mask[layer.pattern.link_sources(), layer.pattern.targets] = 1
    scores = node_scores(mask) * (mask == 0)
    share = scores.ravel() / scores.sum()
    deviation = np.sqrt(share * (1 - share) / runs)
    assert (np.abs(counts / runs - share) <= 5 * deviation + 1e-12).all()


def node_scores(mask):
    """CH2-L3n by dense matrices, as its definition has it."""
    found = np.zeros(mask.shape)
    for matrix, side in ((mask, 0), (mask.T, 1)):
        common, degree = matrix @ matrix.T, matrix.sum(axis=1)
        external = np.maximum(0, degree[None, :] - common - 1)
        part = np.where(common > 0, common / (1 + external), 0) @ matrix
        found += part if side == 0 else part.T
    return found


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        ("linear", [1.0, 0.75, 0.5, 0.0]),
        ("cosine", [1.0, (1 + np.cos(np.pi / 4)) / 2, 0.5, 0.0]),
        ("cubic", [1.0, 0.75**3, 0.125, 0.0]),
        ("exponential", [1.0, 0.01**0.25, 0.1, 0.01]),
        ("steps", [1.0, 1.0, 1.0, 0.0]),
    ],
)
def test_schedules(kind, at):
    schedule = PARTS["schedule", kind]()
    found = [value_at(schedule, Moment(done, CLOCK)) for done in (0, 25, 50, 100)]
    np.testing.assert_allclose(found, at, atol=1e-12)
    assert value_at(0.4, Moment(3, CLOCK)) == 0.4
    assert Magnitude(sharpness=schedule).depends_on_total
    assert not Magnitude(sharpness=2.0).depends_on_total


@pytest.mark.parametrize("bad", [{"first": 0.5, "until": 0.5}, {"first": 0.6, "until": 0.4}])
def test_a_schedule_that_ends_before_it_begins_is_refused(bad):
    with pytest.raises(ValueError, match="expected a part of the training after first"):
        PARTS["schedule", "linear"](**bad)


def grown_to(density, drop=None, epochs=(10, 30, 50, 80)):
    """Links of the evolving layers after updates at some steps of 100."""
    network = make_network()
    method = set_method(drop=drop or Magnitude()).model_copy(update={"density": density})
    nnz = []
    for done in epochs:
        evolve(network, method, done, CLOCK, **KEYWORDS)
        nnz.append(sum(network.nnz[:2]))
    return nnz


def test_densities_follow_their_course():
    positions = 12 * 9 + 9 * 7
    cubic = CubicDensity(final=0.1, initial=0.4, until=0.5)
    expected = [(0.1 + 0.3 * (1 - done / 50) ** 3) * positions for done in (10, 30, 50)]
    assert grown_to(cubic)[:3] == [round(links) for links in expected]
    sigmoid = grown_to(SigmoidDensity(final=0.1, initial=0.4, until=0.8))
    assert sigmoid[-1] == round(0.1 * positions)
    assert sigmoid == sorted(sigmoid, reverse=True)
    first = sum(set_method().start.links((12, 9, 7, 3))[:2])
    assert grown_to(LevelsDensity(levels=(0.5, 0.3, 0.2), milestones=(0.2, 0.6))) == [
        round(part * first) for part in (0.5, 0.3, 0.3, 0.2)
    ]
    points = grown_to(PointsDensity(multiples=(0.5, 0.9, 0.1), parts=(0.1, 0.5, 0.9)))
    assert points == [round(part * first) for part in (0.5, 0.7, 0.9, 0.3)]
    with pytest.raises(ConfigError, match="drop part with scores, and 'sign_split' has none"):
        grown_to(cubic, drop=PARTS["drop", "sign_split"]())


@pytest.mark.parametrize(
    ("variant", "accuracies", "part"),
    [
        ("complement", (0.5, 0.8), 0.2),
        ("record", (0.5, 0.8), 0.2),
        ("record", (0.8, 0.5), 1.0),
        ("record", (0.8, 0.8), 1.0),
        ("relative", (0.5, 0.8), 0.4),
        ("relative", (1.0, 1.0), 0.0),
        ("improving", (0.5, 0.8), 1.0),
        ("improving", (0.8, 0.7), 0.3),
    ],
)
def test_accset_regrows_by_validation_accuracy(variant, accuracies, part):
    density = AccuracyDriven(variant=variant, floor=0.0)
    assert density.regrown_part(accuracies) == pytest.approx(part)
    network = make_network()
    before = sum(network.nnz[:2])
    method = set_method(drop=Magnitude(), zeta=0.5).model_copy(update={"density": density})
    reports = evolve(
        network, method, 10, CLOCK, services=DenseServices(network, accuracies=accuracies), **KEYWORDS
    )
    dropped = sum(report.dropped for report in reports)
    assert sum(network.nnz[:2]) == before - dropped + round(density.regrown_part(accuracies) * dropped)


def test_accset_without_validation_samples_says_so():
    network, method = make_network(), set_method().model_copy(update={"density": AccuracyDriven()})
    with pytest.raises(ConfigError, match=r"set data\.validation_samples"):
        evolve(network, method, 10, CLOCK, services=DenseServices(network, accuracies=()), **KEYWORDS)


def test_snfs_gives_links_to_layers_by_mean_momentum_and_positions_by_momentum():
    network = make_network()
    for layer, scale in ((0, 3.0), (1, 1.0)):
        network.set_column(layer, "velocity", np.full(network.nnz[layer], -scale))
    services = DenseServices(network, window=6)
    before = [set(link_positions(p).tolist()) for p in network.patterns]
    kept = [
        np.sort(np.argsort(np.abs(network.column(k, "weight")), kind="stable")[n // 2 :])
        for k, n in ((0, 40), (1, 30))
    ]
    reports = evolve(network, snfs_method(memory=0.9), 0, CLOCK, services=services, **KEYWORDS)
    # Half of 40 and of 30 links go; three quarters and one quarter of 35 come.
    assert [report.dropped for report in reports] == [20, 15]
    assert [report.grown for report in reports] == [26, 9]
    for layer, report in enumerate(reports):
        momentum = np.abs(services.gradient(layer, 0.9)).ravel()
        stays = np.array(sorted(before[layer]))[kept[layer]]
        momentum[stays] = -1
        expected = set(stays.tolist()) | set(np.argsort(-momentum, kind="stable")[: report.grown].tolist())
        assert set(link_positions(network.patterns[layer]).tolist()) == expected


@pytest.mark.parametrize(
    ("part", "shares"), [(Survivors(), (20, 15)), (MeanWeight(), None), (MeanMomentum(), None)]
)
def test_redistribution_keeps_the_number_of_links_of_the_network(part, shares):
    network = make_network()
    method = set_method(drop=Magnitude(), zeta=0.5).model_copy(update={"redistribute": part})
    evolve(network, method, 10, CLOCK, **KEYWORDS)
    assert sum(network.nnz) == 91
    if shares:
        assert network.nnz[:2] == (40, 30)


def test_full_layers_hand_their_links_on():
    network = make_network((4, 3, 20, 2), (12, 10, 5))
    network.set_column(0, "velocity", np.full(12, 5.0))
    evolve(
        network,
        set_method(drop=Magnitude(), zeta=0.5).model_copy(update={"redistribute": MeanMomentum()}),
        10,
        CLOCK,
        **KEYWORDS,
    )
    assert network.nnz[:2] == (12, 10)


def test_never_linked_positions_come_first():
    network = make_network((5, 4, 2), (6, 4))
    view = LayerView(0, network.patterns[0], {"weight": network.column(0, "weight")}, Initial())
    ever = np.arange(15, dtype=np.uint64)
    positions = link_positions(network.patterns[0])
    ever = np.union1d(ever, positions)
    never = 20 - len(ever)
    view = LayerView(0, network.patterns[0], view.columns, Initial(), DenseServices(network, ever={0: ever}))
    keep = np.arange(6) < 2
    for count in range(1, 15):
        found, _ = NeverLinked().grow(view, keep, count, Draw(1, count, 0))
        assert len(set(found.tolist())) == count
        assert not set(found.tolist()) & set(positions[keep].tolist())
        assert len(set(found.tolist()) - set(ever.tolist())) == min(count, never)


def test_unimportant_neurons_lose_their_links_for_good():
    network = make_network((12, 9, 7, 3), (60, 30, 21))
    method = set_method(drop=Magnitude(), grow=Uniform(alive_only=True), zeta=0.2).model_copy(
        update={"density": NeuronImportance(percentile=30, first=0.0, every=1)}
    )
    importance = np.bincount(
        network.patterns[0].targets, np.abs(network.column(0, "weight")).astype(float), minlength=9
    )
    gone = importance <= np.sort(importance)[int(0.3 * 8)]
    evolve(network, method, 10, CLOCK, **KEYWORDS)
    for _ in range(3):
        incoming = np.diff(network.patterns[0].target_offsets)
        outgoing = np.diff(network.patterns[1].source_offsets)
        assert (incoming[gone] == 0).all()
        assert (outgoing[gone] == 0).all()
        evolve(network, method, 15, CLOCK, **KEYWORDS)


@given(st.lists(st.lists(st.integers(0, 300_000), max_size=40), max_size=6), st.booleans())
def test_a_set_of_positions_is_a_set(parts, dense):
    found, expected = PositionSet(), set()
    if dense:
        parts = [*parts, list(range(1000, 9000)), list(range(5000, 7000))]
    for part in parts:
        found.add(np.unique(np.array(part, np.uint64)))
        expected |= set(part)
    assert found.positions().tolist() == sorted(expected)
    assert len(found) == len(expected)
    again = PositionSet.from_arrays(found.to_arrays())
    assert again.positions().tolist() == sorted(expected)
    assert sum(array.nbytes for array in found.to_arrays().values()) <= 2 * len(expected) + 8192 * 6 + 200


def test_updates_between_a_first_and_a_last_one():
    when = rigl_method(every=7, until=0.5).when.model_copy(update={"first": 20})
    done, found = when.next(0, CLOCK), []
    while done is not None:
        found.append(done)
        done = when.next(done, CLOCK)
    assert found == [21, 28, 35, 42, 49]
    epochs = set_method().when.model_copy(update={"first": 3, "every": 2, "until": 0.8})
    assert [epochs.next(done, CLOCK) for done in (0, 40, 60, 80)] == [40, 60, 80, None]


def test_updates_in_stretches_grow_rarer():
    when, clock, done, found = PARTS["when", "stretches"](), Clock(3, 20), 0, []
    while (done := when.next(done, clock)) is not None:
        found.append(done // 3)
    assert found == [1, 2, 3, 4, 6, 8, 12, 16]
    with pytest.raises(ValueError, match="one interval more than milestones"):
        PARTS["when", "stretches"](every=(1, 2))


def test_a_rule_defined_again_by_a_cell_takes_the_place_of_the_old_one():
    cell = """
from typing import Literal
from gossamer.evolve import MethodRecord, register, register_method, set_method
from gossamer.evolve.drop import Magnitude
from gossamer.fields import field

@register
class Cell(Magnitude):
    kind: Literal["of_a_cell"] = field("of_a_cell", help="VERSION")

def cell_method(**options):
    return set_method(drop=Cell(), **options)

register_method(MethodRecord(name="of_a_cell", summary="VERSION", make=cell_method, source="a notebook"))
"""
    try:
        for version in ("first", "second"):
            exec(cell.replace("VERSION", version), {"__name__": "__main__"})
        assert PARTS["drop", "of_a_cell"].model_fields["kind"].description == "second"
        assert METHODS["of_a_cell"].summary == "second"
        with pytest.raises(ConfigError, match="two drop parts of kind 'of_a_cell'"):
            exec(cell, {"__name__": "another"})
    finally:
        PARTS.pop(("drop", "of_a_cell"), None)
        METHODS.pop("of_a_cell", None)
