"""Which runs a study has: cells, the rounds they come in, and the policy that asks for the next round."""

from gossamer.study.plan.cells import Cell, cell_layers, cell_seed, cells_of, grid, ordered

__all__ = ["Cell", "cell_layers", "cell_seed", "cells_of", "grid", "ordered"]
