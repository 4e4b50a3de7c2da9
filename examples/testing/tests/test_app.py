"""What is worth testing of a stack with a tuning job: `pytest` in the folder of the app runs it."""

import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match, Template

import hpt_construct as hpt

sys.path.insert(0, str(Path(__file__).parents[1]))

from app import TuningStack

JOB = "Custom::SageMakerHyperParameterTuningJob"


@pytest.fixture(scope="module")
def stack() -> TuningStack:
    """The stack as production gets it; a request that SageMaker would refuse ends here."""
    return TuningStack(cdk.App(), "Tuning", max_training_jobs=20)


@pytest.fixture(scope="module")
def template(stack: TuningStack) -> Template:
    """What CloudFormation gets."""
    return Template.from_stack(stack)


def test_search_has_the_size_of_its_environment(template: Template) -> None:
    """Scalars are strings in the template."""
    limits = {"MaxNumberOfTrainingJobs": "20", "MaxParallelTrainingJobs": "2"}
    template.has_resource_properties(JOB, {"HyperParameterTuningJobConfig": {"ResourceLimits": limits}})


def test_training_jobs_write_to_the_bucket_of_the_stack(template: Template) -> None:
    """References are found as in any template: by the logical id of what they refer to."""
    [bucket] = template.find_resources("AWS::S3::Bucket")
    path = {"Fn::Join": ["", ["s3://", {"Ref": bucket}, "/models"]]}
    template.has_resource_properties(JOB, {"TrainingJobDefinition": {"OutputDataConfig": {"S3OutputPath": path}}})


def test_nothing_is_doubtful(stack: TuningStack) -> None:
    """No rule of hpt-construct warns, or each warning is acknowledged with a reason."""
    warnings = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("hpt-construct:"))
    assert [each.entry.data for each in warnings] == []


def test_search_costs_no_more_than_planned(stack: TuningStack) -> None:
    """The most that it can use, in instance hours."""
    assert dict(stack.job.worst_case_instance_hours or {}) == {"ml.m5.xlarge": 20}


def test_larger_search_is_refused() -> None:
    """The ceiling is a promise of this stack, so it has a test."""
    with pytest.raises(hpt.ValidationError, match="the request allows 60"):
        TuningStack(cdk.App(), "Tuning", max_training_jobs=60)
