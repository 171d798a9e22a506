"""The generated set ``madelon``: few features decide, together; most are noise.

After the set of that name of the NIPS 2003 feature selection challenge (Guyon et al. 2004, *Result analysis
of the NIPS 2003 feature selection challenge*). The corners of a cube in `informative` dimensions are shared
out among the classes at random. A sample stands near a corner, with noise that never carries it across an
axis: the signs of its informative features decide its class exactly. Redundant features are fixed mixtures of
the informative ones, all others are noise, and the columns are shuffled.
"""

import numpy as np

from gossamer.data.config import MadelonConfig
from gossamer.data.dataset import KnownAnswer
from gossamer.data.draws import bell, integers, with_noise
from gossamer.data.source import Part, Source
from gossamer.random import Purpose, permutation, uniform

NOISE = 0.25
"""Deviation about a corner at +-1: a bell draw lies within 3.47, so 0.25 of it never reaches 1."""

LAYER_CORNER, LAYER_VALUE, LAYER_MIXTURE, LAYER_LABEL = 1, 2, 3, 4
STEP_COLUMNS, STEP_CLASSES = 0, 1


def make_madelon(config: MadelonConfig, seed: int) -> Source:
    """Samples of the set, a pure function of config and seed.

    Parameters
    ----------
    config : MadelonConfig
        Sizes and noise.
    seed : int
        In [0, 2**63).

    Returns
    -------
    Source
        float32 inputs, shape (samples, features); labels 0 .. classes - 1; the answer names informative and
        redundant features.
    """
    informative, known = config.informative, config.informative + config.redundant
    corner = integers(seed, config.samples, 2**informative, LAYER_CORNER)
    signs = 2.0 * (corner[:, None] >> np.arange(informative) & 1) - 1.0
    draws = uniform(seed, config.redundant * informative, layer=LAYER_MIXTURE, purpose=Purpose.DATA)
    mixtures = (2.0 * draws - 1.0).reshape(config.redundant, informative)
    place = permutation(seed, config.features, step=STEP_COLUMNS, purpose=Purpose.DATA)
    inputs = np.empty((config.samples, config.features), np.float32)
    for start, values in bell(seed, config.samples, config.features, LAYER_VALUE):
        rows = slice(start, start + len(values))
        values[:, :informative] = signs[rows] + NOISE * values[:, :informative]
        for number, mixture in enumerate(mixtures):
            # Summed link by link: a matrix product would round differently from library to library.
            values[:, informative + number] = sum(mixture[k] * values[:, k] for k in range(informative))
        inputs[rows, place] = values
    classes = permutation(seed, 2**informative, step=STEP_CLASSES, purpose=Purpose.DATA) % config.classes
    labels = with_noise(classes[corner], config.classes, config.label_noise, seed, LAYER_LABEL)
    return Source(
        "madelon",
        Part(inputs, labels),
        None,
        f"generated: madelon, seed {seed}",
        class_names=tuple(str(number) for number in range(config.classes)),
        answer=KnownAnswer(np.sort(place[:known]).astype(np.uint32), 1.0 - config.label_noise),
    )
