"""Sizes above which data are refused, whatever a file's header says."""

MAX_FEATURES = 2**24
"""Features of one sample. Two float32 vectors of this length are kept with every data set (128 MiB)."""

MAX_CLASSES = 2**16
"""Classes: predictions are stored as 16-bit numbers."""

MAX_SAMPLES = 2**32 - 1
"""Samples of one part: sample numbers are 32-bit in the random-number counters."""
