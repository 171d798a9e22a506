"""Measuring code behind `gossamer bench`: speed against peers and limits, all in one run, as ratios."""
