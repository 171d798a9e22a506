"""The exceptions of gossamer: each message is a sentence on what was wrong, what was expected, what to do."""


class GossamerError(Exception):
    """Base of every error that gossamer raises on purpose."""


class ConfigError(GossamerError, ValueError):
    """A configuration value is missing, out of range, or contradicts another one."""


class DataError(GossamerError, ValueError):
    """A data file or array is missing, damaged, or of the wrong shape or type."""


class TopologyError(GossamerError, ValueError):
    """A pattern that was asked for cannot exist, or an index lies outside it."""


class StoreError(GossamerError, OSError):
    """A stored run, study or checkpoint is missing, damaged, or locked by another process."""


class AnalysisError(GossamerError, ValueError):
    """The stored runs do not determine the finding that was asked for."""


class DivergedError(GossamerError, ArithmeticError):
    """Numbers of a training are no longer finite."""


class InternalError(GossamerError, RuntimeError):
    """An impossible state; please report it."""
