"""Lists that only CloudFormation knows: parameters of the type CommaDelimitedList, imported values that are split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from hpt_construct import (
    AlgorithmSpecification,
    CategoricalRange,
    HyperparameterTuningJob,
    IntegerRange,
    TuningResourceConfig,
    ValidationError,
    VpcConfig,
    WarmStart,
)
from tests.construct.jobs import TYPE, definition, minimal

if TYPE_CHECKING:
    from collections.abc import Callable


OF_ECR = "111122223333.dkr.ecr.us-east-1.amazonaws.com/churn"


def listed(stack: cdk.Stack, name: str = "Listed") -> list[str]:
    """A list that is a parameter of the stack."""
    return cdk.CfnParameter(stack, name, type="CommaDelimitedList").value_as_list


def test_list_of_strings_may_be_a_token(stack: cdk.Stack) -> None:
    """CloudFormation puts its items in."""
    split = cdk.Fn.split(",", cdk.Fn.import_value("subnets"))
    network = VpcConfig(subnets=split, security_groups=listed(stack))
    ranges = [CategoricalRange("kind", listed(stack, "Kinds")), IntegerRange("depth", 1, 100)]
    minimal(stack, training_job=definition(vpc_config=network), parameter_ranges=ranges)
    [job] = Template.from_stack(stack).find_resources(TYPE).values()
    properties = job["Properties"]
    assert properties["TrainingJobDefinition"]["VpcConfig"] == {
        "Subnets": {"Fn::Split": [",", {"Fn::ImportValue": "subnets"}]},
        "SecurityGroupIds": {"Ref": "Listed"},
    }
    [kinds] = properties["HyperParameterTuningJobConfig"]["ParameterRanges"]["CategoricalParameterRanges"]
    assert kinds == {"Name": "kind", "Values": {"Ref": "Kinds"}}


def test_item_of_such_a_list_may_be_selected(stack: cdk.Stack) -> None:
    """As the CDK does it."""
    network = VpcConfig(subnets=[cdk.Fn.select(0, listed(stack)), "subnet-1"], security_groups=["sg-1"])
    minimal(stack, training_job=definition(vpc_config=network))
    [job] = Template.from_stack(stack).find_resources(TYPE).values()
    subnets = job["Properties"]["TrainingJobDefinition"]["VpcConfig"]["Subnets"]
    assert subnets == [{"Fn::Select": [0, {"Ref": "Listed"}]}, "subnet-1"]


GOT = "got a list of strings that only CloudFormation knows, must be"
STRUCTURES = f"{GOT} a list of structures; write them out, their values may be tokens"
OF_A_LIST = "got an item that was taken from a list with [0], and only CloudFormation knows the list"
ITEM = f"{OF_A_LIST}; use cdk.Fn.select(0, ...)"


def network(subnets: Any) -> dict[str, Any]:
    """A definition in a network."""
    return {"training_job": definition(vpc_config=VpcConfig(subnets=subnets, security_groups=["sg-1"]))}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (lambda later: {"tags": later}, f"tags: {STRUCTURES}"),
        (
            lambda later: {"training_job": definition(input_data_config=later)},
            f"training_job.input_data_config: {STRUCTURES}",
        ),
        (
            lambda later: {
                "training_job": definition(
                    algorithm_specification=AlgorithmSpecification(training_image=OF_ECR, metric_definitions=later)
                )
            },
            f"training_job.algorithm_specification.metric_definitions: {STRUCTURES}",
        ),
        (
            lambda later: {
                "training_job": definition(
                    resource_config=None, tuning_resource_config=TuningResourceConfig(instance_configs=later)
                )
            },
            f"training_job.tuning_resource_config.instance_configs: {STRUCTURES}",
        ),
        (lambda later: {"warm_start": WarmStart.transfer_learning(parents=later)}, f"warm_start.parents: {STRUCTURES}"),
        (
            lambda later: {"parameter_ranges": later},
            f"parameter_ranges: {GOT} a structure; write it out, its values may be tokens",
        ),
        (
            lambda later: network([later]),
            f"training_job.vpc_config.subnets[0]: {GOT} a string; cdk.Fn.select(0, ...) takes an item",
        ),
        (lambda later: network([*later, "subnet-1"]), f"training_job.vpc_config.subnets[0]: {ITEM}"),
        (
            lambda later: {"training_job": definition(static_hyperparameters={"kind": later[0]})},
            f"training_job.static_hyperparameters['kind']: {ITEM}",
        ),
    ],
    ids=["tags", "channels", "metrics", "instances", "parents", "ranges", "nested", "added", "item"],
)
def test_list_that_can_not_be_meant_is_refused(
    stack: cdk.Stack, arguments: Callable[[list[str]], dict[str, Any]], problem: str
) -> None:
    """The deployment would fail, or the synth with an error of the CDK's."""
    with pytest.raises(ValidationError) as caught:
        minimal(stack, **arguments(listed(stack)))
    assert caught.value.problems == (problem,)


def test_plain_request_is_held_to_the_same(stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
    """In the API's own words."""
    guide_request["TrainingJobDefinition"]["InputDataConfig"] = listed(stack)
    with pytest.raises(ValidationError) as caught:
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
    assert caught.value.problems == (f"TrainingJobDefinition.InputDataConfig: {STRUCTURES}",)
