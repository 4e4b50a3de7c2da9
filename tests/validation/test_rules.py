"""The table of rules against what the reference says of each, with tokens in every place, and against real requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpt_construct.errors import show
from hpt_construct.request import InstanceType
from hpt_construct.validation import check, structure_problems
from hpt_construct.validation.rules import RULES, Finding, Level, compute, expressions, rule_findings
from hpt_construct.validation.rules.rule import Place
from tests.validation.rule_cases import CASES, DROP, SEVERAL, SINGLE, Case, edited, metrics, steps

CORPUS = {file.name: json.loads(file.read_text()) for file in Path(__file__).parent.with_name("corpus").glob("*.json")}
REFUSED = {"graphstorm-grid.json": {"G2"}}

# The rows of the reference of level E or W, and those for built-in algorithms (B). P11, R6 and N1 are checked with the
# structure, as are the E of P3 and L6.
ERRORS = (
    "G1 G2 G3 H1 H2 H4 L1 L3 P1 P2 P4 P5 P6 P7 P8 P10 P12 P14 X1 X2 X3 X4 X6 A2 W1 D1 D2 D3 D11 "
    "R1 R2 R4 R5 R7 S1 S2 S3 S4 I1 I2 I3 I4 I5 I6 E1 T1"
)
WARNINGS = (
    "G4 H3 L2 L3 L4 L5 L6 L7 P2 P3 P9 P13 P15 X4 X5 A1 W8 D2 D3 D4 D5 D10 D12 R3 R4 R8 R9 R10 R11 S5 S6 I3 I4 I5 I10 "
    "I11 I13 V2 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 B12"
)


class Resolvable:
    """A token that was not encoded."""

    def resolve(self, _context: object) -> str:
        """Return what it stands for."""
        return "later"


TOKENS = {
    "string": "${Token[TOKEN.7]}",
    "number": -1.8881545897087557e289,
    "list": ["#{Token[TOKEN.7]}"],
    "object": Resolvable(),
}


def found(request: dict[str, Any]) -> set[tuple[str, Level, tuple[str | int, ...]]]:
    """Return which rules a request breaks, and where."""
    return {(finding.rule, finding.level, finding.problem.path) for finding in rule_findings(request)}


def of(case: Case, request: dict[str, Any]) -> list[tuple[str | int, ...]]:
    """Return where a request breaks the rule of a case."""
    return [path for rule, level, path in found(request) if (rule, level) == (case.rule, case.level)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_breaking_a_rule_is_found_where_the_mend_goes(case: Case) -> None:
    """A structurally valid request that breaks a rule is found, at the member to change and nowhere else."""
    request = case.request(case.broken)

    assert structure_problems(request) == []
    assert of(case, request) == [steps(case.path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_near_miss_is_left_alone(case: Case) -> None:
    """A structurally valid request that nearly breaks a rule is not found."""
    request = case.request(case.near_miss)

    assert structure_problems(request) == []
    assert of(case, request) == []


@pytest.mark.no_cover  # more than a thousand cases, of lines that the others run
@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize(
    ("case", "operand"), [pytest.param(case, path, id=f"{case}-{path}") for case in CASES for path in case.operands]
)
def test_token_in_an_operand_skips_that_rule_alone(case: Case, operand: str, token: object) -> None:
    """With an operand unknown a rule says nothing, while a rule that does not need it still speaks."""
    # A rule that needs nothing of the case's; for the cases of that rule, another one.
    other = "L5" if case.rule == "T1" else "T1"
    breaking: dict[str, dict[str, Any]] = {
        "L5": {"config.ResourceLimits.MaxRuntimeInSeconds": 2_592_001},
        "T1": {"Tags": [{"Key": "aws:x", "Value": ""}]},
    }
    request = case.request({**case.broken, **breaking[other]})
    assert of(case, request) != []

    later = edited(request, {operand: token})

    assert steps(case.path) not in of(case, later)
    assert other in {rule for rule, _, _ in found(later)}


def test_every_row_of_the_table_has_a_case() -> None:
    """Each row of the table is broken by some request of the cases."""
    requests = [(case, Place(case.request(case.broken))) for case in CASES]
    silent = [
        rule.statement
        for rule in RULES
        if not any(
            list(rule.check(*places))
            for case, request in requests
            if (case.rule, case.level) == (rule.id, rule.level)
            for places in rule.scope(request)
        )
    ]

    assert silent == []


def test_table_has_the_rows_of_the_reference() -> None:
    """Ids and levels of the table are those of the reference."""
    expected = {(rule, Level.ERROR) for rule in ERRORS.split()} | {(rule, Level.WARNING) for rule in WARNINGS.split()}

    assert {(rule.id, rule.level) for rule in RULES} == expected


def test_only_a_raised_quota_can_override() -> None:
    """Two quotas are checked as errors: the size of a grid, and the trainings at a time that AWS raises it to."""
    assert {rule.id for rule in RULES if rule.overridable} == {"G3", "L3"}


def test_statements_are_short_and_unique() -> None:
    """The table can be printed: each row says something of its own on one line."""
    statements = [rule.statement for rule in RULES]

    assert len(set(statements)) == len(statements)
    assert [text for text in statements if len(text) > 80 or text.endswith(".")] == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_messages_read_on_after_a_path(case: Case) -> None:
    """A message begins in lower case, ends without a stop, and does not repeat where it is."""
    for finding in rule_findings(case.request(case.broken)):
        message, member = finding.problem.message, str(finding.problem.path[-1])
        assert not message[0].isupper()
        assert not message.endswith(".")
        assert not message.startswith(member)


def test_credential_is_not_shown() -> None:
    """A message about a credential does not have its value."""
    secrets = {"aws_secret_access_key": "wJalrXUtnFEMI", "key": "AKIAIOSFODNN7EXAMPLE"}
    findings = rule_findings(edited(SINGLE, {"job.StaticHyperParameters": secrets}))

    assert [finding.rule for finding in findings] == ["P13", "P13"]
    assert [value for value in secrets.values() for finding in findings if value in str(finding)] == []


def test_finding_says_what_a_caller_needs() -> None:
    """A finding has the rule, its level, whether a quota can override it, the place and the words."""
    [finding] = rule_findings(
        edited(SINGLE, {"config.ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 5}})
    )

    assert (finding.rule, finding.level, finding.overridable) == ("L1", Level.ERROR, False)
    assert finding.problem.path == steps("config.ResourceLimits.MaxParallelTrainingJobs")
    expected = "got 5, must not be more than MaxNumberOfTrainingJobs (3); lower it or raise the total"
    assert finding.problem.message == expected


@pytest.mark.parametrize("request_", [SINGLE, SEVERAL], ids=["single", "several"])
def test_minimal_request_has_no_findings(request_: dict[str, Any]) -> None:
    """What the cases start from breaks nothing."""
    assert rule_findings(request_) == []


def test_parallel_may_equal_the_total() -> None:
    """As many trainings at a time as in all is allowed."""
    limits = {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 3}

    assert rule_findings(edited(SINGLE, {"config.ResourceLimits": limits})) == []


@pytest.mark.parametrize(
    ("regex", "told"),
    [
        ("F1=(.*?)", "whose group captures '' of '0.91'; write 'F1=([-+0-9.eE]+)'"),
        ("(loss|error)=([a-m]+)", "whose group can't capture a number, like '0.91'; make it one like ([-+0-9.eE]+)"),
        (
            r"acc=(\\d+)",
            "whose group can't capture a number, like '0.91'; write each backslash once: 'acc=(\\\\d+)'",
        ),
        (
            "loss=[0-9]+",
            "which has no group; put the part that is the value into parentheses, as in 'loss=([-+0-9.eE]+)'",
        ),
    ],
)
def test_expression_is_told_with_a_right_one(regex: str, told: str) -> None:
    """What to write in place of an expression that finds no number does find one."""
    name = "job.AlgorithmSpecification.MetricDefinitions.0.Regex"
    [finding] = rule_findings(edited(SINGLE, {name: regex}))

    assert (finding.rule, finding.problem.message) == ("D4", f"got {show(regex)}, {told}")


@given(st.text("()[]\\\\^?*+.|:{},<>=!Paimx$d0-9 ", max_size=30))
def test_no_expression_ends_a_synth(regex: str) -> None:
    """Whatever somebody writes as an expression, trying it out raises nothing, and says the same again."""
    assert expressions.fault(regex) == expressions.fault.__wrapped__(regex)


def test_as_many_metrics_as_the_api_takes_are_fine() -> None:
    """AWS's page of limits says 20, a notebook of its own tunes with 29, and the API takes 40."""
    name = "job.AlgorithmSpecification.MetricDefinitions"

    assert check(edited(SINGLE, {name: metrics(40)})) == []
    assert [finding.rule for finding in check(edited(SINGLE, {name: metrics(41)}))] == ["structure"]


def test_each_family_of_instances_has_local_storage_or_none() -> None:
    """Of a type that the API knows, the rules know whether it takes a volume's key, and whether it needs a size."""
    families = {str(each).removeprefix("ml.").partition(".")[0] for each in InstanceType}

    assert families == compute._LOCAL_STORAGE | compute._NO_STORAGE
    assert not compute._LOCAL_STORAGE & compute._NO_STORAGE


def test_autotune_needs_neither_ranges_nor_objective_nor_total() -> None:
    """What Autotune chooses may be left out, without even a warning."""
    left_out = dict.fromkeys(
        (
            "config.ParameterRanges",
            "config.HyperParameterTuningJobObjective",
            "config.ResourceLimits.MaxNumberOfTrainingJobs",
        ),
        DROP,
    )

    assert rule_findings(edited(SINGLE, {**left_out, "Autotune": {"Mode": "Enabled"}})) == []


def test_total_that_is_a_token_leaves_the_ranges_checked() -> None:
    """With a total that is not known, the order of a range's bounds still is."""
    edits = {
        "config.ResourceLimits.MaxNumberOfTrainingJobs": TOKENS["number"],
        "config.ParameterRanges.ContinuousParameterRanges.0.MinValue": "9",
    }

    assert [finding.rule for finding in rule_findings(edited(SINGLE, edits))] == ["P2"]


def test_one_range_that_is_a_token_leaves_the_others_checked() -> None:
    """A rule about each range is skipped for the one that is not known."""
    wrong = {"Name": "x", "MinValue": "2", "MaxValue": "1"}
    ranges = [TOKENS["object"], {**wrong, "MaxValue": TOKENS["string"]}, wrong]
    findings = rule_findings(edited(SINGLE, {"config.ParameterRanges.ContinuousParameterRanges": ranges}))

    place = steps("config.ParameterRanges.ContinuousParameterRanges.2.MinValue")
    assert [finding.problem.path for finding in findings if finding.rule == "P2"] == [place]


def test_bound_that_is_a_token_leaves_ranges_countable() -> None:
    """How many ranges there are is known although a value in one of them is not."""
    name = "config.ParameterRanges.ContinuousParameterRanges"
    ranges = [{"Name": f"r{nth}", "MinValue": TOKENS["string"], "MaxValue": "1"} for nth in range(30)]
    more = [{"Name": "i", "MinValue": "1", "MaxValue": "2"}]
    findings = rule_findings(edited(SINGLE, {name: ranges, "config.ParameterRanges.IntegerParameterRanges": more}))

    assert [finding.rule for finding in findings] == ["P7"]


def test_one_definition_that_is_a_token_leaves_the_others_checked() -> None:
    """A rule about each definition is skipped for the one that is not known."""
    edits = {"jobs.0": TOKENS["object"], "jobs.1.StoppingCondition.MaxRuntimeInSeconds": 2_419_201}
    findings = rule_findings(edited(SEVERAL, edits))

    assert [(finding.rule, finding.problem.path[:2]) for finding in findings] == [("S4", steps("jobs.1"))]


@pytest.mark.parametrize("name", CORPUS)
def test_real_request_has_no_errors(name: str) -> None:
    """What its author ran without an error has none here; the negative ones have the expected."""
    errors = {finding.rule for finding in rule_findings(CORPUS[name]) if finding.level is Level.ERROR}

    assert errors == REFUSED.get(name, set())


def test_wrong_name_is_left_to_structure() -> None:
    """Of the real requests, structure refuses the one whose name does not match, and no other."""
    assert {name for name, request in CORPUS.items() if structure_problems(request)} == {"ack-invalid-name.json"}


def test_real_requests_are_hardly_warned() -> None:
    """Warnings on requests that ran stay rare: there is one of a grid, which is refused anyway.

    Terraform tunes k-means by what it does not compute, with what it does not take: SageMaker creates the job all the
    same, and every training fails.
    """
    warned = {
        name: {finding.rule for finding in rule_findings(request) if finding.level is Level.WARNING}
        for name, request in CORPUS.items()
    }

    assert warned.pop("tf-completion-criteria.json") == {"B1", "B3", "B4"}
    assert set().union(*warned.values()) == {"G4"}


REQUESTS = [*CORPUS.values(), *(case.request(case.broken) for case in CASES)]
FOUND = [found(request) for request in REQUESTS]


def replaced(draw: st.DrawFn, value: object, odds: int) -> object:
    """Return a value some parts of which, at random, are tokens."""
    if draw(st.integers(0, odds)) == 0:
        return draw(st.sampled_from(list(TOKENS.values())))
    if isinstance(value, dict):
        # The names of members are never tokens; the keys of a map may be.
        free = not any(key[:1].isupper() for key in value)
        token = free and bool(value) and draw(st.integers(0, odds)) == 0
        renamed = {next(iter(value)): "${Token[KEY.1]}"} if token else {}
        return {renamed.get(key, key): replaced(draw, item, odds) for key, item in value.items()}
    return [replaced(draw, item, odds) for item in value] if isinstance(value, list) else value


@st.composite
def requests_with_tokens(draw: st.DrawFn) -> tuple[int, dict[str, Any]]:
    """Draw one of the requests, and tokens for parts of it."""
    number = draw(st.integers(0, len(REQUESTS) - 1))
    odds = draw(st.sampled_from([4, 20, 60]))
    return number, {key: replaced(draw, value, odds) for key, value in REQUESTS[number].items()}


@given(requests_with_tokens())
def test_tokens_anywhere_neither_raise_nor_add_a_finding(drawn: tuple[int, dict[str, Any]]) -> None:
    """Wherever tokens are, rules don't raise, and find nothing that they do not find when all is known."""
    number, request = drawn
    findings = rule_findings(request)

    assert all(isinstance(finding, Finding) for finding in findings)
    assert found(request) - FOUND[number] == set()
