"""The methods, one a file: parts with their published defaults, and a record of what is known of each."""

from gossamer.evolve.methods.accset import accset_method
from gossamer.evolve.methods.before_training import saliency_method
from gossamer.evolve.methods.cht import cht_method
from gossamer.evolve.methods.chts import chts_method
from gossamer.evolve.methods.deep_r import deep_r_method
from gossamer.evolve.methods.dsr import dsr_method
from gossamer.evolve.methods.granet import granet_method
from gossamer.evolve.methods.importance_pruning import importance_pruning_method
from gossamer.evolve.methods.itop import itop_method
from gossamer.evolve.methods.mest import mest_method
from gossamer.evolve.methods.nest import nest_method
from gossamer.evolve.methods.rigl import rigl_method
from gossamer.evolve.methods.set import set_method
from gossamer.evolve.methods.snfs import snfs_method
from gossamer.evolve.methods.srigl import srigl_method
from gossamer.evolve.methods.static import static_method
from gossamer.evolve.methods.top_kast import top_kast_method

__all__ = [
    "accset_method",
    "cht_method",
    "chts_method",
    "deep_r_method",
    "dsr_method",
    "granet_method",
    "importance_pruning_method",
    "itop_method",
    "mest_method",
    "nest_method",
    "rigl_method",
    "saliency_method",
    "set_method",
    "snfs_method",
    "srigl_method",
    "static_method",
    "top_kast_method",
]
