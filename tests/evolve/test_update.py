"""One update of a layer: laws that hold for every registered rule, growth, last update, reports."""

import importlib
import math

import numpy as np
import pytest
from dense_services import DenseServices
from pydantic import ValidationError

from gossamer._native import Pattern, sample_exact
from gossamer.engine.activation import Activation
from gossamer.engine.initial import Initial, initial_weights
from gossamer.engine.network import Network
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.reference import ReferenceNetwork
from gossamer.engine.reference_swap import link_keys
from gossamer.errors import ConfigError, TopologyError
from gossamer.evolve import (
    PARTS,
    Clock,
    Constant,
    Cosine,
    Draw,
    DropRule,
    EveryEpoch,
    EverySteps,
    LayerView,
    Linear,
    Magnitude,
    Method,
    Need,
    PaperThreshold,
    SignSplit,
    Uniform,
    evolve,
    grown_weights,
    kinds,
    register,
    set_method,
    static_method,
)
from gossamer.fields import field
from gossamer.random import Purpose, uniform
from gossamer.topology import Dense

TEMPLATE = importlib.import_module("gossamer.evolve._template")
CLOCK = Clock(steps_per_epoch=10, epochs=4)
KEYWORDS = {"seed": 5, "initial": Initial()}


def make_network(sizes=(12, 9, 7, 3), links=(40, 30, 21), seed=1, engine=ReferenceNetwork):
    shapes = zip(sizes[:-1], sizes[1:], links, strict=True)
    patterns = [
        sample_exact(n_in, n_out, nnz, seed, layer) for layer, (n_in, n_out, nnz) in enumerate(shapes)
    ]
    hidden = len(sizes) - 2
    return engine(
        patterns,
        initial_weights(patterns, seed=seed),
        activations=[Activation()] * hidden,
        dropout=[0.0] * hidden,
        loss="cross_entropy",
        optimizer=Optimizer(),
    )


def evolve_layer(network, layer, method, zeta, step, **keywords):
    """One layer's report of an update that drops a given fraction."""
    one = method.model_copy(update={"layers": (layer,), "fraction": Constant(zeta=zeta)})
    return evolve(network, one, step, CLOCK, services=DenseServices(network), **keywords)[0]


def view_of(network, layer=0, **initial):
    columns = {name: network.column(layer, name) for name in network.column_names(layer)}
    return LayerView(layer, network.patterns[layer], columns, Initial(**initial), DenseServices(network))


@pytest.mark.parametrize("zeta", [0.0, 0.3, 1.0])
# The rules of SRigL count for themselves, that of DEEP R needs latent parameters; they have their own tests.
@pytest.mark.parametrize("grow", sorted(set(kinds("grow")) - {"fan_in"}))
@pytest.mark.parametrize("drop", sorted(set(kinds("drop")) - {"fan_in", "dormant"}))
def test_every_rule_conserves_links_and_the_state_of_those_that_stay(drop, grow, zeta):
    method = set_method(drop=PARTS["drop", drop](), grow=PARTS["grow", grow]())
    network, again = make_network(), make_network()
    for each in (network, again):
        each.set_column(0, "velocity", np.arange(1, 41))
    old = dict(zip(link_keys(network.patterns[0]).tolist(), network.column(0, "weight"), strict=True))
    kept = method.drop.keep(view_of(network), zeta, Draw(5, 17, 0))
    assert kept.dtype == bool
    stayed = set(link_keys(network.patterns[0])[kept].tolist())

    report = evolve_layer(network, 0, method, zeta, 17, **KEYWORDS)

    new = link_keys(network.patterns[0]).tolist()
    assert network.nnz == (40, 30, 21)
    assert report.nnz == len(set(new)) == 40
    assert report.dropped == report.grown == 40 - len(stayed)
    assert stayed <= set(new)
    for k, key in enumerate(new):
        born, velocity = network.column(0, "birth")[k], network.column(0, "velocity")[k]
        assert born == (0 if key in stayed else 17)
        assert (velocity > 0) == (key in stayed)
        if key in stayed:
            assert network.column(0, "weight")[k] == old[key]
    assert report.regrown == len(set(new) & (set(old) - stayed))
    # A pure function of its arguments.
    evolve_layer(again, 0, method, zeta, 17, **KEYWORDS)
    assert link_keys(again.patterns[0]).tolist() == new
    np.testing.assert_array_equal(again.column(0, "weight"), network.column(0, "weight"))


def test_both_engines_evolve_alike():
    networks = [make_network(engine=engine) for engine in (Network, ReferenceNetwork)]
    for step in (10, 20, 30):
        native, reference = (evolve(network, set_method(), step, CLOCK, **KEYWORDS) for network in networks)
        assert native == reference
    native, reference = networks
    for layer in range(3):
        assert native.patterns[layer].same_as(reference.patterns[layer])
        for name in native.column_names(layer):
            np.testing.assert_array_equal(native.column(layer, name), reference.column(layer, name))


@pytest.mark.parametrize("key", sorted(PARTS))
def test_every_part_comes_back_from_its_config(key):
    part = PARTS[key]()
    assert part.kind == key[1]
    assert part.model_dump()["kind"] == key[1]
    assert PARTS[key].model_validate(part.model_dump()) == part


def test_a_method_is_its_config():
    method = set_method(epsilon=3, zeta=0.4, drop=PaperThreshold(), grow=Uniform(value="zero"), layers=(1, 0))
    assert Method.model_validate(method.model_dump()) == method
    assert Method.model_validate_json(method.model_dump_json()) == method
    assert static_method().parts == ()
    table = {"start": {"kind": "dense"}, "drop": {"kind": "template_drop", "blur": 0.2}}
    table |= {
        "grow": {"kind": "template_grow"},
        "when": {"kind": "every_steps"},
        "fraction": {"kind": "cosine"},
    }
    assert Method.model_validate(table).drop == TEMPLATE.TemplateDrop(blur=0.2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"drop": {"kind": "smallest"}}, "expected one of .*magnitude, paper_threshold"),
        ({"drop": {"kind": "magnitude", "zeta": 1}}, "Extra inputs"),
        ({"fraction": {"kind": "constant", "zeta": 1.5}}, "less than or equal to 1"),
        ({"fraction": None}, "has drop, when and fraction"),
        ({"layers": (-1,)}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_method_gets_a_sentence(change, words):
    with pytest.raises(ValidationError, match=words):
        Method.model_validate(set_method().model_dump() | change)


def test_an_unserved_need_gets_a_sentence(monkeypatch):
    monkeypatch.setattr("gossamer.evolve.method.SERVED", frozenset({Need.WEIGHTS}))
    monkeypatch.setattr(Magnitude, "needs", frozenset({Need.WEIGHTS, Need.ACTIVATIONS}))
    with pytest.raises(ValidationError, match="'magnitude' needs activations"):
        set_method(drop=Magnitude())


def test_two_parts_of_one_kind_are_refused():
    with pytest.raises(ConfigError, match="two drop parts of kind 'magnitude'"):

        @register
        class Other(DropRule):
            kind: str = field("magnitude", help="another one")


def test_flags_of_a_wrong_rule_are_refused(monkeypatch):
    monkeypatch.setattr(Magnitude, "keep", lambda *_: np.ones(3, bool))
    with pytest.raises(ConfigError, match="'magnitude'"):
        evolve_layer(make_network(), 0, set_method(drop=Magnitude()), 0.3, 1, **KEYWORDS)


def test_grown_weights_are_the_draws_of_the_initial_distribution():
    network = make_network()
    view, keep = view_of(network), np.arange(40) % 2 == 0
    positions, values = Uniform().grow(view, keep, 20, Draw(5, 17, 0))
    limit = math.sqrt(6 / 12)
    expected = (2 * uniform(5, 20, step=17, layer=0, purpose=Purpose.GROW_VALUE) - 1) * limit
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert values.dtype == np.float32
    assert not grown_weights(view, keep, positions, "zero", Draw(5, 17, 0)).any()


def test_actual_fans_are_those_after_the_swap():
    network = make_network()
    keep = np.arange(40) % 2 == 0
    view = view_of(network, name="glorot_uniform", fan_in="actual")
    positions, values = Uniform().grow(view, keep, 20, Draw(5, 17, 0))
    network.swap(0, keep, positions, values, 17)
    pattern = network.patterns[0]
    sources, targets = np.divmod(positions.astype(int), pattern.n_out)
    fans = np.diff(pattern.source_offsets)[sources] + np.diff(pattern.target_offsets)[targets]
    draws = uniform(5, 20, step=17, layer=0, purpose=Purpose.GROW_VALUE)
    np.testing.assert_allclose(values, (2 * draws - 1) * np.sqrt(6 / fans), rtol=1e-6)


def test_without_regrowth_dropped_positions_stay_empty():
    network = make_network()
    before = set(link_keys(network.patterns[0]).tolist())
    method = set_method(grow=Uniform(allow_regrow=False))
    report = evolve_layer(network, 0, method, 0.5, 1, **KEYWORDS)
    assert (report.regrown, report.nnz) == (0, 40)
    assert len(before & set(link_keys(network.patterns[0]).tolist())) == 40 - report.dropped


def test_a_dense_layer_regrows_what_it_dropped_or_says_why_not():
    sizes, links = (4, 3, 2), (12, 6)
    report = evolve_layer(make_network(sizes, links), 0, set_method(), 0.5, 1, **KEYWORDS)
    assert report.regrown == report.dropped > 0
    method = set_method(grow=Uniform(allow_regrow=False))
    with pytest.raises(TopologyError, match="Layer 0 has 0 free positions"):
        evolve_layer(make_network(sizes, links), 0, method, 0.5, 1, **KEYWORDS)


def test_an_empty_layer_stays_empty():
    network = make_network((4, 3, 2), (0, 6))
    for drop in (PaperThreshold(), SignSplit(), Magnitude()):
        report = evolve_layer(network, 0, set_method(drop=drop), 0.5, 1, **KEYWORDS)
        assert (report.dropped, report.grown, report.nnz) == (0, 0, 0)


@pytest.mark.parametrize(("last", "reports", "grown"), [("nothing", 0, 0), ("prune", 2, 0), ("both", 2, 12)])
def test_the_last_update(last, reports, grown):
    method = set_method(last_update=last)
    assert method.depends_on_total == (last != "nothing")
    found = evolve(make_network(), method, 40, CLOCK, **KEYWORDS)
    assert len(found) == reports
    assert sum(report.grown for report in found[:1]) == grown
    assert len(evolve(make_network(), method, 30, CLOCK, **KEYWORDS)) == 2


def test_layers_that_evolve():
    assert set_method().evolving(4) == (0, 1, 2)
    assert set_method(layers="all").evolving(4) == (0, 1, 2, 3)
    assert set_method(layers=(2, 0)).evolving(4) == (0, 2)
    assert static_method(start=Dense()).evolving(4) == ()
    with pytest.raises(ConfigError, match="expected layers 0 to 3"):
        set_method(layers=(4,)).evolving(4)


def all_updates(when):
    done, found = when.next(0, CLOCK), []
    while done is not None:
        found.append(done)
        done = when.next(done, CLOCK)
    return found


def test_when_updates_are_due():
    assert all_updates(EveryEpoch()) == [10, 20, 30, 40]
    assert all_updates(EveryEpoch(every=3)) == [30]
    assert all_updates(EverySteps(every=5, until=0.5)) == [5, 10, 15, 20]
    assert EveryEpoch().next(13, CLOCK) == 20
    assert static_method().next_update(0, CLOCK) is None


def test_fractions():
    assert Constant(zeta=0.3).at(40, CLOCK) == 0.3
    np.testing.assert_allclose([Linear(zeta=0.4).at(k, CLOCK) for k in (0, 10, 40)], [0.4, 0.3, 0.0])
    at = [Cosine(zeta=0.4, until=0.5).at(k, CLOCK) for k in (0, 10, 20, 30)]
    np.testing.assert_allclose(at, [0.4, 0.2, 0.0, 0.0], atol=1e-16)


def test_snapshots_sum_links_and_weights_by_input():
    network = make_network()
    method = set_method(drop=Magnitude())
    kept = method.drop.keep(view_of(network), 0.3, Draw(5, 10, 0))
    before = dense(network.patterns[0], network.column(0, "weight"), kept)
    first, second = evolve(network, method, 10, CLOCK, snapshot=True, **KEYWORDS)
    after = dense(network.patterns[0], network.column(0, "weight"), np.ones(40, bool))
    for sums, matrix in ((first.survivors, before), (first.after, after)):
        np.testing.assert_array_equal(sums.links, (matrix != 0).sum(axis=1))
        np.testing.assert_allclose(sums.weight_sum, matrix.sum(axis=1))
        np.testing.assert_allclose(sums.absolute_sum, np.abs(matrix).sum(axis=1))
    assert second.survivors is None
    assert first.survivors.links.sum() == 28


def dense(pattern: Pattern, weights, keep):
    matrix = np.zeros((pattern.n_in, pattern.n_out))
    matrix[pattern.link_sources()[keep], pattern.targets[keep]] = weights[keep]
    return matrix
