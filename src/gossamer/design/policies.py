"""The policies that read findings, by name: what a study is handed beside its own."""

from gossamer.design.adaptive import adaptive_policy, check, explain
from gossamer.design.refine import refine_policy
from gossamer.study.plan.policies import POLICIES, Policies, Policy


def policies() -> Policies:
    """All policies: those of studies themselves, those that read findings, and registered ones."""
    above = {"refine": Policy(refine_policy), "adaptive": Policy(adaptive_policy, explain, check)}
    return above | POLICIES
