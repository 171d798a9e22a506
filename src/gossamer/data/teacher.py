"""The generated set ``teacher``: labels by a random sparse network, so that another can learn it all.

The teacher has one hidden layer of ReLU neurons; each hidden neuron reads `fan_in` random inputs and each
output `fan_in` random hidden neurons. Scores are brought to mean 0 and deviation 1 over a reference batch, so
that classes are about equally frequent, and the highest score is the label. Inputs that are on no path to an
output tell nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.data.config import TeacherConfig
from gossamer.data.dataset import KnownAnswer
from gossamer.data.draws import bell, distinct, with_noise
from gossamer.data.source import Part, Source
from gossamer.random import Purpose, uniform

LAYER_VALUE, LAYER_REFERENCE, LAYER_HIDDEN, LAYER_OUTPUT, LAYER_WEIGHT, LAYER_LABEL = range(1, 7)
REFERENCE = 4096


@dataclass(frozen=True, eq=False)
class Teacher:
    """The network: neuron k of a layer reads neurons ``sources[k]`` of the layer below with ``weights[k]``.

    Parameters
    ----------
    hidden_sources, hidden_weights : int64 and float64 arrays, shape (hidden, fan_in)
    output_sources, output_weights : int64 and float64 arrays, shape (classes, fan_in)
    mean, deviation : float64 arrays, shape (classes,)
        Of the raw scores over the reference batch.
    """

    hidden_sources: NDArray[np.int64]
    hidden_weights: NDArray[np.float64]
    output_sources: NDArray[np.int64]
    output_weights: NDArray[np.float64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def labels(self, inputs: NDArray[np.floating]) -> NDArray[np.int64]:
        """Class of each row of `inputs`, shape (n, features)."""
        return np.asarray(np.argmax((self.raw_scores(inputs) - self.mean) / self.deviation, axis=1))

    def raw_scores(self, inputs: NDArray[np.floating]) -> NDArray[np.float64]:
        """Scores before they are brought to mean 0 and deviation 1, shape (n, classes)."""
        hidden = np.maximum(_gather(inputs, self.hidden_sources, self.hidden_weights), 0.0)
        return _gather(hidden, self.output_sources, self.output_weights)

    def relevant_features(self) -> NDArray[np.uint32]:
        """Inputs on a path to an output, ascending."""
        read = np.unique(self.output_sources)
        return np.unique(self.hidden_sources[read]).astype(np.uint32)


def make_teacher(config: TeacherConfig, seed: int) -> Source:
    """Samples of the set, a pure function of config and seed.

    Parameters
    ----------
    config : TeacherConfig
        Sizes and noise.
    seed : int
        In [0, 2**63).

    Returns
    -------
    Source
        float32 inputs, shape (samples, features), bell-shaped with mean 0 and variance 1; labels 0 .. classes
        - 1.
    """
    teacher = draw_teacher(config, seed)
    inputs = np.empty((config.samples, config.features), np.float32)
    labels = np.empty(config.samples, np.int64)
    for start, values in bell(seed, config.samples, config.features, LAYER_VALUE):
        rows = slice(start, start + len(values))
        inputs[rows] = values
        # The labels belong to the inputs as a learner gets them, after rounding to float32.
        labels[rows] = teacher.labels(inputs[rows])
    labels = with_noise(labels, config.classes, config.label_noise, seed, LAYER_LABEL)
    return Source(
        "teacher",
        Part(inputs, labels),
        None,
        f"generated: teacher, seed {seed}",
        class_names=tuple(str(number) for number in range(config.classes)),
        answer=KnownAnswer(teacher.relevant_features(), 1.0 - config.label_noise),
    )


def draw_teacher(config: TeacherConfig, seed: int) -> Teacher:
    """The network behind the set of this config and seed; weights have a random sign and size 1/2 to 1."""
    hidden_links, output_links = config.hidden * config.fan_in, config.classes * config.fan_in
    draws = uniform(seed, hidden_links + output_links, layer=LAYER_WEIGHT, purpose=Purpose.DATA)
    weights = np.where(draws < 0.5, draws + 0.5, draws - 1.5)
    parts = (
        distinct(seed, config.hidden, config.fan_in, config.features, LAYER_HIDDEN),
        weights[:hidden_links].reshape(config.hidden, config.fan_in),
        distinct(seed, config.classes, config.fan_in, config.hidden, LAYER_OUTPUT),
        weights[hidden_links:].reshape(config.classes, config.fan_in),
    )
    # Only the inputs that are read are drawn for the reference batch, under their numbers among those.
    read, numbers = np.unique(parts[0], return_inverse=True)
    zero, one = np.zeros(config.classes), np.ones(config.classes)
    plain = Teacher(numbers.reshape(parts[0].shape), *parts[1:], mean=zero, deviation=one)
    blocks = bell(seed, REFERENCE, len(read), LAYER_REFERENCE)
    scores = np.concatenate([plain.raw_scores(values) for _, values in blocks])
    mean = scores.sum(axis=0) / REFERENCE
    deviation = np.sqrt(((scores - mean) ** 2).sum(axis=0) / REFERENCE)
    return Teacher(*parts, mean=mean, deviation=deviation)


def _gather(
    values: NDArray[np.floating], sources: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sums of weighted inputs, link by link in a fixed order: the same bits on every machine."""
    total = np.zeros((len(values), len(sources)))
    for link in range(sources.shape[1]):
        total += values[:, sources[:, link]] * weights[:, link]
    return total
