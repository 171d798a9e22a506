"""Estimators of scikit-learn on the sparse engine, with every method of `gossamer methods`."""

from gossamer.interop.sklearn.autoencoder import SparseAutoencoder
from gossamer.interop.sklearn.mlp import SparseMLPClassifier, SparseMLPRegressor

__all__ = ["SparseAutoencoder", "SparseMLPClassifier", "SparseMLPRegressor"]
