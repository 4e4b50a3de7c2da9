"""What is said of a request before anything is made of it: errors all at once, or the warnings that remain."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypedDict

import aws_cdk as cdk

from . import api_model, instance_hours, moments, validation
from .errors import ValidationError, show, where
from .reference import IHyperparameterTuningJob
from .tokens import NOT_MADE, awaits_lookup, false_tokens, is_token
from .validation.rules.rule import CONFIG
from .wait_for_completion import WaitForCompletion
from .wait_for_completion import problems as wait_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from .best_training_job import BestTrainingJob

    Tell = Callable[[validation.Problem], Iterable[str]]
    """What is said of a problem, its path included, in the words of the form that the caller wrote."""

_RUNNING_PARENT: Final = "hpt-construct:running-parent"
_NO_TEXT: Final = "a token that is no string"
_NEW_EACH_TIME: Final = "hpt-construct:new-each-time"
_ROLE_OF_HUB: Final = "hpt-construct:C2"
"""What a role that the job makes can't do, as a warning that can be acknowledged."""

POLICIES: Final = "Q2"
"""The quota of managed policies, as ``raised_quotas`` calls it; whether it is kept only the complete app can tell."""

_QUOTAS: Final = tuple(sorted({POLICIES, *(rule.id for rule in validation.RULES if rule.overridable)}))

_YEARS_AGO: Final = 10**9
_YEARS_AHEAD: Final = 2**31
"""Seconds since 1970 between which a number may be the time of a synth."""

_ENVIRONMENT: Final = "_hpt_construct_environment"
_SEVERAL: Final = (list, tuple, set, frozenset)

_DIRECTIONS: Final = frozenset({"B2", "D12"})
"""The rules for which way an objective is better."""
_THROUGH_THE_GATE: Final = "; as it is, wait_for_completion lets the worst model pass"

_REMOVAL_POLICIES: Final = (
    cdk.RemovalPolicy.DESTROY,
    cdk.RemovalPolicy.RETAIN,
    cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
)
"""All but SNAPSHOT, which CloudFormation refuses for a custom resource."""


class TuningJobOptions(TypedDict, total=False):
    """What is decided about a job beside its request."""

    run: str | None
    removal_policy: cdk.RemovalPolicy | None
    arn_output: bool
    arn_export_name: str | None
    max_instance_hours: float | None
    raised_quotas: Sequence[str]
    wait_for_completion: WaitForCompletion | None


class FromRequestOptions(TuningJobOptions, total=False):
    """The same beside a plain request, and what stands in place of the request's own."""

    tuning_job_name: str | None
    tags: Mapping[str, str] | Sequence[Mapping[str, str]] | None
    role: iam.IRole | iam.Role | iam.LazyRole | str | None


@dataclass(frozen=True)
class Checked:
    """A request without errors, and what else there is to say of it."""

    warnings: tuple[tuple[str, str], ...]
    """Id and message, as ``Annotations.add_warning_v2`` takes them."""


def warn(construct: Construct, warnings: Iterable[tuple[str, str]]) -> None:
    """Tell of warnings at synth; each can be acknowledged by its id."""
    for warning_id, message in warnings:
        cdk.Annotations.of(construct).add_warning_v2(warning_id, message)


def requests_of_parents(warm_start: Any) -> list[Mapping[str, Any] | None]:
    """The request of each parent that is a job of the app, None for the others; what is no warm start has none."""
    parents = getattr(warm_start, "parents", None)
    return [getattr(parent, "_request", None) for parent in parents] if isinstance(parents, (list, tuple)) else []


def parents_waited_for(warm_start: Any) -> dict[int, BestTrainingJob]:
    """The results of the parents that deployments wait for, by their places among the parents."""
    parents = getattr(warm_start, "parents", None)
    results = [getattr(parent, "_best", None) for parent in parents] if isinstance(parents, (list, tuple)) else []
    return {index: result for index, result in enumerate(results) if result is not None}


def parents_elsewhere(warm_start: Any, scope: Construct) -> Iterator[validation.Problem]:
    """Parents that SageMaker will not find, for it knows them by their names alone: those of another account or region
    than the scope's.
    """
    parents = getattr(warm_start, "parents", None)
    for index, parent in enumerate(parents if isinstance(parents, (list, tuple)) else ()):
        if isinstance(parent, IHyperparameterTuningJob):
            stack = cdk.Stack.of(scope)
            here, there = (stack.account, stack.region), (parent.env.account, parent.env.region)
            if any(mine != theirs for mine, theirs in zip(here, there, strict=True) if not is_token(mine + theirs)):
                message = f"is in {_in_words(there)}, and this tuning job in {_in_words(here)}"
                path = ("WarmStartConfig", "ParentHyperParameterTuningJobs", index)
                way_out = "SageMaker looks for parents in the tuning's own account and region; leave it out"
                yield validation.Problem(path, f"{message}: {way_out}")


def _in_words(place: tuple[str, str]) -> str:
    named = zip(("account", "region"), place, strict=True)
    return ", ".join(f"{name} {value}" for name, value in named if not is_token(value))


def check(  # noqa: PLR0913 – what is checked, against what, and the words for it
    scope: Construct,
    id: str,  # noqa: A002
    request: Mapping[str, Any],
    tell: Tell,
    *,
    options: TuningJobOptions,
    parents: Sequence[Mapping[str, Any] | None] = (),
    ended: Collection[int] = (),
    unseen: Sequence[validation.Problem] = (),
    doubts: Sequence[validation.Problem] = (),
) -> Checked:
    """Judge a request in the words that ``tell`` has for its problems.

    :raises ValidationError: There are errors; it has all of them.
    """
    errors = [*_bad_options(options), *wait_problems(options.get("wait_for_completion"), request)]
    raised_quotas = options.get("raised_quotas", ())
    if not isinstance(raised_quotas, _SEVERAL):
        raised_quotas = ()
    warnings = [(_ROLE_OF_HUB, text) for problem in doubts for text in tell(problem)]
    findings = validation.check(request, lambda: _environment(scope))
    structural = {finding.problem.path for finding in findings if finding.problem.structural}
    found = [problem for problem in unseen if problem.path not in structural]
    found += _name_of_the_cdk(request)
    texts: list[tuple[validation.Path, str]] = []
    _collect_texts(request, (), texts)
    found += _false_tokens(texts)
    warnings += [(_NEW_EACH_TIME, text) for problem in _new_each_time(texts) for text in tell(problem)]
    found += validation.errors(findings, raised_quotas)
    gate = _is_gate(options.get("wait_for_completion"))
    for finding in findings:
        if finding.level is validation.Level.WARNING:
            more = _THROUGH_THE_GATE if gate and finding.rule in _DIRECTIONS else ""
            warnings += [(f"hpt-construct:{finding.rule}", text + more) for text in tell(finding.problem)]
    if all(finding.rule != "structure" for finding in findings):
        found += validation.parent_problems(request, parents)
        warnings += [(_RUNNING_PARENT, text) for problem in _maybe_running(parents, ended) for text in tell(problem)]
        ceiling = options.get("max_instance_hours")
        if ceiling is not None:
            errors += _above_ceiling(request, ceiling)
    found += [
        validation.Problem(
            path, "got a token, must be known at synth, or the function could not be allowed to pass its role"
        )
        for path, definition in definitions(request)
        if is_token(definition)
    ]
    found += [
        validation.Problem(
            path, f"got {_NO_TEXT}, and the function's policy needs its text; wrap it in Token.as_string()"
        )
        for path, value in named_in_policy(request)
        if is_token(value) and not isinstance(value, str)
    ]
    if is_token(request.get(CONFIG)):
        message = "got a token, its members must be known at synth; they may be tokens"
        found.append(validation.Problem((CONFIG,), message))
    errors += _told(found, tell)
    if errors:
        # One mistake may be in the way of several members.
        raise ValidationError(where(scope, id), dict.fromkeys(errors))
    return Checked(tuple(warnings))


def _told(problems: Sequence[validation.Problem], tell: Tell) -> Iterator[str]:
    """Tell of problems, but of a value of the wrong class only that: what a rule misses in it says no more."""
    told = [(problem, text) for problem in problems for text in tell(problem)]
    wrong = [text.partition(": got ")[0] for problem, text in told if problem.structural and ": got " in text]
    inside = tuple(f"{place}{step}" for place in wrong for step in ".[")
    return (text for problem, text in told if problem.structural or not text.startswith(inside))


def _is_gate(wait: Any) -> bool:
    """Whether a deployment waits for a value that is good enough."""
    return isinstance(wait, WaitForCompletion) and bool(wait.thresholds())


def _environment(scope: Construct) -> tuple[str, str]:
    """Account and region of the scope's stack, each a token if it is not known; asked once, however many jobs there
    are.
    """
    known: tuple[str, str] | None = vars(scope).get(_ENVIRONMENT)
    if known is None:
        stack = cdk.Stack.of(scope)
        vars(scope)[_ENVIRONMENT] = known = stack.account, stack.region
    return known


def can_be_parsed(request: Mapping[str, Any]) -> bool:
    """Whether there is a typed form of a request: of one that is structurally valid, its configuration no token."""
    return not is_token(request.get(CONFIG)) and not validation.structure_problems(request)


def _maybe_running(parents: Sequence[Mapping[str, Any] | None], ended: Collection[int]) -> Iterator[validation.Problem]:
    for index, parent in enumerate(parents):
        if parent is not None and index not in ended:
            message = "is a job of this app, and SageMaker takes parents that have ended: while it runs, this job fails"
            way_out = (
                "give the parent wait_for_completion, or deploy it first and this job when it has ended, and "
                "acknowledge this warning then"
            )
            path = ("WarmStartConfig", "ParentHyperParameterTuningJobs", index)
            yield validation.Problem(path, f"{message}; {way_out}")


def _name_of_the_cdk(request: Mapping[str, Any]) -> Iterator[validation.Problem]:
    name = request.get(api_model.GENERATED)
    if is_token(name) and name == cdk.PhysicalName.GENERATE_IF_NEEDED:
        message = "got PhysicalName.GENERATE_IF_NEEDED, whose names are longer than the 32 characters of a job's"
        way_out = "give a name, or leave it out to have one generated at deployment"
        yield validation.Problem((api_model.GENERATED,), f"{message}; {way_out}")


def _false_tokens(texts: Sequence[tuple[validation.Path, str]]) -> Iterator[validation.Problem]:
    false = false_tokens(text for _, text in texts)
    for path, text in texts if false else ():
        if text in false:
            yield validation.Problem(path, f"got {show(text)}, {NOT_MADE}")


def _new_each_time(texts: Sequence[tuple[validation.Path, str]]) -> Iterator[validation.Problem]:
    for number, found in moments.passing([text for _, text in texts]):
        path = texts[number][0]
        # Tags change on the tuning job that exists.
        if path[0] != "Tags":
            message = f"has {found}: the next synth has another, and its deployment starts another tuning job"
            yield validation.Problem(path, f"{message}; give what stays as it is, and run=... to start one on purpose")


def _collect_texts(value: Any, path: validation.Path, texts: list[tuple[validation.Path, str]]) -> None:
    if isinstance(value, str):
        texts.append((path, value))
    elif isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            below = (*path, key)
            texts.append((below, str(key)))
            _collect_texts(item, below, texts)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _collect_texts(item, (*path, index), texts)
    elif type(value) is int and _YEARS_AGO < value < _YEARS_AHEAD:
        # A seed that was taken from the clock.
        texts.append((path, str(value)))


def _bad_options(options: TuningJobOptions) -> Iterator[str]:
    """What is wrong with each by itself; what is beside the type that it is declared with comes from untyped code."""
    run: Any = options.get("run")
    if run is not None and not isinstance(run, str):
        yield f"run: got {_shown(run)}, must be a string; any will do, like '2'"
    elif run is not None and (unsendable := validation.unsendable_problem(run)):
        yield f"run: got {show(run)}, {unsendable}"
    for name in ("run", "arn_export_name"):
        value: Any = options.get(name)
        if isinstance(value, str) and false_tokens([value]):
            yield f"{name}: got {show(value)}, {NOT_MADE}"
    problem = removal_policy_problem(options.get("removal_policy"))
    if problem:
        yield problem
    arn_output: Any = options.get("arn_output", True)
    if not isinstance(arn_output, bool):
        yield f"arn_output: got {_shown(arn_output)}, must be True or False"
    yield from _bad_export(options.get("arn_export_name"), arn_output=arn_output)
    raised: Any = options.get("raised_quotas", ())
    if not isinstance(raised, _SEVERAL):
        yield f"raised_quotas: got {_shown(raised)}, must be a list, like {list(_QUOTAS)}"
        return
    for name in raised:
        if name not in _QUOTAS:
            yield f"raised_quotas: got {_shown(name)}, must be of {', '.join(_QUOTAS)}"


def removal_policy_problem(policy: Any) -> str | None:
    """What is wrong with a removal policy, whoever gives it."""
    if policy is None or policy in _REMOVAL_POLICIES:
        return None
    *names, last = (each.name for each in _REMOVAL_POLICIES)
    got = policy.name if isinstance(policy, cdk.RemovalPolicy) else _shown(policy)
    return f"removal_policy: got {got}, must be {', '.join(names)} or {last} of RemovalPolicy"


def _shown(value: Any) -> str:
    return _NO_TEXT if is_token(value) and not isinstance(value, str) else show(value)


def _bad_export(name: Any, *, arn_output: bool) -> Iterator[str]:
    if name is None:
        return
    if not arn_output:
        yield "arn_export_name: there is no output to export with arn_output=False; leave one of the two out"
    # The CDK lets other characters pass, and the deployment fails.
    if not isinstance(name, str) or not (is_token(name) or re.fullmatch(r"[A-Za-z0-9:-]{1,255}", name)):
        yield f"arn_export_name: got {_shown(name)}, must be 1 to 255 letters, digits, colons and hyphens"


def _above_ceiling(request: Mapping[str, Any], ceiling: float) -> Iterator[str]:
    number = isinstance(ceiling, (int, float)) and not isinstance(ceiling, bool) and not is_token(ceiling)
    if not number or not 0 < ceiling < math.inf:
        shown = "a token" if is_token(ceiling) else show(ceiling)
        yield f"max_instance_hours: got {shown}, must be a number of hours above 0, known at synth"
        return
    try:
        most = instance_hours.worst_case(request)
    except instance_hours.UnknownError as unknown:
        if awaits_lookup(request):
            return
        yield (
            f"max_instance_hours: got {ceiling:,}, and what the request allows can't be known: {unknown}; "
            "give numbers, or leave the ceiling out"
        )
        return
    if most.total > ceiling:
        yield (
            f"max_instance_hours: got {ceiling:,}, the request allows {round(most.total, 2):,.12g} ({most.sum}); "
            "lower the number of training jobs, their time or their instances, or raise the ceiling"
        )


def definitions(request: Mapping[str, Any]) -> list[tuple[validation.Path, Any]]:
    """The one definition, or each of several, with its path; tokens among them."""
    found: list[tuple[validation.Path, Any]] = []
    single, several = request.get("TrainingJobDefinition"), request.get("TrainingJobDefinitions")
    if single is not None:
        found.append((("TrainingJobDefinition",), single))
    if is_token(several):
        found.append((("TrainingJobDefinitions",), several))
    elif isinstance(several, (list, tuple)):
        found += [(("TrainingJobDefinitions", index), definition) for index, definition in enumerate(several)]
    return found


def named_in_policy(request: Mapping[str, Any]) -> Iterator[tuple[validation.Path, Any]]:
    """What of a request the function's policy has to name, with its path: the job, its roles, the keys of volumes."""
    yield (api_model.GENERATED,), request.get(api_model.GENERATED)
    for path, definition in definitions(request):
        if isinstance(definition, Mapping):
            yield (*path, "RoleArn"), definition.get("RoleArn")
            for member in ("ResourceConfig", "HyperParameterTuningResourceConfig"):
                resources = definition.get(member)
                if isinstance(resources, Mapping):
                    yield (*path, member, "VolumeKmsKeyId"), resources.get("VolumeKmsKeyId")
