"""The rules across fields as one table, and a request's violations of them; the ids are those of the reference."""

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
"""In the order of the reference. The structure's check covers what the API model says by itself (P11, A3, R6, N1)."""

_BY_SCOPE: tuple[tuple[Scope, list[tuple[int, Check]]], ...] = tuple(
    (scope, [(number, rule.check) for number, rule in enumerate(RULES) if rule.scope is scope])
    for scope in dict.fromkeys(rule.scope for rule in RULES)
)
"""Each scope once, with its rules and their numbers in the table: finding the places of each rule separately takes as
long as the rules themselves.
"""


@dataclass(frozen=True)
class Finding:
    """A problem, and the rule that it breaks."""

    rule: str
    level: Level
    overridable: bool
    problem: Problem


def rule_findings(request: Mapping[str, Value]) -> list[Finding]:
    """Return every violation of a rule by a structurally valid request, except what a token hides."""
    root = Place(request)
    found: list[tuple[int, Problem]] = []
    for walk, numbered in _BY_SCOPE:
        for places in walk(root):
            for number, check in numbered:
                try:
                    for problem in check(*places):
                        found.append((number, problem))  # noqa: PERF401 – problems found before a token count
                except TokenMetError:
                    continue
    rows = ((RULES[number], problem) for number, problem in sorted(found, key=itemgetter(0)))
    return [Finding(rule.id, rule.level, rule.overridable, problem) for rule, problem in rows]
