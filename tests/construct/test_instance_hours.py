"""What a request allows to be spent, and the ceiling for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from hpt_construct import (
    Autotune,
    CategoricalRange,
    HyperparameterTuningJob,
    InstanceConfig,
    InstanceGroup,
    InstancePreference,
    Objective,
    ResourceConfig,
    ResourceLimits,
    StoppingCondition,
    TuningResourceConfig,
    ValidationError,
)
from hpt_construct.instance_hours import UnknownError, worst_case
from tests.construct.jobs import definition, minimal

CORPUS = Path(__file__).parent.with_name("corpus")
TOKEN: Any = -1.8881545897087557e289
"""A number that is only known at deployment, as the CDK encodes it."""
TWENTY = {"resource_limits": ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3)}


def on(**resource: Any) -> dict[str, Any]:
    """Twenty trainings of an hour on some instances."""
    return {**TWENTY, "training_job": definition(resource_config=ResourceConfig(volume_size=1, **resource))}


def several(*definitions: dict[str, Any]) -> dict[str, Any]:
    """Twenty trainings of any of these definitions."""
    jobs = [
        definition(
            definition_name=f"d{number}",
            objective=Objective.minimize("loss"),
            parameter_ranges=[CategoricalRange("x", list(range(25)))],
            **members,
        )
        for number, members in enumerate(definitions)
    ]
    return {**TWENTY, "training_jobs": jobs, "objective": None, "parameter_ranges": None}


def hours(stack: cdk.Stack, arguments: dict[str, Any]) -> dict[str, float] | None:
    """What a job says of itself."""
    found = minimal(stack, **arguments).worst_case_instance_hours
    return None if found is None else dict(found)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(on(instance_type="ml.m5.large", instance_count=2), {"ml.m5.large": 40}, id="type-and-count"),
        pytest.param(
            {**TWENTY, "training_job": definition(stopping_condition=StoppingCondition())},
            {"ml.m5.large": 480},
            id="a-day-if-left-out",
        ),
        pytest.param(
            {
                **TWENTY,
                "training_job": definition(
                    enable_managed_spot_training=True,
                    stopping_condition=StoppingCondition(max_runtime=1800, max_wait_time=3600),
                ),
            },
            {"ml.m5.large": 10},
            id="spot-does-not-pay-for-waiting",
        ),
        pytest.param(
            on(
                instance_groups=[
                    InstanceGroup(instance_group_name="a", instance_type="ml.m5.large", instance_count=1),
                    InstanceGroup(instance_group_name="b", instance_type="ml.p3.2xlarge", instance_count=2),
                    InstanceGroup(instance_group_name="c", instance_type="ml.m5.large", instance_count=3),
                ]
            ),
            {"ml.m5.large": 80, "ml.p3.2xlarge": 40},
            id="groups-run-together",
        ),
        pytest.param(
            on(
                instance_count=2,
                instance_preferences=[
                    InstancePreference(instance_type="ml.p5.48xlarge"),
                    InstancePreference(instance_type="ml.p4d.24xlarge"),
                ],
            ),
            {"ml.p5.48xlarge": 40, "ml.p4d.24xlarge": 40},
            id="preferences-of-one-count",
        ),
        pytest.param(
            {
                **TWENTY,
                "training_job": definition(
                    resource_config=None,
                    tuning_resource_config=TuningResourceConfig(
                        instance_configs=[
                            InstanceConfig(instance_type="ml.m5.large", instance_count=1, volume_size=1),
                            InstanceConfig(instance_type="ml.m5.large", instance_count=4, volume_size=1),
                            InstanceConfig(instance_type="ml.c5.xlarge", instance_count=2, volume_size=1),
                        ]
                    ),
                ),
            },
            {"ml.m5.large": 80, "ml.c5.xlarge": 40},
            id="configs-each-may-get-all",
        ),
        pytest.param(
            several(
                {},
                {"stopping_condition": StoppingCondition(max_runtime=7200)},
                {"resource_config": ResourceConfig(instance_type="ml.c5.xlarge", instance_count=1, volume_size=1)},
            ),
            {"ml.m5.large": 40, "ml.c5.xlarge": 20},
            id="definitions-each-may-get-all",
        ),
        pytest.param(
            {
                "strategy": "Grid",
                "parameter_ranges": [CategoricalRange("x", [1, 2, 3]), CategoricalRange("y", [1, 2])],
                "resource_limits": ResourceLimits(max_parallel_training_jobs=1),
            },
            {"ml.m5.large": 6},
            id="grid-counts-itself",
        ),
        pytest.param(
            {"resource_limits": ResourceLimits(max_parallel_training_jobs=3, max_runtime=cdk.Duration.hours(2))},
            {"ml.m5.large": 6},
            id="time-of-the-tuning",
        ),
        pytest.param(
            {
                "resource_limits": ResourceLimits(
                    max_training_jobs=20, max_parallel_training_jobs=3, max_runtime=cdk.Duration.hours(2)
                )
            },
            {"ml.m5.large": 6},
            id="time-is-less-than-the-total",
        ),
        pytest.param(
            {
                "resource_limits": ResourceLimits(
                    max_training_jobs=4, max_parallel_training_jobs=3, max_runtime=cdk.Duration.hours(2)
                )
            },
            {"ml.m5.large": 4},
            id="total-is-less-than-the-time",
        ),
        pytest.param(
            {"autotune": Autotune(), "resource_limits": ResourceLimits(max_parallel_training_jobs=3)},
            None,
            id="autotune-chooses-the-total",
        ),
        pytest.param({"resource_limits": ResourceLimits(max_parallel_training_jobs=3)}, None, id="nothing-ends-it"),
        pytest.param(
            {"resource_limits": ResourceLimits(max_parallel_training_jobs=1, max_training_jobs=TOKEN)},
            None,
            id="total-is-a-token",
        ),
        pytest.param(on(instance_type=cdk.Aws.REGION, instance_count=1), None, id="type-is-a-token"),
    ],
)
def test_worst_case_is_what_the_request_allows(
    stack: cdk.Stack, arguments: dict[str, Any], expected: dict[str, float] | None
) -> None:
    """Trainings × instances × time, the most that each type can come to; None where it can't be known."""
    assert hours(stack, arguments) == expected


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*.json")), ids=lambda file: file.stem)
def test_worst_case_of_a_real_request_is_known_if_something_ends_it(file: Path) -> None:
    """Two of the corpus leave the end to Autotune or to criteria, the others have a sum."""
    request = json.loads(file.read_text(encoding="utf-8"))
    if file.stem in {"tf-autotune-minimal", "tf-completion-criteria"}:
        with pytest.raises(UnknownError, match="there is no total of training jobs"):
            worst_case(request)
    else:
        found = worst_case(request)
        assert 0 < max(found.by_type.values()) <= found.total


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (on(instance_type="ml.m5.large", instance_count=2), "40 (20 training jobs × 2 instances × 1 h)"),
        (
            {"resource_limits": ResourceLimits(max_parallel_training_jobs=3, max_runtime=cdk.Duration.minutes(90))},
            "4.5 (3 training jobs at a time × 1 instance × 1.5 h of tuning)",
        ),
        (
            several({}, {"stopping_condition": StoppingCondition(max_runtime=cdk.Duration.hours(2))}),
            "40 (20 training jobs × 1 instance × 2 h)",
        ),
    ],
    ids=["trainings", "time", "the-dearest-definition"],
)
def test_ceiling_shows_the_sum_that_is_above_it(stack: cdk.Stack, arguments: dict[str, Any], shown: str) -> None:
    """Who set it sees what to change; nothing has been added to the stack."""
    with pytest.raises(ValidationError) as caught:
        minimal(stack, max_instance_hours=4, **arguments)
    assert caught.value.problems == (
        (
            f"max_instance_hours: got 4, the request allows {shown}; "
            "lower the number of training jobs, their time or their instances, or raise the ceiling"
        ),
    )
    assert stack.node.children == []


def test_ceiling_that_is_reached_is_kept(stack: cdk.Stack) -> None:
    """Only what is above it is refused; the template does not know of it."""
    minimal(stack, max_instance_hours=2)
    free = cdk.Stack(cdk.App(), "Training")
    minimal(free)
    assert Template.from_stack(stack).to_json() == Template.from_stack(free).to_json()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (
            ResourceLimits(max_parallel_training_jobs=1),
            "there is no total of training jobs, and no runtime of the tuning job",
        ),
        (
            ResourceLimits(max_parallel_training_jobs=1, max_training_jobs=TOKEN),
            "a token hides one of its numbers",
        ),
    ],
    ids=["nothing-ends-it", "token"],
)
def test_ceiling_refuses_what_can_not_be_known(stack: cdk.Stack, limits: ResourceLimits, reason: str) -> None:
    """A ceiling that says nothing would be worse than none."""
    with pytest.raises(ValidationError) as caught:
        minimal(stack, max_instance_hours=4, resource_limits=limits)
    assert caught.value.problems == (
        (
            f"max_instance_hours: got 4, and what the request allows can't be known: {reason}; "
            "give numbers, or leave the ceiling out"
        ),
    )


@pytest.mark.parametrize(
    ("ceiling", "shown"),
    [
        (0, "0"),
        (-1, "-1"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (True, "True"),
        ("100", "'100'"),
        (TOKEN, "a token"),
    ],
    # Not by the value: numbers of tokens differ from process to process.
    ids=["zero", "negative", "not-a-number", "infinite", "yes", "text", "token"],
)
def test_ceiling_is_a_number_above_zero(stack: cdk.Stack, ceiling: Any, shown: str) -> None:
    """Told in the caller's words, and no traceback."""
    with pytest.raises(ValidationError) as caught:
        minimal(stack, max_instance_hours=ceiling)
    expected = f"max_instance_hours: got {shown}, must be a number of hours above 0, known at synth"
    assert caught.value.problems == (expected,)


def test_ceiling_holds_for_a_plain_request_too(stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
    """It is an option of both forms."""
    with pytest.raises(ValidationError, match=r"the request allows 480 \(20 training jobs × 2 instances × 12 h\)"):
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request, max_instance_hours=100)
    job = HyperparameterTuningJob.from_request(stack, "Tuning", guide_request, max_instance_hours=480)
    assert job.worst_case_instance_hours == {"ml.c4.2xlarge": 480}


def test_ceiling_says_nothing_of_a_request_that_is_wrong_itself(stack: cdk.Stack) -> None:
    """First things first: what is asked for is not known yet."""
    with pytest.raises(ValidationError) as caught:
        minimal(stack, max_instance_hours=1, resource_limits=ResourceLimits(max_parallel_training_jobs=0))
    assert caught.value.problems == ("resource_limits.max_parallel_training_jobs: got 0, must be at least 1",)


@pytest.mark.parametrize("resource", [None, ResourceConfig(instance_type="ml.m5.large")], ids=["none", "no-count"])
def test_ceiling_leaves_missing_instances_to_their_rule(stack: cdk.Stack, resource: ResourceConfig | None) -> None:
    """One problem is told once."""
    with pytest.raises(ValidationError) as caught:
        minimal(stack, max_instance_hours=1, training_job=definition(resource_config=resource))
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "training_job.resource_config" if resource is None else "training_job.resource_config.instance_count"
    ]
