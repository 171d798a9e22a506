"""Links that methods choose, update by update, against dense float64 computations of the formulas."""

import numpy as np
import pytest

from gossamer.engine.calls import joined
from gossamer.engine.network import Network
from gossamer.errors import ConfigError
from gossamer.evolve import evolve
from gossamer.evolve.position_set import link_positions
from gossamer.random import permutation
from gossamer.train.build import settle
from gossamer.train.loop import Loop
from gossamer.train.session import train

UPDATES = 20


class DenseOracle:
    """The network as dense float64 matrices with masks, and the gradient of the batch that comes next."""

    def __init__(self, network, method, done, clock, data, config):
        self.method, self.done, self.clock, self.network = method, done, clock, network
        self.layers = method.evolving(network.n_layers)
        self.masks = [dense(p, np.ones(p.nnz, bool)) for p in network.patterns]
        self.weights = [dense(p, network.column(k, "weight")) for k, p in enumerate(network.patterns)]
        self.progress = done / clock.total_steps
        self.nnz = [int(mask.sum()) for mask in self.masks]
        batch = config.training.batch_size
        epoch, step = divmod(done, clock.steps_per_epoch)
        order = permutation(config.seed_of("training"), len(data.train), step=epoch + 1)
        ids = order[step * batch : (step + 1) * batch]
        self.x = (data.train.inputs[ids].astype(np.float64) * data.input_scale + data.input_shift).T
        self.labels = data.train.labels[ids]

    def gradients(self):
        """Dense gradient of every layer, [n_in, n_out]."""
        inputs, pre = [self.x], []
        for k, w in enumerate(self.weights):
            pre.append(w.T @ inputs[-1] + np.asarray(self.network.bias(k))[:, None])
            inputs.append(np.maximum(pre[-1], 0))
        odds = np.exp(pre[-1] - pre[-1].max(axis=0))
        delta = odds / odds.sum(axis=0)
        delta[self.labels, np.arange(len(self.labels))] -= 1
        delta /= len(self.labels)
        found = []
        for k in reversed(range(len(self.weights))):
            found.insert(0, inputs[k] @ delta.T)
            if k:
                delta = (self.weights[k] @ delta) * (pre[k - 1] > 0)
        return found

    def dropped(self, layer, scores, count):
        """Mask of the links that stay when the `count` smallest scores go."""
        size = np.where(self.masks[layer], scores, np.inf).ravel()
        keep = self.masks[layer].ravel().copy()
        keep[np.argsort(size, kind="stable")[:count]] = False
        return keep.reshape(self.masks[layer].shape)

    @staticmethod
    def grown(keep, scores, count):
        """Mask with the `count` largest scores off the mask added."""
        size = np.where(keep, -1.0, np.abs(scores)).ravel()
        after = keep.ravel().copy()
        after[np.argsort(-size, kind="stable")[:count]] = True
        return after.reshape(keep.shape)

    def cosine(self, zeta, until):
        return zeta * (1 + np.cos(np.pi * min(1.0, self.progress / until))) / 2


def dense(pattern, values):
    matrix = np.zeros((pattern.n_in, pattern.n_out), values.dtype if values.dtype == bool else np.float64)
    matrix[pattern.link_sources(), pattern.targets] = values
    return matrix


def dense_of(mask, flags):
    """The mask without those of its positions, in order, that are not flagged."""
    after = mask.copy()
    after[mask] = flags
    return after


@pytest.fixture
def updates(small, small_data, monkeypatch):
    """Train 20 updates of a method in float64 and hand an oracle and what came of it to a check."""

    def of(check, **changes):
        seen = []
        config = small(
            **{
                "density": 0.3,
                "network__dtype": "float64",
                "network__dropout": 0.0,
                "training__epochs": 12,
                "method__when__kind": "every_steps",
                "method__when__every": 3,
                "method__when__until": 1.0,
            }
            | changes
        )

        def spy(network, method, done, clock, **options):
            oracle = DenseOracle(network, method, done, clock, small_data, config)
            before = [(p, columns(network, k)) for k, p in enumerate(network.patterns)]
            reports = evolve(network, method, done, clock, **options)
            after = [dense(p, np.ones(p.nnz, bool)) for p in network.patterns]
            check(oracle, after, before)
            seen.append(done)
            return reports

        monkeypatch.setattr("gossamer.train.steps.evolve", spy)
        train(config, small_data, progress=lambda _: None)
        assert len(seen) >= UPDATES

    return of


def columns(network, layer):
    return {name: network.column(layer, name).copy() for name in network.column_names(layer)}


def same(found, expected, oracle):
    for layer in oracle.layers:
        np.testing.assert_array_equal(found[layer], expected[layer], err_msg=f"{oracle.done}, layer {layer}")


def test_rigl(updates):
    def check(oracle, after, _):
        gradients, expected = oracle.gradients(), list(oracle.masks)
        for layer in oracle.layers:
            count = round(oracle.cosine(0.3, 0.75) * oracle.nnz[layer])
            keep = oracle.dropped(layer, np.abs(oracle.weights[layer]), count)
            expected[layer] = oracle.grown(keep, gradients[layer], count)
        same(after, expected, oracle)

    updates(check, method="rigl")


@pytest.mark.parametrize("window", [4, 10])
def test_snfs_grows_by_the_momentum_of_masked_dense_training(window, updates, monkeypatch, small, small_data):
    """The dense momentum is summed up step by step, from the weights that each step found."""
    gradients, beta = {}, 0.9
    config = {}

    def learn(network, inputs, targets, order, batch, rates, first_step, seed, weights):
        parts = []
        for k in range(len(rates)):
            step = first_step + k
            oracle = DenseOracle(network, config["method"], step, config["clock"], small_data, config["run"])
            gradients[step] = oracle.gradients()
            ids = order[k * batch : (k + 1) * batch]
            parts.append(take_steps(network, inputs, targets, ids, batch, rates[k : k + 1], step, seed))
        return joined(parts, -1, len(rates))

    take_steps = Network.train
    monkeypatch.setattr(Network, "train", learn)
    start = Loop.__init__

    def note(loop, run, dataset, network, state):
        start(loop, run, dataset, network, state)
        config.update(method=run.method, clock=loop.clock, run=run)

    monkeypatch.setattr(Loop, "__init__", note)

    def check(oracle, after, before):
        ages = range(min(window, oracle.done))
        total, dropped, shares = 0, {}, {}
        for layer in oracle.layers:
            count = round(oracle.cosine(0.5, 1.0) * oracle.nnz[layer])
            dropped[layer] = oracle.dropped(layer, np.abs(oracle.weights[layer]), count)
            shares[layer] = np.abs(before[layer][1]["velocity"]).mean()
            total += count
        grown = {k: int(after[k].sum() - dropped[k].sum()) for k in oracle.layers}
        assert sum(grown.values()) == total
        for layer in oracle.layers:
            room = dropped[layer].size - dropped[layer].sum()
            wanted = total * shares[layer] / sum(shares.values())
            assert abs(grown[layer] - wanted) < 1 or grown[layer] == room
            momentum = sum((1 - beta) * beta**age * gradients[oracle.done - 1 - age][layer] for age in ages)
            expected = oracle.grown(dropped[layer], momentum, grown[layer])
            np.testing.assert_array_equal(after[layer], expected, err_msg=f"{oracle.done}, layer {layer}")

    # With a window as long as from update to update every step is looked at.
    updates(check, method="snfs", method__grow__window=window, method__when__every=4)


def test_granet(updates):
    def check(oracle, after, _):
        positions = sum(oracle.masks[k].size for k in oracle.layers)
        total = sum(oracle.nnz[k] for k in oracle.layers)
        course = 0.1 + (0.3 - 0.1) * (1 - min(1.0, oracle.progress / 0.6875)) ** 3
        target = min(total, round(course * positions))
        # The smallest weights of the whole network go first.
        sizes = np.concatenate([np.abs(oracle.weights[k][oracle.masks[k]]) for k in oracle.layers])
        stays = np.ones(total, bool)
        stays[np.argsort(sizes, kind="stable")[: total - target]] = False
        gradients, expected = oracle.gradients(), list(oracle.masks)
        for layer, flags in zip(oracle.layers, np.split(stays, [oracle.nnz[0]]), strict=True):
            oracle.masks[layer] = dense_of(oracle.masks[layer], flags)
            links = int(oracle.masks[layer].sum())
            count = round(oracle.cosine(0.5, 1.0) * links)
            keep = oracle.dropped(layer, np.abs(oracle.weights[layer]), count)
            expected[layer] = oracle.grown(keep, gradients[layer], count)
        assert sum(int(expected[k].sum()) for k in oracle.layers) == target
        same(after, expected, oracle)

    updates(
        check,
        method="granet",
        method__density__final=0.1,
        method__density__initial=0.3,
        start="uniform",
        density=0.3,
    )


def test_mest(updates):
    def check(oracle, after, _):
        gradients = oracle.gradients()
        for layer in oracle.layers:
            count = round(0.2 * oracle.nnz[layer])
            scores = np.abs(oracle.weights[layer]) + 0.5 * np.abs(gradients[layer])
            keep = oracle.dropped(layer, scores, count)
            assert (after[layer] & keep).sum() == keep.sum()
            assert after[layer].sum() == oracle.nnz[layer]

    updates(
        check,
        method="mest",
        method__drop__gradient_weight=0.5,
        method__fraction={"kind": "constant", "zeta": 0.2},
        method__grow__allow_regrow=False,
    )


def test_dsr(updates):
    threshold = [0.05]

    def check(oracle, after, _):
        keep = {k: oracle.masks[k] & (np.abs(oracle.weights[k]) >= threshold[0]) for k in oracle.layers}
        total = sum(oracle.nnz[k] for k in oracle.layers)
        dropped = total - sum(int(mask.sum()) for mask in keep.values())
        if dropped < 0.9 * 0.1 * total:
            threshold[0] *= 2
        elif dropped > 1.1 * 0.1 * total:
            threshold[0] /= 2
        shares = np.array([keep[k].sum() for k in oracle.layers], float)
        grown = np.array([after[k].sum() for k in oracle.layers]) - shares
        assert grown.sum() == dropped
        assert (np.abs(grown - dropped * shares / shares.sum()) < 1).all()
        for layer in oracle.layers:
            assert (after[layer] & keep[layer]).sum() == keep[layer].sum()

    updates(
        check,
        method="dsr",
        method__drop__threshold=0.05,
        method__fraction__zeta=0.1,
        method__grow__allow_regrow=False,
    )
    assert threshold[0] != 0.05


def test_srigl(updates):
    def check(oracle, after, _):
        gradients, expected = oracle.gradients(), list(oracle.masks)
        for layer in oracle.layers:
            expected[layer] = srigl(oracle, layer, gradients[layer], oracle.cosine(0.3, 0.75))
            fan_in = after[layer].sum(axis=0)
            assert len(set(fan_in[fan_in > 0].tolist())) == 1
        same(after, expected, oracle)

    updates(check, method="srigl", start="uniform")


def srigl(oracle, layer, gradient, zeta):
    mask, size = oracle.masks[layer], np.abs(oracle.weights[layer])
    n_in, n_out = mask.shape
    count = round(zeta * int(mask.sum()))
    keep = oracle.dropped(layer, size, count)
    salient = oracle.grown(keep, gradient, count).sum(axis=0)
    active = mask.any(axis=0)
    mean = mask.sum() / active.sum()
    active &= salient >= max(1.0, 0.3 * mean)
    fan_in = min(n_in, round(round(0.3 * n_in * n_out) / int(active.sum())))
    after = np.zeros_like(mask)
    for neuron in np.flatnonzero(active):
        kept = np.flatnonzero(keep[:, neuron])
        kept = kept[np.argsort(-size[kept, neuron], kind="stable")][:fan_in]
        free = np.setdiff1d(np.arange(n_in), kept)
        order = free[np.argsort(-np.abs(gradient[free, neuron]).astype(np.float32), kind="stable")]
        after[kept, neuron] = after[order[: fan_in - len(kept)], neuron] = True
    return after


def test_nest_grows_by_the_bridging_gradient(updates):
    def check(oracle, after, _):
        gradients = oracle.gradients()
        for layer in oracle.layers:
            more = int(after[layer].sum()) - oracle.nnz[layer]
            if more > 0:
                expected = oracle.grown(oracle.masks[layer], gradients[layer], more)
                np.testing.assert_array_equal(after[layer], expected)

    updates(check, method="nest", method__grow__memory=0.0, density=0.1)


def cannistraci_hebb(mask, score):
    """Scores by going over all nodes and all paths of length 3."""
    n_in, n_out = mask.shape
    common_sources, common_targets = mask @ mask.T.astype(int), mask.T.astype(int) @ mask
    links_of_source, links_of_target = mask.sum(axis=1), mask.sum(axis=0)
    found = np.zeros(mask.shape)
    for u in range(n_in):
        for v in range(n_out):
            if mask[u, v]:
                continue
            near = [z2 for z2 in np.flatnonzero(mask[:, v]) if common_sources[u, z2]]
            far = [z1 for z1 in np.flatnonzero(mask[u]) if common_targets[v, z1]]
            of2 = {z2: 1 + max(0, links_of_source[z2] - common_sources[u, z2] - 1) for z2 in near}
            of1 = {z1: 1 + max(0, links_of_target[z1] - common_targets[v, z1] - 1) for z1 in far}
            if score == "ch3_l3p":
                paths = [(z1, z2) for z1 in far for z2 in near if mask[z2, z1]]
                found[u, v] = sum(1 / np.sqrt(of1[z1] * of2[z2]) for z1, z2 in paths)
            else:
                by = score == "ch2_l3n"
                found[u, v] = sum((common_sources[u, z2] if by else 1) / of2[z2] for z2 in near)
                found[u, v] += sum((common_targets[v, z1] if by else 1) / of1[z1] for z1 in far)
    return found


@pytest.mark.parametrize("score", ["ch2_l3n", "ch3_l3n", "ch3_l3p"])
def test_cannistraci_hebb_grows_the_largest_scores_after_chain_removal(score, updates):
    def check(oracle, after, _):
        keep = {}
        for layer in oracle.layers:
            size = np.abs(oracle.weights[layer])
            sums = (size + 1e-5).sum(axis=0)[None, :], (size + 1e-5).sum(axis=1)[:, None]
            share = size / sums[0] + size / sums[1]
            keep[layer] = oracle.dropped(layer, share, round(0.3 * oracle.nnz[layer]))
        keep[0] = keep[0] & keep[1].any(axis=1)[None, :]
        keep[1] = keep[1] & keep[0].any(axis=0)[:, None]
        for layer in oracle.layers:
            scores = cannistraci_hebb(keep[layer], score)
            count = oracle.nnz[layer] - int(keep[layer].sum())
            assert after[layer].sum() == oracle.nnz[layer]
            assert (after[layer] & keep[layer]).sum() == keep[layer].sum()
            grown = after[layer] & ~keep[layer]
            ordered = np.sort(scores[~keep[layer]])[::-1]
            edge = ordered[count - 1]
            # All above the last score that still grows; at it the order of sums may decide.
            assert grown[scores > edge + 1e-9].all()
            assert (scores[grown] >= edge - 1e-9).all()

    updates(
        check,
        method="chts",
        method__fraction={"kind": "constant", "zeta": 0.3},
        method__grow__score=score,
        method__grow__soft=False,
        training__epochs=10,
    )


def test_positions_are_the_same_however_listed(small_data, small):
    run = train(small(training__epochs=1), small_data)
    pattern = run.network.patterns[0]
    mask = dense(pattern, np.ones(pattern.nnz, bool))
    np.testing.assert_array_equal(link_positions(pattern), np.flatnonzero(mask))


def test_deep_r_drops_what_is_dormant_and_grows_faint_links_of_random_sign(updates):
    grown = []

    def check(oracle, after, before):
        if oracle.done == oracle.clock.total_steps:
            return  # nothing is done after the last step
        for layer in oracle.layers:
            pattern, columns = before[layer]
            theta, sign = dense(pattern, columns["latent"]), dense(pattern, columns["sign"])
            weights = np.where(theta > 0, theta * sign, 0.0)
            np.testing.assert_array_equal(oracle.weights[layer], weights)
            stay = oracle.masks[layer] & (theta > 0)
            assert (after[layer] | ~stay).all()
            assert after[layer].sum() == oracle.nnz[layer]
            now = oracle.network.patterns[layer]
            new = after[layer] & ~stay
            strength = dense(now, oracle.network.column(layer, "latent"))
            np.testing.assert_array_equal(strength[new], 1e-12)
            np.testing.assert_array_equal(strength[stay], theta[stay])
            grown.extend(np.sign(dense(now, oracle.network.column(layer, "weight"))[new]))

    updates(check, method="deep_r", method__latent__penalty=2e-2, method__latent__noise=1e-2)
    assert len(grown) > 40
    assert 0.3 < np.mean(np.array(grown) > 0) < 0.7


def test_top_kast_computes_with_the_largest_and_drops_the_smallest(updates, monkeypatch):
    seen = []

    def check(oracle, after, before):
        for layer in oracle.layers:
            pattern, columns = before[layer]
            theta = dense(pattern, columns["latent"])
            forward = dense(pattern, columns["forward"]) > 0
            if seen:
                assert forward.sum() == round(0.5 * oracle.nnz[layer])
            np.testing.assert_array_equal(oracle.weights[layer], np.where(forward, theta, 0.0))
            count = round(0.3 * oracle.nnz[layer])
            keep = oracle.dropped(layer, np.abs(theta), count)
            assert (after[layer] | ~keep).all()
            assert after[layer].sum() == oracle.nnz[layer]
            assert not (keep & ~oracle.masks[layer]).any()
        seen.append(oracle.done)

    def settled(network, method):
        settle(network, method)
        for layer in method.evolving(network.n_layers):
            size, flags = np.abs(network.column(layer, "latent")), network.column(layer, "forward") > 0
            assert flags.sum() == round(0.5 * len(size))
            assert size[flags].min() >= size[~flags].max()

    monkeypatch.setattr("gossamer.train.steps.settle", settled)
    updates(check, method="top_kast")


def test_a_drop_by_strength_without_strengths_is_refused(small):
    with pytest.raises(ConfigError, match=r"set method\.latent = 'deep_r'"):
        small(method="set", method__drop__kind="dormant")
