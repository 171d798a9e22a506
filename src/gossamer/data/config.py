"""What a user says about data: which set, which samples, which scaling."""

from pathlib import PurePath
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from gossamer.data.scaling import ScalingName
from gossamer.data.targets import TargetScalingName, TaskName
from gossamer.fields import field

NAMES = ("digits", "fashion-mnist", "mnist", "madelon", "teacher")
"""The named sets; any other name is a file or folder of the user's own."""

OWN_FRACTION = 0.2
"""Of own files: the part that is held out for test, and of the rest for validation, where nothing is said."""

SPLIT_FIELDS = (
    "split",
    "train_samples",
    "validation_samples",
    "validation_fraction",
    "test_samples",
    "test_fraction",
)
"""Fields that say which samples a run sees: they belong to a data set, and not to a file put in its place."""

MAX_VALUES = 2**31
"""Generated values of one set, samples times features: 8 GiB."""

MISSING_VALUES = ("", "?", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None")
"""Cells of a table that stand for a missing value."""


class MadelonConfig(BaseModel):
    """The generated set ``madelon``: see `gossamer.data.madelon`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = field(
        2600, ge=4, le=10_000_000, unit="samples", help="Samples in all, before they are split."
    )
    features: int = field(
        500, ge=1, le=1_000_000, unit="features", help="Input features, most of them pure noise."
    )
    informative: int = field(5, ge=1, le=12, unit="features", help="Features whose signs decide the class.")
    redundant: int = field(
        15, ge=0, le=100_000, unit="features", help="Mixtures of the informative features."
    )
    classes: int = field(
        2, ge=2, le=1000, unit="classes", help="Classes; at most two to the power of informative."
    )
    label_noise: float = field(
        0.0, ge=0.0, lt=0.5, unit="fraction", help="Probability that a label is replaced."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_size(self.samples, self.features)
        if self.informative + self.redundant > self.features:
            raise ValueError(
                f"informative = {self.informative} and redundant = {self.redundant} do not fit into "
                f"features = {self.features}; raise features."
            )
        if self.classes > 2**self.informative:
            raise ValueError(
                f"classes = {self.classes} is above 2 ** informative = {2**self.informative}; lower it."
            )
        return self


class TeacherConfig(BaseModel):
    """The generated set ``teacher``: see `gossamer.data.teacher`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = field(
        4000, ge=4, le=10_000_000, unit="samples", help="Samples in all, before they are split."
    )
    features: int = field(100, ge=1, le=1_000_000, unit="features", help="Input features.")
    hidden: int = field(20, ge=1, le=100_000, unit="neurons", help="Hidden neurons of the teacher.")
    fan_in: int = field(4, ge=1, le=1000, unit="links", help="Links into each hidden and each output neuron.")
    classes: int = field(4, ge=2, le=1000, unit="classes", help="Classes: output neurons of the teacher.")
    label_noise: float = field(
        0.0, ge=0.0, lt=0.5, unit="fraction", help="Probability that a label is replaced."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_size(self.samples, self.features)
        if self.fan_in > min(self.features, self.hidden):
            raise ValueError(
                f"fan_in = {self.fan_in} is above features = {self.features} or hidden = {self.hidden}; "
                "lower it."
            )
        return self


def _check_size(samples: int, features: int) -> None:
    if samples * features > MAX_VALUES:
        raise ValueError(
            f"samples = {samples} of features = {features} are over {MAX_VALUES} values; lower one."
        )


class DataConfig(BaseModel):
    """Which data a run sees. The same config and seed always give the same arrays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = field(
        "digits",
        min_length=1,
        help="A named set (digits, fashion-mnist, mnist, madelon, teacher), or a file or folder of yours.",
    )
    split: Literal["seeded", "paper"] = field(
        "seeded",
        help="seeded: stratified by class, from the data seed; paper: the shuffle of the paper's code.",
    )
    train_samples: int | None = field(
        None, ge=1, unit="samples", help="Training samples; not set: all that the other parts leave."
    )
    validation_samples: int = field(
        0,
        ge=0,
        unit="samples",
        help="Validation samples, taken from the training part and never trained on; 0: none.",
    )
    validation_fraction: float = field(
        0.0,
        absent=(0.0,),
        ge=0.0,
        lt=1.0,
        unit="fraction",
        help="The same as a part of what test leaves, in place of validation_samples; own files: 0.2.",
    )
    test_samples: int | None = field(
        None, ge=1, unit="samples", help="Test samples; not set: all, or test_fraction."
    )
    test_fraction: float = field(
        0.5,
        gt=0.0,
        lt=1.0,
        unit="fraction",
        help="Held out for test, where the set has no test part of its own; own files: 0.2.",
    )
    scaling: ScalingName = field(
        "unit",
        help="unit: divided by the largest possible value; standardise: mean 0, deviation 1; or none.",
    )
    task: TaskName = field(
        "classification",
        absent=("classification",),
        help="What is predicted: a class, values (regression), or which of several labels are on.",
    )
    target_scaling: TargetScalingName = field(
        "standardise",
        absent=("standardise",),
        help="Regression: what the network learns; standardise: mean 0, deviation 1 in training. Predictions "
        "and scores are in the units of the source.",
    )
    label_column: int | str | tuple[int | str, ...] = field(
        -1,
        unit="column",
        help="Tables: the label's column, by name or by number from 0; negative numbers count from the end. "
        "Several columns, as [a, b], for regression and multilabel.",
    )
    header: Literal["auto", "yes", "no"] = field(
        "auto",
        absent=("auto",),
        help="Tables: whether the first row holds names; auto: as it looks, refused where that is undecided.",
    )
    separator: Literal["auto", ",", ";", "|", "tab", "blanks"] = field(
        "auto", absent=("auto",), help="Tables: what stands between two cells; auto: as it looks."
    )
    decimal: Literal["auto", ".", ","] = field(
        "auto", absent=("auto",), help="Tables: the decimal mark; auto: as it looks."
    )
    missing: Literal["error", "mean", "drop"] = field(
        "error",
        absent=("error",),
        help="Tables: missing cells are refused, filled with the training mean, or their rows are dropped.",
    )
    missing_values: tuple[str, ...] = field(
        MISSING_VALUES, absent=(MISSING_VALUES,), help="Tables: cells that stand for a missing value."
    )
    leave_out: tuple[int | str, ...] = field(
        (), absent=((),), unit="columns", help="Tables: columns to leave out, by name or by number from 0."
    )
    words: tuple[int | str, ...] = field(
        (),
        absent=((),),
        unit="columns",
        help="Tables: columns whose cells are words even where they look like numbers, such as codes.",
    )
    input_array: str | None = field(
        None, absent=(None,), help=".mat and .npz: name of the array of inputs; not set: X."
    )
    label_array: str | None = field(
        None, absent=(None,), help=".mat and .npz: name of the array of labels; not set: Y."
    )
    first_index: int = field(
        1, ge=0, le=1, absent=(1,), unit="number", help="libsvm: number of the first feature in the file."
    )
    madelon: MadelonConfig | None = field(None, help="Sizes of the generated set madelon.")
    teacher: TeacherConfig | None = field(None, help="Sizes of the generated set teacher.")

    @field_validator("header", mode="before")
    @classmethod
    def _yes_or_no(cls, value: Any) -> Any:
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value

    @field_validator("leave_out", "words", "missing_values", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        """One alone, or several separated by commas, as a command line gives them."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(","))
        return (value,) if isinstance(value, int) else value

    @model_validator(mode="before")
    @classmethod
    def _write_out_sizes(cls, values: Any) -> Any:
        """Equal meaning, equal config: the sizes of a generated set are always written out."""
        if isinstance(values, dict):
            name = values.get("name")
            if name in ("madelon", "teacher") and values.get(name) is None:
                return {**values, name: {}}
        return values

    @model_validator(mode="before")
    @classmethod
    def _write_out_fractions(cls, values: Any) -> Any:
        """Own files are split by `OWN_FRACTION` where the config says nothing of it."""
        if not isinstance(values, dict) or values.get("name", NAMES[0]) in NAMES:
            return values
        said = {"validation_samples", "validation_fraction"} & values.keys()
        held_out = {} if said else {"validation_fraction": OWN_FRACTION}
        return {"test_fraction": OWN_FRACTION, **held_out, **values}

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if isinstance(self.label_column, tuple) and self.task == "classification":
            raise ValueError(
                f"label_column names {len(self.label_column)} columns, but a classification has one; say "
                "task = 'regression' or task = 'multilabel'"
            )
        if self.validation_samples and self.validation_fraction:
            raise ValueError(
                f"validation_samples = {self.validation_samples} and validation_fraction = "
                f"{self.validation_fraction:g} both say how much validation there is; give one of them"
            )
        for name in ("madelon", "teacher"):
            if getattr(self, name) is not None and self.name != name:
                raise ValueError(f"The sizes of {name} are given but name = '{self.name}'; leave them out.")
        return self

    def without_folders(self) -> Self:
        """The same config with the name of a file or folder in place of its path.

        What stays in results must not tell where this machine keeps its files; the checksum tells which data
        they are.
        """
        return self.model_copy(update={"name": PurePath(self.name).name})
