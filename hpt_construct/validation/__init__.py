"""Validates a request at synth, as far as it is known there; works on its API form and makes no jsii call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .elsewhere import elsewhere_findings
from .other_requests import instead, of_another_operation, operation_of
from .parents import parent_problems
from .problem import Path, Problem, spell_api
from .rules import RULES, Finding, Level, rule_findings
from .structure import structure_problems, unsendable_problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from .elsewhere import Environment

__all__ = [
    "RULES",
    "Finding",
    "Level",
    "Path",
    "Problem",
    "check",
    "errors",
    "instead",
    "of_another_operation",
    "operation_of",
    "parent_problems",
    "rule_findings",
    "spell_api",
    "structure_problems",
    "tag_problems",
    "unsendable_problem",
]


class _Unknown:
    """Replaces a value that is reported already: rules take it for a token, and skip what depends on it."""

    def resolve(self) -> None:
        """Makes the object look like a token."""


def check(request: Mapping[str, Any], environment: Environment | None = None) -> list[Finding]:
    """Return all errors and warnings at once: those of the structure, then of the rules for the rest of the request,
    and, for a structurally valid request, of what is elsewhere than the stack.

    :param request: The request.
    :param environment: Returns the stack's account and region, each a token if it is not known. Left out: nothing is
        compared with them.
    """
    problems = structure_problems(request)
    findings = [Finding("structure", Level.ERROR, overridable=False, problem=problem) for problem in problems]
    if any(not problem.path for problem in problems) or operation_of(request) is not None:
        return findings
    sound: Any = request
    for problem in problems:
        sound = _without(sound, problem.path)
    findings += rule_findings(sound)
    if environment is not None and not problems:
        findings += elsewhere_findings(request, environment)
    return findings


def errors(findings: Iterable[Finding], raised_quotas: Collection[str] = ()) -> list[Problem]:
    """Return the problems for which a request is refused, those about a quota with the argument that allows more."""
    found = []
    for finding in findings:
        if finding.level is Level.ERROR and not (finding.overridable and finding.rule in raised_quotas):
            way_out = f"; if AWS has raised it for the account, pass raised_quotas=[{finding.rule!r}]"
            problem = finding.problem
            found.append(replace(problem, message=problem.message + way_out) if finding.overridable else problem)
    return found


def tag_problems(tags: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Return what is wrong with the tags of a job, wherever they come from; the paths begin with ``Tags``."""
    problems = [finding.problem for finding in check({"Tags": tags})]
    return [problem for problem in problems if problem.path[0] == "Tags"]


def _without(value: Any, path: Path) -> Any:
    """Return a copy whose value at the path is unknown; it shares everything beside the path with the original."""
    if not path:
        return _Unknown()
    step, *below = path
    copy = list(value) if isinstance(value, (list, tuple)) else dict(value)
    copy[step] = _without(copy[step], tuple(below)) if below else _Unknown()  # type: ignore[index]
    return copy
