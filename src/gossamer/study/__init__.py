"""Studies: many runs along axes, planned, carried out, kept and looked up."""

from gossamer.study.config import Block, Budget, Refinement, StudyConfig, with_values
from gossamer.study.drive.driver import Summary
from gossamer.study.drive.executor import Executor, LocalExecutor, PoolExecutor
from gossamer.study.plan.policies import Outcome, Policy, register_policy
from gossamer.study.presets import study_preset, study_presets
from gossamer.study.runs import StudyRuns, find_studies
from gossamer.study.status import Status
from gossamer.study.store import Store
from gossamer.study.table import Table

__all__ = [
    "Block",
    "Budget",
    "Executor",
    "LocalExecutor",
    "Outcome",
    "Policy",
    "PoolExecutor",
    "Refinement",
    "Status",
    "Store",
    "StudyConfig",
    "StudyRuns",
    "Summary",
    "Table",
    "find_studies",
    "register_policy",
    "study_preset",
    "study_presets",
    "with_values",
]
