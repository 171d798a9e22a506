"""The Python API as people try it, and its refusals."""

import numpy as np
import pytest

import gossamer
from gossamer.errors import ConfigError, DataError

SMALL = {"hidden": [10], "epochs": 2}


def test_a_preset_is_trained_by_its_name_with_settings():
    run = gossamer.train("digits", zeta=0.9, **SMALL)
    assert run.config == gossamer.with_overrides(gossamer.preset("digits"), {"zeta": 0.9, **SMALL})
    assert run.config.method.fraction.zeta == 0.9


def test_a_file_is_trained_by_its_path(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text("seed = 3\n[network]\nhidden = [7]\n[training]\nepochs = 1\n")
    run = gossamer.train(path)
    assert (run.config.seed, run.config.network.hidden) == (3, (7,))


def test_a_network_takes_plain_arrays_of_its_inputs():
    run = gossamer.train("digits", **SMALL)
    values = np.random.default_rng(0).random((5, 64))
    classes, odds = run.network.predict(values), run.network.predict_proba(values)
    np.testing.assert_array_equal(classes, odds.argmax(axis=1))
    # The run takes samples as the source has them, of 0 to 16; its network takes scaled ones.
    np.testing.assert_array_equal(
        run.predict(np.round(values * 16)), run.network.predict(np.round(values * 16) / 16)
    )
    with pytest.raises(DataError, match="64"):
        run.network.predict(values[:, :3])


def test_an_output_that_is_not_finite_is_refused_by_sample():
    run = gossamer.train("digits", **SMALL)
    run.network.set_column(0, "weight", np.full(run.network.nnz[0], 1e4, np.float32))
    samples = np.zeros((3, 64))
    samples[1] = 1e36
    for predict in (run.predict, run.predict_proba, run.network.predict):
        with pytest.raises(DataError, match=r"sample 1, counted from 0, is not finite"):
            predict(samples)


def test_a_diverged_run_says_where_and_what_to_try():
    # Linear neurons cannot die, so the weights grow without bound.
    run = gossamer.train("digits", **SMALL, activation="linear", learning_rate=1e5)
    assert run.state == "diverged"
    assert f"in epoch {run.diverged_epoch} of 2" in run.divergence
    assert "a smaller learning rate than 100000" in run.divergence
    assert "standardise" in run.divergence
    assert not gossamer.train("digits", **SMALL).divergence


def test_a_network_beyond_memory_is_refused_before_it_is_made(monkeypatch):
    from gossamer.train import memory

    monkeypatch.setattr(memory, "available_memory", lambda: 10**6)
    monkeypatch.setattr(
        "gossamer.train.session.first_patterns", lambda *_: pytest.fail("something was allocated")
    )
    with pytest.raises(ConfigError, match=r"not enough memory for this run: .* are needed, 1 MB are there"):
        gossamer.train("digits", hidden=[20000, 20000])
