"""Tunings of one app that begin with the results of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match, Template

from hpt_construct import (
    AlgorithmSpecification,
    Autotune,
    CategoricalRange,
    Channel,
    ContinuousRange,
    HyperparameterTuningJob,
    IntegerRange,
    MetricDefinition,
    Objective,
    RetryStrategy,
    S3DataSource,
    Strategy,
    TrainingJobDefinition,
    ValidationError,
    WarmStart,
)
from tests.construct.jobs import TYPE, definition, minimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpt_construct import IHyperparameterTuningJob


def child(stack: cdk.Stack, parents: Sequence[IHyperparameterTuningJob | str], **arguments: Any) -> Any:
    """A tuning that begins with the results of its parents."""
    warm_start = WarmStart.identical_data_and_algorithm(parents=parents)
    return minimal(stack, "Child", warm_start=warm_start, **arguments)


def problems(stack: cdk.Stack, parents: Sequence[IHyperparameterTuningJob | str], **arguments: Any) -> tuple[str, ...]:
    """What is wrong with such a tuning."""
    with pytest.raises(ValidationError) as caught:
        child(stack, parents, **arguments)
    return caught.value.problems


def test_job_as_a_parent_is_its_name_and_is_started_first(stack: cdk.Stack) -> None:
    """CloudFormation makes what is referred to first."""
    parent = minimal(stack, "Parent")
    child(stack, [parent, "older-job", HyperparameterTuningJob.from_tuning_job_name(stack, "Oldest", "oldest")])
    first, second = Template.from_stack(stack).find_resources(TYPE).items()
    assert second[1]["Properties"]["WarmStartConfig"] == {
        "WarmStartType": "IdenticalDataAndAlgorithm",
        "ParentHyperParameterTuningJobs": [
            {"HyperParameterTuningJobName": {"Ref": first[0]}},
            {"HyperParameterTuningJobName": "older-job"},
            {"HyperParameterTuningJobName": "oldest"},
        ],
    }


def test_parent_may_be_in_another_stack() -> None:
    """The CDK then deploys that stack first."""
    app = cdk.App()
    stacks = [cdk.Stack(app, name, env=cdk.Environment(region="us-east-1")) for name in ("First", "Second")]
    child(stacks[1], [minimal(stacks[0], "Parent")])
    app.synth()
    assert [each.node.id for each in stacks[1].dependencies] == ["First"]


def test_child_of_the_same_kind_is_taken(stack: cdk.Stack) -> None:
    """What was static may be tuned now, and the other way round; values and bounds may change."""
    static = definition(static_hyperparameters={"eta": 0.3})
    parent = minimal(stack, "Parent", training_job=static)
    child(
        stack,
        [parent],
        parameter_ranges=[ContinuousRange("eta", 0, 1)],
        training_job=definition(static_hyperparameters={"depth": 5}),
        objective=Objective.minimize("loss"),
    )
    Template.from_stack(stack).resource_count_is(TYPE, 2)


def test_other_objective_is_a_problem(stack: cdk.Stack) -> None:
    """SageMaker compares the results of both."""
    assert problems(stack, ["older", minimal(stack, "Parent")], objective=Objective.minimize("error")) == (
        (
            "warm_start.parents[1]: its objective is 'loss', and this tuning job's 'error'; a warm start keeps the "
            "metric: change the objective, or leave the parent out"
        ),
    )


def test_other_hyperparameters_are_a_problem(stack: cdk.Stack) -> None:
    """Static and tuned together have to be the same names."""
    parent = minimal(stack, "Parent", training_job=definition(static_hyperparameters={"eta": 0.3, "rounds": 9}))
    found = problems(stack, [parent], training_job=definition(static_hyperparameters={"rounds": 9, "alpha": 1}))
    assert found == (
        (
            "warm_start.parents[0]: its hyperparameters differ: only it has 'eta'; only this job has 'alpha'; "
            "a warm start keeps the names, static and tuned together: drop or add some, static ones will do"
        ),
    )


def test_other_kind_of_range_is_a_problem(stack: cdk.Stack) -> None:
    """Who was searched as an integer is no category now."""
    parent = minimal(stack, "Parent")
    assert problems(stack, [parent], parameter_ranges=[CategoricalRange("depth", ["1", "2"])]) == (
        (
            "warm_start.parents[0]: it tunes 'depth' in an integer range, this job in a categorical one; "
            "a warm start keeps the kind: take that, or make it static"
        ),
    )


KEEPS = "a warm start keeps it: give both the same, or leave the parent out"


@pytest.mark.parametrize(
    ("theirs", "mine", "told"),
    [
        (
            {"environment": {"A": "1", "B": "2", "D": "4"}},
            {"environment": {"A": "1", "B": "3", "C": "4"}},
            "its environment differs in 'B', 'C', 'D'",
        ),
        ({}, {"environment": {"A": cdk.Aws.REGION}}, "its environment differs in 'A'"),
        ({"enable_network_isolation": True}, {}, "its enable_network_isolation is True, and this tuning job's False"),
        (
            {},
            {"enable_inter_container_traffic_encryption": True},
            "its enable_inter_container_traffic_encryption is False, and this tuning job's True",
        ),
        (
            {"retry_strategy": RetryStrategy(3)},
            {},
            "its maximum_retry_attempts is 3, and this tuning job's left out",
        ),
    ],
    ids=["environment", "token", "isolation", "encryption", "retries"],
)
def test_what_else_a_definition_says_is_kept(
    stack: cdk.Stack, theirs: dict[str, Any], mine: dict[str, Any], told: str
) -> None:
    """SageMaker lists the members that a warm start may change, and refuses a change of any other."""
    parent = minimal(stack, "Parent", training_job=definition(**theirs))
    found = problems(stack, [parent], training_job=definition(**mine))
    assert found == (f"warm_start.parents[0]: {told}; {KEEPS}",)


def test_what_says_the_same_may_be_written_differently(stack: cdk.Stack) -> None:
    """Left out is False, and a token may come to the same value."""
    theirs = definition(environment={"A": "1", "B": "2"}, enable_network_isolation=False)
    parent = minimal(stack, "Parent", training_job=theirs)
    mine = definition(environment={"B": cdk.Aws.REGION, "A": "1"}, enable_inter_container_traffic_encryption=False)
    child(stack, [parent], training_job=mine)
    Template.from_stack(stack).resource_count_is(TYPE, 2)


BUCKET, IMAGE = "s3://amzn-s3-demo-bucket", "111122223333.dkr.ecr.us-east-1.amazonaws.com/churn"
SAME_DATA, SAME_ALGORITHM = (
    f"a warm start of type IdenticalDataAndAlgorithm keeps the {what}: give the same, or choose TransferLearning"
    for what in ("data", "algorithm")
)


def reading(**uris: str) -> TrainingJobDefinition:
    """A training of channels with these URIs."""
    return definition(input_data_config=[Channel(name, S3DataSource(uri)) for name, uri in uris.items()])


def of_image(tag: str) -> TrainingJobDefinition:
    """A training in an image with this tag."""
    loss = [MetricDefinition("loss", "loss=([0-9.]+)")]
    image = AlgorithmSpecification(training_image=f"{IMAGE}:{tag}", metric_definitions=loss)
    return definition(algorithm_specification=image)


@pytest.mark.parametrize(
    ("theirs", "mine", "told"),
    [
        (
            reading(train=f"{BUCKET}/old", test=f"{BUCKET}/test"),
            reading(train=f"{BUCKET}/new", test=f"{BUCKET}/test/"),
            f"its channel 'train' reads '{BUCKET}/old', and this tuning job's '{BUCKET}/new'; {SAME_DATA}",
        ),
        (
            reading(train=BUCKET),
            reading(train=BUCKET, more=BUCKET),
            f"only this tuning job has the channel 'more'; {SAME_DATA}",
        ),
        (
            of_image("1"),
            of_image("2"),
            f"its training_image is '{IMAGE}:1', and this tuning job's '{IMAGE}:2'; {SAME_ALGORITHM}",
        ),
    ],
    ids=["other-data", "more-data", "other-image"],
)
def test_identical_data_and_algorithm_are_that(
    stack: cdk.Stack, theirs: TrainingJobDefinition, mine: TrainingJobDefinition, told: str
) -> None:
    """What the type says is held to it; a transfer of what was learned takes other data and another image."""
    parent = minimal(stack, "Parent", training_job=theirs)
    assert problems(stack, [parent], training_job=mine) == (f"warm_start.parents[0]: {told}",)
    warm_start = WarmStart.transfer_learning(parents=[parent])
    assert minimal(stack, "Transfer", warm_start=warm_start, training_job=mine) is not None


def test_data_that_is_not_known_may_be_identical(stack: cdk.Stack) -> None:
    """Two tokens may come to the same."""
    parent = minimal(stack, "Parent", training_job=reading(train=cdk.Fn.import_value("old")))
    child(stack, [parent], training_job=reading(train=BUCKET))
    Template.from_stack(stack).resource_count_is(TYPE, 2)


def test_parent_twice_is_a_problem(stack: cdk.Stack) -> None:
    """As the same construct, or as a construct and by the name that it was given."""
    made_up, named = minimal(stack, "MadeUp"), minimal(stack, "Named", tuning_job_name="Nightly")
    assert problems(stack, [made_up, named, made_up, "nightly"]) == (
        "warm_start.parents[2]: is a parent already; leave it out",
        "warm_start.parents[3]: is a parent already; leave it out",
    )


def test_job_of_the_same_name_is_no_parent(stack: cdk.Stack) -> None:
    """A name stands for one job only."""
    assert problems(stack, [minimal(stack, "Parent", tuning_job_name="Nightly")], tuning_job_name="nightly") == (
        "warm_start.parents[0]: is named 'nightly', as this tuning job is; name an earlier one",
    )


@pytest.mark.parametrize(
    "hidden",
    [
        {"training_job": definition(static_hyperparameters={cdk.Aws.REGION: "1"})},
        {"parameter_ranges": [IntegerRange(cdk.Aws.REGION, 1, 2)]},
        {"parameter_ranges": [ContinuousRange("eta", 0, 1)], "autotune": Autotune()},
        {"training_job": definition(environment={cdk.Aws.REGION: "1"})},
    ],
    ids=["static", "tuned", "autotune", "environment"],
)
@pytest.mark.parametrize("whose", ["parent", "child"])
def test_what_is_not_known_is_left_to_sagemaker(stack: cdk.Stack, hidden: dict[str, Any], whose: str) -> None:
    """A token, or what Autotune adds, may make both alike."""
    parent = minimal(stack, "Parent", **(hidden if whose == "parent" else {}))
    child(stack, [parent], **(hidden if whose == "child" else {}))
    assert sum(isinstance(each, HyperparameterTuningJob) for each in stack.node.children) == 2


def test_parent_of_several_definitions_is_left_to_sagemaker(stack: cdk.Stack) -> None:
    """Which of them the results are of is not known."""
    several = [
        definition(definition_name="a", objective=Objective.minimize("a"), parameter_ranges=[IntegerRange("x", 1, 9)])
    ]
    parent = minimal(
        stack, "Parent", strategy=Strategy.RANDOM, training_jobs=several, objective=None, parameter_ranges=None
    )
    child(stack, [parent])
    assert sum(isinstance(each, HyperparameterTuningJob) for each in stack.node.children) == 2


@pytest.mark.parametrize("wrong", ["older-job", {"parents": "older-job"}, WarmStart.transfer_learning(parents="abc")])
def test_what_is_no_warm_start_is_a_problem(stack: cdk.Stack, wrong: Any) -> None:
    """And no traceback of the checks between jobs."""
    with pytest.raises(ValidationError, match="warm_start"):
        minimal(stack, "Child", warm_start=wrong)


HERE = cdk.Environment(account="111122223333", region="us-east-1")
ELSEWHERE = "SageMaker looks for parents in the tuning's own account and region; leave it out"


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (cdk.Environment(account="111122223333", region="eu-west-1"), "account 111122223333, region eu-west-1"),
        (cdk.Environment(account="444455556666", region="us-east-1"), "account 444455556666, region us-east-1"),
        (cdk.Environment(region="eu-west-1"), "region eu-west-1"),
    ],
    ids=["region", "account", "account-not-known"],
)
def test_parent_of_another_environment_is_refused(env: cdk.Environment, words: str) -> None:
    """SageMaker knows a parent by its name alone, and would look for it here."""
    app = cdk.App()
    theirs = definition(role=f"arn:aws:iam::{env.account or '111122223333'}:role/R")
    parent = minimal(cdk.Stack(app, "First", env=env), "Parent", tuning_job_name="nightly", training_job=theirs)
    with pytest.raises(ValidationError) as caught:
        child(cdk.Stack(app, "Second", env=HERE), [parent])
    here = "account 111122223333, region us-east-1"
    assert caught.value.problems == (
        f"warm_start.parents[0]: is in {words}, and this tuning job in {here}: {ELSEWHERE}",
    )


def test_parent_by_an_arn_of_another_region_is_refused() -> None:
    """The reference may be made in the very stack."""
    stack = cdk.Stack(cdk.App(), "Training", env=HERE)
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/nightly"
    parent = HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", arn)
    with pytest.raises(ValidationError, match=r"warm_start\.parents\[0\]: is in account 111122223333, region eu"):
        child(stack, [parent])


@pytest.mark.parametrize("env", [HERE, None], ids=["known", "not-known"])
def test_parent_that_may_be_here_is_taken(env: cdk.Environment | None) -> None:
    """By name, by an ARN of this place, or where a token hides the place."""
    stack = cdk.Stack(cdk.App(), "Training", env=env)
    arn = f"arn:aws:sagemaker:us-east-1:{cdk.Aws.ACCOUNT_ID}:hyper-parameter-tuning-job/weekly"
    parents = [
        HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly"),
        HyperparameterTuningJob.from_tuning_job_arn(stack, "Weekly", arn),
        HyperparameterTuningJob.from_tuning_job_arn(
            stack, "Daily", "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/daily"
        ),
    ]
    assert child(stack, parents) is not None


def warnings(stack: cdk.Stack) -> list[str]:
    """What the CLI says of parents that may still run."""
    found = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("hpt-construct:running-parent"))
    return [str(each.entry.data) for each in found]


def test_parent_of_the_app_may_still_run(stack: cdk.Stack) -> None:
    """One deployment of everything starts the parent a minute before; who has waited says so."""
    job = child(stack, ["older-job", minimal(stack, "Parent")])
    [warning] = warnings(stack)
    assert warning == (
        "warm_start.parents[1]: is a job of this app, and SageMaker takes parents that have ended: while it runs, this "
        "job fails; give the parent wait_for_completion, or deploy it first and this job when it has ended, and "
        "acknowledge this warning then "
        "[ack: hpt-construct:running-parent]"
    )
    cdk.Annotations.of(job).acknowledge_warning("hpt-construct:running-parent")
    assert warnings(stack) == []


def parents_name(reference: cdk.ReferenceStrength | None) -> Any:
    """What a job in another stack has as its parent's name."""
    app = cdk.App()
    here, there = cdk.Stack(app, "Here"), cdk.Stack(app, "There")
    parent = minimal(here, "Parent")
    if reference is not None:
        parent.apply_cross_stack_reference_strength(reference)
    child(there, [parent])
    [resource] = Template.from_stack(there).find_resources(TYPE).values()
    assert there.dependencies == [here]
    [found] = resource["Properties"]["WarmStartConfig"]["ParentHyperParameterTuningJobs"]
    return found["HyperParameterTuningJobName"]


@pytest.mark.skipif(not hasattr(cdk, "ReferenceStrength"), reason="older releases of the CDK have strong ones only")
def test_child_in_another_stack_locks_its_parent_only_by_a_strong_reference() -> None:
    """CloudFormation refuses to change an export that is imported."""
    assert list(parents_name(None)) == ["Fn::ImportValue"]
    assert list(parents_name(cdk.ReferenceStrength.WEAK)) == ["Fn::GetStackOutput"]
