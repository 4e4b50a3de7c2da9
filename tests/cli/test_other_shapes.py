"""``hpt convert`` with documents that have a request somewhere, or in other words, or none."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from hpt_construct import api_model
from hpt_construct.cli import commands, other_shapes
from hpt_construct.cli.words import AskError
from tests.contract.test_fidelity import value_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TASK = "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync"


def _convert(tmp_path: Path, document: Any) -> Result:
    path = tmp_path / "document.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return CliRunner().invoke(commands.hpt, ["convert", str(path)], catch_exceptions=False)


def _machine(*tasks: dict[str, Any]) -> dict[str, Any]:
    """A state machine: the tasks, and one that isn't about tuning."""
    after = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createModel", "Parameters": {"ModelName.$": "$.m"}}
    return {"StartAt": "Tune 0", "States": {f"Tune {number}": task for number, task in enumerate(tasks)} | {"": after}}


def _task(request: dict[str, Any], member: str = "Parameters") -> dict[str, Any]:
    return {"Type": "Task", "Resource": TASK, member: request, "End": True}


PLACES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "States['Tune 0'].Parameters": lambda request: _machine(_task(request)),
    "States['Tune 0'].Arguments": lambda request: _machine(_task(request, "Arguments")),
    "Parameters": _task,
    "definition.States['Tune 0'].Parameters": lambda request: {"definition": json.dumps(_machine(_task(request)))},
    "States.Map.ItemProcessor.States['Tune 0'].Parameters": lambda request: {
        "States": {"Map": {"Type": "Map", "ItemProcessor": _machine(_task(request))}}
    },
    "Steps[0].Arguments": lambda request: {
        "Version": "2020-12-01",
        "Steps": [{"Name": "Tune", "Type": "Tuning", "Arguments": request}],
    },
    "[0]": lambda request: [request],
}


@pytest.mark.parametrize("place", PLACES)
def test_the_only_request_in_a_document_is_taken(tmp_path: Path, body: dict[str, Any], place: str) -> None:
    """A state machine, a state, an answer of DescribeStateMachine, a pipeline: the code is that of the request."""
    result = _convert(tmp_path, PLACES[place](body))
    assert (result.exit_code, result.stderr) == (0, f"hpt: took the request from {place}\n")
    assert result.stdout == _convert(tmp_path, body).stdout


@pytest.mark.parametrize(
    "name", [{"HyperParameterTuningJobName.$": "$.name"}, {"HyperParameterTuningJobName": "{% $states.input.name %}"}]
)
@pytest.mark.parametrize("in_a_machine", [True, False])
def test_a_name_that_only_an_execution_knows_is_left_out(
    tmp_path: Path, body: dict[str, Any], name: dict[str, str], *, in_a_machine: bool
) -> None:
    """The stack generates one instead, as an execution does."""
    document = _machine(_task(body | name)) if in_a_machine else body | name
    result = _convert(tmp_path, document)
    if in_a_machine or "HyperParameterTuningJobName.$" in name:
        assert result.exit_code == 0
        assert result.stderr.endswith("left out its name, which only an execution knows\n")
        assert result.stdout == _convert(tmp_path, body).stdout
    else:
        # Nothing shows that a request alone belongs to a state machine.
        assert "HyperParameterTuningJobName: got '{% $states.input.name %}', must be " in result.stderr


@pytest.mark.parametrize(
    ("place", "value", "member"),
    [
        ("RoleArn.$", "$.role", "RoleArn"),
        ("RoleArn", "{% $states.input.role %}", "RoleArn"),
        ("OutputDataConfig", {"S3OutputPath": {"Get": "Parameters.Output"}}, "OutputDataConfig.S3OutputPath"),
        ("OutputDataConfig", {"S3OutputPath": {"Std:Join": {"On": "/"}}}, "OutputDataConfig.S3OutputPath"),
        ("RoleArn", {"Fn::GetAtt": ["Role", "Arn"]}, "RoleArn"),
        ("InputDataConfig", [{"ChannelName.$": "$.a"}], "InputDataConfig[0].ChannelName"),
    ],
)
def test_other_values_that_only_an_execution_knows_are_told(
    tmp_path: Path, body: dict[str, Any], place: str, value: Any, member: str
) -> None:
    """2, with each of them, and how to print the part in which to replace them."""
    body["TrainingJobDefinition"].pop("RoleArn")
    body["TrainingJobDefinition"][place] = value
    result = _convert(tmp_path, {"HyperParameterTuningJobName.$": "$.name", **body})
    says = f"has values that only an execution knows: TrainingJobDefinition.{member}; write values in their place"
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"document.json' {says} or take a tuning job that it has started, with --from-job\n" in result.stderr
    result = _convert(tmp_path, {"definition": json.dumps(_machine(_task(body)))})
    assert result.stderr.startswith("hpt: definition.States['Tune 0'].Parameters of '")
    assert f"{says}, as `jq '.definition | fromjson | .States[\"Tune 0\"].Parameters'` prints it, or" in result.stderr


def test_a_hyperparameter_may_look_like_a_reference(tmp_path: Path, body: dict[str, Any]) -> None:
    """In a request that stands alone nothing else is one."""
    body["TrainingJobDefinition"]["StaticHyperParameters"] = {"Get": "{% a %}"}
    assert _convert(tmp_path, body).exit_code == 0


def test_several_requests_are_a_question(tmp_path: Path, body: dict[str, Any]) -> None:
    """2, with where they are, and how to print one."""
    result = _convert(tmp_path, _machine(_task(body), _task(body)))
    assert result.exit_code == 2
    assert (
        "has 2 requests (States['Tune 0'].Parameters, States['Tune 1'].Parameters); "
        "give one of them alone, as `jq '.States[\"Tune 0\"].Parameters'` prints it\n" in result.stderr
    )


def _renamed(value: Any, rename: Callable[[str], str], shape_name: str = api_model.REQUEST) -> Any:
    shape = api_model.shapes()[shape_name]
    if shape["type"] == "structure":
        members = api_model.members(shape_name)
        return {rename(name): _renamed(below, rename, members[name]) for name, below in value.items()}
    if shape["type"] == "list":
        return [_renamed(item, rename, shape["member"]["shape"]) for item in value]
    return value


SPELLINGS: dict[str, Callable[[str], str]] = {
    "camelCase": lambda name: name[0].lower() + name[1:],
    "snake_case": lambda name: re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower(),
    "of ACK": lambda name: (name[0].lower() + name[1:]).replace("Arn", "ARN").replace("KeyId", "KeyID"),
}


@settings(max_examples=settings().max_examples // 5)
@pytest.mark.parametrize("spelling", SPELLINGS)
@given(data=st.data())
def test_a_request_with_names_in_another_spelling_is_taken(spelling: str, data: st.DataObject) -> None:
    """Every member gets its name of the API, and nothing else changes: keys of maps are the user's."""
    request = data.draw(value_of(api_model.REQUEST))
    renamed = _renamed(request, SPELLINGS[spelling])
    for document, note in ((renamed, ""), ({"kind": "x", "spec": renamed}, "took the request from spec; ")):
        taken, told = other_shapes.take(document, "it")
        assert taken == request
        assert told == note + "took its names for those of the API, ignoring case and underscores"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ([{"name": "a", "value": "1"}, {"name": "b", "value": "2"}], {"a": "1", "b": "2"}),
        ([{"name": "a", "value": "1"}, {"name": "a", "value": "2"}], None),
        ([{"name": ["a"], "value": "1"}], None),
        ([{"name": "a"}], None),
        ([{"name": "a", "value": "1", "x": 1}], None),
    ],
)
def test_a_list_of_names_and_values_is_a_map(body: dict[str, Any], given: Any, taken: Any) -> None:
    """In a manifest of the older operator for Kubernetes; unless something would get lost."""
    body["TrainingJobDefinition"]["StaticHyperParameters"] = given
    request, _ = other_shapes.take(_renamed(body, SPELLINGS["camelCase"]), "it")
    assert request["TrainingJobDefinition"]["StaticHyperParameters"] == (given if taken is None else taken)


def test_names_that_cannot_be_told_apart_stay(tmp_path: Path, body: dict[str, Any]) -> None:
    """Neither of two that mean the same is dropped, nor one that the API doesn't have."""
    renamed = _renamed(body, SPELLINGS["camelCase"])
    renamed["trainingJobDefinition"] |= {"role_arn": "other", "region": "us-east-1"}
    result = _convert(tmp_path, renamed)
    assert result.exit_code == 2
    for name in ("role_arn", "region"):
        assert f"TrainingJobDefinition.{name}: not a member of " in result.stderr


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (
            {"values": {"root_module": {"resources": [{"type": other_shapes.TERRAFORM, "values": {"name": "a b"}}]}}},
            "is Terraform's, whose names are not the API's; when it is applied, take the tuning job with `hpt convert",
        ),
        ({"type": other_shapes.TERRAFORM, "values": {"name": "a b"}}, "`hpt convert --from-job 'a b'`"),
        ({"type": other_shapes.TERRAFORM, "instances": []}, "take the tuning job with `hpt convert --from-job NAME`"),
        ({"ProcessingJobName": "a"}, "is a request of CreateProcessingJob, not of CreateHyperParameterTuningJob"),
        ({"HyperParameterTuningJobName": "a"}, "has no HyperParameterTuningJobConfig; it must be a request as boto3"),
        (
            {"TrainingJobDefinition": {"AlgorithmSpecification": {}, "OutputDataConfig": {}}},
            "has no HyperParameterTuningJobConfig; it must be a request as boto3",
        ),
        (["{", "{x", 1, None], "has no HyperParameterTuningJobConfig; it must be a request as boto3"),
        (f'resource "{other_shapes.TERRAFORM}" "a" {{\n}}', "it is Terraform; when it is applied, take"),
        ("{'HyperParameterTuningJobConfig': {}}", "it is what Python prints; write it with json.dump("),
        ("sagemaker.create_hyper_parameter_tuning_job(\n", "it is a program; when it has run, take"),
        ("apiVersion: v1\nspec:\n", "it seems to be YAML; make JSON of it, as in `yq -o json FILE | hpt convert -`"),
        ("nothing", "is not JSON (Expecting value: line 1 column 1 (char 0)); it must be a request as boto3 takes it"),
    ],
)
def test_what_has_no_request_is_told_what_it_is(tmp_path: Path, document: Any, says: str) -> None:
    """2, and one sentence with the way out."""
    result = _convert(tmp_path, document)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert says in result.stderr


def test_yaml_is_seen_in_any_encoding(body: dict[str, Any]) -> None:
    """As in JSON, a shell may have written it in UTF-16."""
    for encoding in ("utf-8", "utf-16"):
        assert "YAML" in other_shapes.hint(yaml.safe_dump(body).encode(encoding))


_ANY_JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from(["{", '{"HyperParameterTuningJobConfig": 1}', "{% a %}", "x"]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["hyper_parameter_tuning_job_config", "HyperParameterTuningJobConfig", "a.$", "Get", "type"]
            ),
            below,
            max_size=3,
        )
    ),
)


@given(document=_ANY_JSON)
def test_any_document_has_a_request_or_an_error(document: Any) -> None:
    """No document ends in another exception."""
    try:
        request, _ = other_shapes.take(document, "it")
    except AskError:
        return
    assert "HyperParameterTuningJobConfig" in request
