"""Configurations with a name."""

from collections.abc import Callable

from gossamer.data import DataConfig
from gossamer.evolve import PaperThreshold, set_method
from gossamer.topology import ErdosRenyi
from gossamer.train.config import NetworkConfig, OptimizerConfig, RunConfig, TrainingConfig
from gossamer.train.problems import unknown_name


def _digits() -> RunConfig:
    """Small and fast, on the embedded data set."""
    return RunConfig(
        data=DataConfig(name="digits", validation_samples=200),
        network=NetworkConfig(hidden=(200, 200)),
        method=set_method(epsilon=10.0, zeta=0.3),
        training=TrainingConfig(epochs=100, batch_size=20),
    )


def _paper() -> RunConfig:
    """The configuration of the code that van Engers 2021 ran, with the 1000 epochs of the text."""
    return RunConfig(
        data=DataConfig(
            name="fashion-mnist",
            split="paper",
            train_samples=5000,
            validation_samples=1000,
            test_samples=1000,
            scaling="unit",
        ),
        network=NetworkConfig(
            hidden=(1000, 1000, 1000),
            activation="relu",
            dropout=0.2,
            init="he_uniform",
            fan_in="dense",
            loss="cross_entropy",
        ),
        method=set_method(
            zeta=0.3,
            start=ErdosRenyi(epsilon=13.0, count="bernoulli"),
            drop=PaperThreshold(),
            last_update="nothing",
            layers="all_but_output",
        ),
        optimizer=OptimizerConfig(
            kind="sgd",
            learning_rate=0.05,
            momentum=0.9,
            weight_decay=2e-4,
            weight_decay_form="decoupled",
            decay_biases=True,
        ),
        training=TrainingConfig(epochs=1000, batch_size=40, last_batch="drop"),
    )


PRESETS: dict[str, Callable[[], RunConfig]] = {"digits": _digits, "paper": _paper}
"""Named configurations; the docstring of each says what it is."""

DEFAULT_PRESET = "digits"


def preset(name: str) -> RunConfig:
    """Configuration with that name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in PRESETS:
        raise unknown_name(name, list(PRESETS), "preset")
    return PRESETS[name]()
