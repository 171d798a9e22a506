"""Figures, one a file: data first, then one drawing."""
