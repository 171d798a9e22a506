"""Latent parameters: what a step trains in place of the weight with which the network computes."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gossamer.engine import reference_math as rm
from gossamer.engine.optimizer import Optimizer
from gossamer.errors import ConfigError
from gossamer.random import Purpose, counters, philox

Array = NDArray[Any]
Columns = dict[str, Array]

LatentKind = Literal["deep_r", "top_kast", "mask", "power"]

_COMPANION: dict[str, tuple[str, ...]] = {
    "deep_r": ("sign",),
    "top_kast": ("forward",),
    "mask": ("mask",),
    "power": (),
}


@dataclass(frozen=True)
class Latent:
    """How the weight w of a link is made from latent parameters, and how these are trained.

    With g the gradient of the loss by w, which does not depend on how w is made, and v the column "latent",
    to which the optimizer's columns belong and on which weight decay acts::

        power     w = v |v|^(power - 1);  g_v = power |v|^(power - 1) g
        mask      w = v m;  g_v = m g;  g_m = v g + penalty sign(m), with an optimizer state of its own
        top_kast  w = v where `forward`, else 0;  g_v = g + penalty sign(v) (`outside` times that elsewhere)
        deep_r    w = sign v where v > 0, else 0;  only where v > 0: g_v = sign g + penalty, and after the
                  optimizer's step v = v + lr noise n, n of mean 0 and variance 1

    Sources: "power" is powerpropagation (Schwarz et al. 2021), "mask" a learned mask with an l1 penalty as in
    ESPN, "top_kast" Jayakumar et al. 2020 with its exploration penalty, "deep_r" Bellec et al. 2018 in the
    form of its authors' code. n is the sum of four 16-bit halves of a Philox block of counter (half the
    number of the link, step, layer, NOISE), shifted and scaled: near to normal, never beyond 3.5.

    Parameters
    ----------
    kind : "deep_r", "top_kast", "mask" or "power"
    power : float in [1, 8], of "power"
    penalty : float, at least 0
    outside : float, at least 0
        Of "top_kast": factor of the penalty outside the forward set, one over its density in the paper.
    noise : float, at least 0, of "deep_r"
    """

    kind: LatentKind
    power: float = 2.0
    penalty: float = 0.0
    outside: float = 1.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(LatentKind):
            raise ConfigError(f"The latent kind is {self.kind!r}, expected one of {get_args(LatentKind)}.")
        if not 1.0 <= self.power <= 8.0:
            raise ConfigError(f"The power is {self.power}, expected a number in [1, 8].")
        for name in ("penalty", "outside", "noise"):
            value = getattr(self, name)
            if not (value >= 0.0 and isfinite(value)):
                raise ConfigError(f"{name} is {value}, expected a finite number of at least 0.")

    @property
    def companion(self) -> str | None:
        """Column beside "latent" that the weight depends on: "sign", "forward", "mask" or none."""
        return next(iter(_COMPANION[self.kind]), None)

    def column_names(self, optimizer: Optimizer) -> tuple[str, ...]:
        """Columns that every layer has besides those of its weights and of the optimizer."""
        trained = self.kind == "mask"
        own = tuple(f"mask_{name}" for name in optimizer.state_columns) if trained else ()
        return ("latent", *_COMPANION[self.kind], *own)

    def of_weights(self, weights: Array) -> Columns:
        """Latent parameters that make these weights: those of new links."""
        one = weights.dtype.type(1)
        if self.kind == "power":
            return {"latent": np.sign(weights) * np.abs(weights) ** weights.dtype.type(1 / self.power)}
        if self.kind == "deep_r":
            return {"latent": np.abs(weights), "sign": np.where(weights < 0, -one, one)}
        return {"latent": weights.copy(), _COMPANION[self.kind][0]: np.ones_like(weights)}

    def weights(self, columns: Mapping[str, Array]) -> Array:
        """Weights that the network computes with."""
        v = columns["latent"]
        if self.kind == "power":
            return np.asarray(v * np.abs(v) ** v.dtype.type(self.power - 1))
        if self.kind == "deep_r":
            return np.where(v > 0, v * columns["sign"], v.dtype.type(0))
        if self.kind == "top_kast":
            return np.where(columns["forward"] > 0, v, v.dtype.type(0))
        return np.asarray(v * columns["mask"])

    def update(
        self,
        columns: Columns,
        gradient: Array,
        optimizer: Optimizer,
        *,
        lr: float,
        step: int,
        noise: Array | None = None,
    ) -> None:
        """Replace latent parameters, their optimizer state and the weights by those after one step."""
        v, states = columns["latent"], optimizer.state_columns
        changed = {"weight": v} | {name: columns[name] for name in states}
        rm.update(changed, self._gradient(columns, gradient), optimizer, lr=lr, step=step, decay=True)
        if self.kind == "mask":
            mask = {"weight": columns["mask"]} | {name: columns[f"mask_{name}"] for name in states}
            by_mask = v * gradient + v.dtype.type(self.penalty) * np.sign(columns["mask"])
            rm.update(mask, by_mask, optimizer, lr=lr, step=step, decay=False)
            columns["mask"] = mask["weight"]
            columns.update({f"mask_{name}": mask[name] for name in states})
        if self.kind == "deep_r":
            if noise is not None:
                changed["weight"] = changed["weight"] + v.dtype.type(lr * self.noise) * noise
            before = {"weight": v} | {name: columns[name] for name in states}
            changed = {name: np.where(v > 0, new, before[name]) for name, new in changed.items()}
        columns["latent"] = changed["weight"]
        columns.update({name: changed[name] for name in states})
        columns["weight"] = self.weights(columns)

    def _gradient(self, columns: Columns, gradient: Array) -> Array:
        v = columns["latent"]
        number = v.dtype.type
        if self.kind == "power":
            return np.asarray(gradient * (number(self.power) * np.abs(v) ** number(self.power - 1)))
        if self.kind == "deep_r":
            return np.asarray(gradient * columns["sign"] + number(self.penalty))
        if self.kind == "mask":
            return np.asarray(gradient * columns["mask"])
        factor = np.where(columns["forward"] > 0, number(1), number(self.outside)) * number(self.penalty)
        return np.asarray(gradient + factor * np.sign(v))


def link_noise(links: int, *, step: int, layer: int, seed: int) -> NDArray[np.float64]:
    """The n of every link: see `Latent`."""
    blocks = philox(counters(np.arange(-(-links // 2)), 0, step, layer, Purpose.NOISE), seed)
    words = blocks.reshape(-1, 2)[:links]
    halves = np.stack([words & np.uint32(0xFFFF), words >> np.uint32(16)])
    total = halves.astype(np.int64).sum(axis=(0, 2))
    # Four uniform integers in [0, 65535]: mean 4 * 65535 / 2, variance 4 * (65536^2 - 1) / 12.
    return np.asarray((total - 131070) / np.sqrt(4 * (65536.0**2 - 1) / 12), np.float64)
