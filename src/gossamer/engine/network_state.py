"""Pickles and copies of a native network: all that it is as arrays, so that a copy goes on as it would."""

from typing import Any

from gossamer.engine.loss import LossName
from gossamer.engine.network_gradient import NetworkGradient


class NetworkState(NetworkGradient):
    """The part of `Network` that makes arguments and arrays of it, and it of these again."""

    dropout: tuple[float, ...]
    loss: LossName
    tells_classes: bool

    def __getstate__(self) -> dict[str, Any]:
        layers = range(self._n_layers)
        return {
            "patterns": self.patterns,
            "arguments": {
                "activations": self.activations,
                "dropout": self.dropout,
                "loss": self.loss,
                "optimizer": self.optimizer,
                "dtype": self.dtype.name,
                "latent": self.latent,
            },
            "tells_classes": self.tells_classes,
            "added": self._added,
            "links": [{n: self.column(k, n).copy() for n in self.column_names(k)} for k in layers],
            "neurons": [
                {n: self.bias_column(k, n).copy() for n in self.bias_column_names(k)} for k in layers
            ],
            "keeping": self._keeping,
            "kept": [
                (k, self.signals(k, age)) for k in layers for age in reversed(range(self.kept_batches(k)))
            ],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        weights = [columns["weight"] for columns in state["links"]]
        made: Any = type(self)
        made.__init__(self, state["patterns"], weights, **state["arguments"])
        self.tells_classes = state["tells_classes"]
        for layer, (links, neurons) in enumerate(zip(state["links"], state["neurons"], strict=True)):
            for name in state["added"][layer]:
                self.add_column(layer, name)
            for name in links:
                self.set_column(layer, name, links[name])
            for name in neurons:
                self.set_bias_column(layer, name, neurons[name])
        if state["keeping"] is not None:
            self.keep_batches(*state["keeping"])
        for layer, pair in state["kept"]:
            self.add_signals(layer, *pair)
