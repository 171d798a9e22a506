"""Curves of accuracy along an axis: fits, intervals, comparison, and the equations of the paper."""
