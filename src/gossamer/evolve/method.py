"""A method: how topology starts and how it changes, as data made of parts."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gossamer.errors import ConfigError
from gossamer.evolve.density import AnyDensity
from gossamer.evolve.drop import AnyDrop
from gossamer.evolve.fraction import AnyFraction
from gossamer.evolve.grow import AnyGrow
from gossamer.evolve.latent import AnyLatent
from gossamer.evolve.part import SERVED, Need, Part
from gossamer.evolve.redistribute import AnyRedistribute
from gossamer.evolve.when import AnyWhen, Clock
from gossamer.fields import field
from gossamer.topology import Start

LastUpdate = Literal["nothing", "prune", "both"]
Action = Literal["nothing", "prune", "both"]


class Method(BaseModel):
    """How the topology of a network starts and changes.

    A static method has neither `drop` nor `when`; one without `grow` only prunes. How many links an update
    drops is said by `fraction`, or by `density` where the number of links changes, or by both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = field("custom", help="name of the method in tables and figures")
    start: Start = field(help="topology at the start")
    latent: AnyLatent | None = field(
        None,
        help="what a step trains in place of the weights; the weights themselves if not set",
        absent=(None,),
    )
    drop: AnyDrop | None = field(None, help="which links go")
    grow: AnyGrow | None = field(None, help="where links grow")
    when: AnyWhen | None = field(None, help="when the topology changes")
    fraction: AnyFraction | None = field(None, help="fraction of links that an update drops")
    redistribute: AnyRedistribute | None = field(
        None, help="which layers grow; each one what it dropped if not set", absent=(None,)
    )
    density: AnyDensity | None = field(
        None, help="how many links there are after an update; as many as before if not set", absent=(None,)
    )
    last_update: LastUpdate = field(
        "nothing", help="what an update that falls on the last step of the training does"
    )
    layers: Literal["all_but_output", "all"] | tuple[Annotated[int, Field(ge=0)], ...] = field(
        "all_but_output", help="layers of links that evolve, 0 being the one that reads the inputs"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.drop is None) != (self.when is None):
            raise ConfigError("An evolving method has drop and when, and a static one has neither.")
        if self.drop is None and any(
            (self.grow, self.fraction, self.redistribute, self.density, self.latent)
        ):
            raise ConfigError(
                "A static method has no grow, fraction, redistribute, density or latent; give it drop and "
                "when."
            )
        if self.drop is not None and self.drop.by_fraction and self.fraction is None and self.density is None:
            raise ConfigError(
                f"The drop part {self.drop.kind!r} has to know how much to drop; "
                "an evolving method has drop, when and fraction, or a density that changes."
            )
        needed = getattr(self.drop, "latent", None)
        if needed and (self.latent is None or self.latent.kind != needed):
            raise ConfigError(
                f"The drop part {self.drop and self.drop.kind!r} reads the latent parameters of {needed!r}; "
                f"set method.latent = {needed!r}."
            )
        for part in self.parts:
            unserved = sorted(need.value for need in part.needs - SERVED)
            if unserved:
                raise ConfigError(
                    f"The {part.role} part {part.kind!r} needs {', '.join(unserved)}, which is not provided; "
                    f"what is provided is {', '.join(sorted(need.value for need in SERVED))}."
                )
        return self

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that are set, the start apart."""
        parts = (self.latent, self.drop, self.grow, self.when, self.fraction, self.redistribute, self.density)
        return tuple(part for part in parts if part is not None)

    @property
    def needs(self) -> frozenset[Need]:
        """What the parts read."""
        return frozenset().union(*(part.needs for part in self.parts))

    @property
    def kept_batches(self) -> int:
        """Batches whose activations and deltas a run has to keep for growth; 0 for none."""
        return 0 if self.grow is None else self.grow.kept_batches

    @property
    def depends_on_total(self) -> bool:
        """Whether anything depends on the length of the training, so that a run cannot be extended."""
        last = self.when is not None and self.last_update != "nothing"
        return last or any(part.depends_on_total for part in self.parts)

    def evolving(self, n_layers: int) -> tuple[int, ...]:
        """Layers of links that evolve, ascending, in a network of `n_layers`.

        Raises
        ------
        ConfigError
            If a layer is asked for that the network does not have.
        """
        if self.drop is None:
            return ()
        if not isinstance(self.layers, str):
            if any(layer >= n_layers for layer in self.layers):
                raise ConfigError(
                    f"The method evolves layers {self.layers}, expected layers 0 to {n_layers - 1}."
                )
            return tuple(sorted(set(self.layers)))
        return tuple(range(n_layers if self.layers == "all" else n_layers - 1))

    def next_update(self, done: int, clock: Clock) -> int | None:
        """Smallest number of steps above `done` after which an update is due; None if there is none."""
        return None if self.when is None else self.when.next(done, clock)

    def action(self, done: int, clock: Clock) -> Action:
        """What the update that is due after `done` steps does: `last_update` decides after the last step."""
        return self.last_update if done == clock.total_steps else "both"
