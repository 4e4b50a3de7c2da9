"""The rules across fields, as one table, and what a request breaks of them; ids are those of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import algorithm, built_in, compute, data, definitions, ranges, strategy
from .rule import Level, Place, Rule, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpt_construct.validation.problem import Problem

__all__ = ["RULES", "Finding", "Level", "Rule", "rule_findings"]

RULES: tuple[Rule, ...] = (
    *strategy.RULES,
    *ranges.RULES,
    *definitions.RULES,
    *algorithm.RULES,
    *compute.RULES,
    *data.RULES,
    *built_in.RULES,
)
"""In the order of the reference. What the API model says by itself (P11, A3, R6, N1) is checked with the structure."""


@dataclass(frozen=True)
class Finding:
    """A problem, and the rule that it breaks."""

    rule: str
    level: Level
    overridable: bool
    problem: Problem


def rule_findings(request: Mapping[str, Value]) -> list[Finding]:
    """Everything in which a structurally valid request breaks a rule; what a token hides is left to deploy time."""
    root = Place(request)
    return [
        Finding(rule.id, rule.level, rule.overridable, problem)
        for rule in RULES
        for places in rule.scope(root)
        for problem in rule.problems(places)
    ]
