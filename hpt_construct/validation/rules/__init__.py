"""The rules across fields, as one table, and what a request breaks of them; ids are those of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from . import algorithm, built_in, compute, data, definitions, ranges, strategy
from .rule import Check, Level, Place, Rule, Scope, TokenMetError, Value

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

_BY_SCOPE: tuple[tuple[Scope, list[tuple[int, Check]]], ...] = tuple(
    (scope, [(number, rule.check) for number, rule in enumerate(RULES) if rule.scope is scope])
    for scope in dict.fromkeys(rule.scope for rule in RULES)
)
"""Each scope once, with the rules that are asked there and their numbers in the table: to look for the places of each
rule by itself takes as long as the rules.
"""


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
    found: list[tuple[int, Problem]] = []
    for walk, numbered in _BY_SCOPE:
        for places in walk(root):
            for number, check in numbered:
                try:
                    for problem in check(*places):
                        found.append((number, problem))  # noqa: PERF401 – what comes before a token counts
                except TokenMetError:
                    continue
    rows = ((RULES[number], problem) for number, problem in sorted(found, key=itemgetter(0)))
    return [Finding(rule.id, rule.level, rule.overridable, problem) for rule, problem in rows]
