"""Configuration of a run: everything that its result depends on, and what its execution depends on."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from gossamer.data import DataConfig
from gossamer.engine.activation import Activation, ActivationName
from gossamer.engine.initial import FanIn, Initial, InitName
from gossamer.engine.loss import LossName
from gossamer.engine.optimizer import DecayForm, Optimizer, OptimizerKind
from gossamer.evolve import Method, set_method
from gossamer.fields import field
from gossamer.random import derive
from gossamer.train.schedule import ScheduleConfig
from gossamer.train.task import TASKS

# Epochs whose exact training accuracy and structure are kept by default. The list does not depend on the
# length of the run, so that a run can be extended.
LANDMARKS = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000, 10000)

_SEED_PATHS = {"data": 1, "topology": 2, "weights": 3, "training": 4}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkConfig(_Model):
    """Layers, activation, dropout, initial weights, loss."""

    hidden: tuple[int, ...] = field((256, 256), help="sizes of the hidden layers", unit="neurons")
    activation: ActivationName = field("relu", help="activation of the hidden layers")
    slope: float = field(
        0.01, help="slope below zero of leaky_relu and all_relu", unit="ratio", allow_inf_nan=False
    )
    dropout: float = field(
        0.0, help="part of each hidden layer dropped in training", unit="fraction", ge=0, lt=0.998
    )
    init: InitName = field("he_uniform", help="distribution of the initial weights")
    fan_in: FanIn = field("dense", help="fan-in of the initial weights: n_in, or the links there are")
    loss: LossName = field("cross_entropy", help="loss of the output layer")
    dtype: Literal["float32", "float64"] = field("float32", help="type of weights and activations")

    @model_validator(mode="after")
    def _sizes_are_positive(self) -> Self:
        if any(size < 1 for size in self.hidden):
            raise ValueError(f"hidden is {list(self.hidden)}, expected at least one neuron in every layer")
        return self

    def hidden_activation(self) -> Activation:
        """Activation of the hidden layers as the engine takes it."""
        return Activation(self.activation, self.slope)


class OptimizerConfig(_Model):
    """Rule of a step; the formulas stand at `gossamer.engine.optimizer.Optimizer`."""

    kind: OptimizerKind = field("sgd", help="stochastic gradient descent with momentum, or Adam")
    learning_rate: float = field(
        0.05, help="learning rate before schedule and warm-up", unit="per step", ge=0, le=1e6
    )
    schedule: ScheduleConfig = field(
        help="change of the learning rate over the run", default_factory=ScheduleConfig
    )
    momentum: float = field(0.9, help="of sgd: part of the last step kept", unit="fraction", ge=0, lt=1)
    nesterov: bool = field(False, help="of sgd: Nesterov's form of momentum")
    weight_decay: float = field(0.0, help="shrinking of the weights", unit="per step", ge=0, lt=1)
    weight_decay_form: DecayForm = field(
        "l2", help="decay in the gradient (l2), or apart from it with or without the learning rate"
    )
    decay_biases: bool = field(True, help="whether weight decay acts on biases too")
    beta1: float = field(0.9, help="of adam: memory of the mean", unit="fraction", ge=0, lt=1)
    beta2: float = field(0.999, help="of adam: memory of the square", unit="fraction", ge=0, lt=1)
    eps: float = field(1e-8, help="of adam: smallest scale", unit="gradient", gt=0, le=1)

    def optimizer(self) -> Optimizer:
        """Rule of a step as the engine takes it."""
        return Optimizer(**self.model_dump(exclude={"learning_rate", "schedule"}))


class TrainingConfig(_Model):
    """Length of the run, batches, and what is looked at on the way."""

    epochs: int = field(100, help="passes over the training samples", unit="epochs", ge=1, le=10**9)
    batch_size: int = field(40, help="samples of a step", unit="samples", ge=1, le=2**20)
    class_weight: Literal["none", "balanced"] = field(
        "none",
        absent=("none",),
        help="balanced: samples of a class count in training by one over how many there are; starts by "
        "saliency and evaluations weigh all alike",
    )
    last_batch: Literal["drop", "keep"] = field("drop", help="what becomes of a last, smaller batch")
    train_evaluation_epochs: tuple[int, ...] = field(
        LANDMARKS,
        help="epochs with an exact evaluation on the training samples; the last one always has it",
        unit="epochs",
    )
    snapshot_epochs: tuple[int, ...] = field(
        LANDMARKS,
        help="epochs whose update leaves a snapshot of the input layer; the last update always does",
        unit="epochs",
    )

    @model_validator(mode="after")
    def _epochs_ascend(self) -> Self:
        for name in ("train_evaluation_epochs", "snapshot_epochs"):
            epochs = getattr(self, name)
            if list(epochs) != sorted(set(epochs)) or (epochs and epochs[0] < 1):
                raise ValueError(f"{name} is {list(epochs)}, expected ascending epochs, counted from 1")
        return self


class SeedConfig(_Model):
    """Seeds of the parts of a run. A part without its own seed gets one derived from the run's `seed`."""

    data: int | None = field(None, help="seed of splits and of generated data", unit="seed", ge=0, lt=2**63)
    topology: int | None = field(None, help="seed of the first topology", unit="seed", ge=0, lt=2**63)
    weights: int | None = field(None, help="seed of the initial weights", unit="seed", ge=0, lt=2**63)
    training: int | None = field(
        None, help="seed of shuffling, dropout and rewiring", unit="seed", ge=0, lt=2**63
    )


class ExecutionConfig(_Model):
    """How a run is carried out; no part of its identity.

    Nothing here changes a result, but that the two engines round differently. Which arithmetic made a result
    is recorded in it, as "fma", "baseline" or "reference".
    """

    engine: Literal["native", "reference"] = field(
        "native", help="compiled kernels, or their slow NumPy twin", execution=True
    )
    threads: int | None = field(
        None,
        help="threads of the engine; GOSSAMER_THREADS if not set, else 1",
        unit="threads",
        execution=True,
        ge=1,
        le=1024,
    )
    checkpoint_seconds: float = field(
        60.0, help="time between checkpoints; 0 writes one after every call", unit="s", execution=True, ge=0
    )
    keep_checkpoint: bool = field(
        False, help="keep the last checkpoint of a finished run, so that it can be extended", execution=True
    )


class RunConfig(_Model):
    """A run: one training with one configuration and one seed.

    A loss that is not given is the first one of the task (`gossamer.train.task.Task.losses`).
    """

    data: DataConfig = field(help="data set, subsets, splits, scaling", default_factory=DataConfig)
    network: NetworkConfig = field(help="the network", default_factory=NetworkConfig)
    method: Method = field(help="how the topology starts and changes", default_factory=set_method)
    optimizer: OptimizerConfig = field(help="rule of a step", default_factory=OptimizerConfig)
    training: TrainingConfig = field(help="length, batches, evaluations", default_factory=TrainingConfig)
    require_paths: bool = field(False, help="refuse a topology in which an input or a class is on no path")
    seed: int = field(0, help="seed of the run", unit="seed", ge=0, lt=2**63)
    seeds: SeedConfig = field(help="seeds of single parts of the run", default_factory=SeedConfig)
    execution: ExecutionConfig = field(
        help="threads, checkpoints", execution=True, default_factory=ExecutionConfig
    )

    @model_validator(mode="before")
    @classmethod
    def _loss_of_the_task(cls, values: Any) -> Any:
        """Write out the loss where only the task is given."""
        if not isinstance(values, dict):
            return values
        data, network = values.get("data"), values.get("network")
        name = data.get("task") if isinstance(data, dict) else getattr(data, "task", None)
        if not isinstance(name, str) or name not in TASKS or name == "classification":
            return values
        loss = {"loss": TASKS[name].losses[0]}
        if isinstance(network, NetworkConfig):
            given = "loss" in network.model_fields_set
            return values if given else {**values, "network": network.model_copy(update=loss)}
        if network is None or isinstance(network, dict):
            return {**values, "network": {**loss, **(network or {})}}
        return values

    @model_validator(mode="after")
    def _loss_fits_the_task(self) -> Self:
        task = TASKS[self.data.task]
        if self.network.loss not in task.losses:
            raise ValueError(
                f"network.loss is {self.network.loss!r}; data.task = {task.name!r} needs "
                f"{' or '.join(repr(loss) for loss in task.losses)}"
            )
        if self.network.loss == "poisson" and self.data.target_scaling != "none":
            raise ValueError(
                "network.loss is 'poisson', which learns counts as they are; set data.target_scaling = 'none'"
            )
        if self.training.class_weight != "none" and task.name != "classification":
            raise ValueError(
                f"training.class_weight is {self.training.class_weight!r}, but the task {task.name!r} has no "
                "classes; leave it out"
            )
        return self

    def with_data(self, data: DataConfig) -> Self:
        """The same run on other data; where these are of another task, with the loss of that task."""
        task, network = TASKS[data.task], self.network
        if self.network.loss not in task.losses:
            network = network.model_copy(update={"loss": task.losses[0]})
        return self.model_copy(update={"data": data, "network": network})

    def seed_of(self, part: Literal["data", "topology", "weights", "training"]) -> int:
        """Seed of a part: its own if set, else derived from `seed`."""
        own: int | None = getattr(self.seeds, part)
        return derive(self.seed, _SEED_PATHS[part]) if own is None else own

    @property
    def extendable(self) -> bool:
        """Whether nothing before the end depends on the number of epochs, so that more can be appended."""
        return not (self.optimizer.schedule.depends_on_total or self.method.depends_on_total)

    def initial(self) -> Initial:
        """Distribution of initial weights, for the first links and for those that grow."""
        return Initial(self.network.init, self.network.fan_in)

    def without_folders(self) -> Self:
        """The same run with data named by file rather than by path, as results record it."""
        return self.model_copy(update={"data": self.data.without_folders()})
