"""A method: how topology starts and how it changes, as data made of parts."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gossamer.errors import ConfigError
from gossamer.evolve.drop import AnyDrop, DropRule, SignSplit
from gossamer.evolve.fraction import AnyFraction, Constant
from gossamer.evolve.grow import AnyGrow, GrowRule, Uniform
from gossamer.evolve.part import SERVED, Part
from gossamer.evolve.when import AnyWhen, Clock, EveryEpoch, When
from gossamer.fields import field
from gossamer.topology import ErdosRenyi, Start

LastUpdate = Literal["nothing", "prune", "both"]
Action = Literal["nothing", "prune", "both"]


class Method(BaseModel):
    """How the topology of a network starts and changes.

    A static method has neither `drop` nor `when` nor `fraction`; one without `grow` only prunes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = field("custom", help="name of the method in tables and figures")
    start: Start = field(help="topology at the start")
    drop: AnyDrop | None = field(None, help="which links go")
    grow: AnyGrow | None = field(None, help="where links grow")
    when: AnyWhen | None = field(None, help="when the topology changes")
    fraction: AnyFraction | None = field(None, help="fraction of links that an update drops")
    last_update: LastUpdate = field(
        "nothing", help="what an update that falls on the last step of the training does"
    )
    layers: Literal["all_but_output", "all"] | tuple[Annotated[int, Field(ge=0)], ...] = field(
        "all_but_output", help="layers of links that evolve, 0 being the one that reads the inputs"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = [part is not None for part in (self.drop, self.when, self.fraction)]
        if any(given) != all(given) or (self.grow is not None and not all(given)):
            raise ConfigError(
                "An evolving method has drop, when and fraction, and may have grow; a static one has none."
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
        parts = (self.drop, self.grow, self.when, self.fraction)
        return tuple(part for part in parts if part is not None)

    @property
    def depends_on_total(self) -> bool:
        """Whether anything depends on the length of the training, so that a run cannot be extended."""
        scheduled = [part.depends_on_total for part in (self.when, self.fraction) if part is not None]
        return any(scheduled) or (self.when is not None and self.last_update != "nothing")

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


def set_method(
    epsilon: float = 13.0,
    zeta: float = 0.3,
    *,
    start: Any = None,
    drop: DropRule | None = None,
    grow: GrowRule | None = None,
    when: When | None = None,
    **options: Any,
) -> Method:
    """Sparse evolutionary training (Mocanu et al. 2018).

    Parameters
    ----------
    epsilon : float above 0
        Of the Erdos-Renyi start; with `start` given it is not used.
    zeta : float in [0, 1]
        Fraction of links rewired at each update.
    start, drop, grow, when
        Other parts than `ErdosRenyi`, `SignSplit`, `Uniform` and `EveryEpoch`.
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="set",
        start=start or ErdosRenyi(epsilon=epsilon),
        drop=drop or SignSplit(),
        grow=grow or Uniform(),
        when=when or EveryEpoch(),
        fraction=Constant(zeta=zeta),
        **options,
    )


def static_method(epsilon: float = 13.0, *, start: Any = None) -> Method:
    """Keep the topology of the start (an Erdos-Renyi one of `epsilon`, unless another is given)."""
    return Method(name="static", start=start or ErdosRenyi(epsilon=epsilon))


METHODS: dict[str, Callable[..., Method]] = {"set": set_method, "static": static_method}
"""Named methods."""
