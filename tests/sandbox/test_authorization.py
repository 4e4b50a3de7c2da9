"""What IAM is asked about for each call, and what a call does that is not allowed."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.clients import IN_PROCESS_KEY
from sandbox.sagemaker import errors
from sandbox.sagemaker.authorization import Context
from sandbox.sagemaker.service import SageMaker
from sandbox.sagemaker.settings import Fault, ServiceSettings

_PLACE = "arn:aws:sagemaker:us-east-1:111122223333"
_JOB = f"{_PLACE}:hyper-parameter-tuning-job/Tune-1"
_ROLE = "arn:aws:iam::111122223333:role/tuning"
_CREATE = "CreateHyperParameterTuningJob"
_PASS = ("iam:PassRole", _ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"})
_TEAM = {"aws:ResourceTag/team": "a"}
_NEW_TEAM: Context = {"aws:RequestTag/team": "a", "aws:TagKeys": ["team"]}


class _Iam:
    """Notes what it is asked, and refuses one action."""

    def __init__(self, refused: str = "") -> None:
        self.asked: list[tuple[str, str, Context]] = []
        self.callers: set[str] = set()
        self.regions: set[object] = set()
        self._refused = refused

    def __call__(self, caller: str, action: str, resource: str, context: Context) -> None:
        """Answer a question."""
        self.callers.add(caller)
        shown = dict(context)
        self.regions.add(shown.pop("aws:RequestedRegion"))
        self.asked.append((action, resource, shown))
        if action == self._refused:
            raise errors.access_denied("arn:aws:sts::111122223333:assumed-role/r/f", action, resource)


def _service(iam: _Iam, settings: ServiceSettings | None = None) -> SageMaker:
    return SageMaker(settings, authorize=iam)


def test_creation_is_asked_for_with_the_role_and_the_tags(request_body: dict[str, Any]) -> None:
    """It takes three permissions: to create, to hand the role to SageMaker, and to add the tags."""
    iam = _Iam()
    _service(iam).client().create_hyper_parameter_tuning_job(**request_body)
    assert iam.asked == [
        (f"sagemaker:{_CREATE}", _JOB, _NEW_TEAM),
        _PASS,
        ("sagemaker:AddTags", _JOB, {"sagemaker:TaggingAction": _CREATE, **_NEW_TEAM}),
    ]
    assert (iam.callers, iam.regions) == ({IN_PROCESS_KEY.id}, {"us-east-1"})


def test_creation_without_tags_adds_none(request_body: dict[str, Any]) -> None:
    """Nothing is asked about tags, and each role of several definitions once."""
    del request_body["Tags"]
    definition = request_body.pop("TrainingJobDefinition")
    other = f"{_ROLE}-2"
    roles = [_ROLE, other, _ROLE]
    request_body["TrainingJobDefinitions"] = [{**definition, "RoleArn": role} for role in roles]
    iam = _Iam()
    _service(iam).client().create_hyper_parameter_tuning_job(**request_body)
    assert iam.asked == [(f"sagemaker:{_CREATE}", _JOB, {}), _PASS, (_PASS[0], other, _PASS[2])]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        (ServiceSettings(creation_shows_tagging_action=False), _NEW_TEAM),
        (ServiceSettings(creation_shows_request_tags=False), {"sagemaker:TaggingAction": _CREATE}),
        (
            ServiceSettings(creation_shows_resource_tags=True),
            {"sagemaker:TaggingAction": _CREATE, **_NEW_TEAM, **_TEAM},
        ),
    ],
    ids=["no tagging action", "no request tags", "resource tags"],
)
def test_what_is_not_known_of_a_creation_can_be_set(
    request_body: dict[str, Any], settings: ServiceSettings, shown: Context
) -> None:
    """Each condition key of the permission to add a creation's tags has a switch."""
    iam = _Iam()
    _service(iam, settings).client().create_hyper_parameter_tuning_job(**request_body)
    assert iam.asked[-1] == ("sagemaker:AddTags", _JOB, shown)


def test_calls_about_a_job_show_its_tags(request_body: dict[str, Any]) -> None:
    """The job is found in any case; the tags of the request are there beside its own."""
    iam = _Iam()
    client = _service(iam).client()
    client.create_hyper_parameter_tuning_job(**request_body)
    iam.asked.clear()
    name = {"HyperParameterTuningJobName": "tune-1"}
    client.describe_hyper_parameter_tuning_job(**name)
    client.stop_hyper_parameter_tuning_job(**name)
    client.list_tags(ResourceArn=_JOB)
    client.add_tags(ResourceArn=_JOB, Tags=[{"Key": "Stage", "Value": "b"}])
    client.delete_tags(ResourceArn=_JOB, TagKeys=["team"])
    client.list_hyper_parameter_tuning_jobs()
    assert iam.asked == [
        ("sagemaker:DescribeHyperParameterTuningJob", _JOB.replace("Tune", "tune"), _TEAM),
        ("sagemaker:StopHyperParameterTuningJob", _JOB.replace("Tune", "tune"), _TEAM),
        ("sagemaker:ListTags", _JOB, _TEAM),
        ("sagemaker:AddTags", _JOB, {"aws:RequestTag/Stage": "b", "aws:TagKeys": ["Stage"], **_TEAM}),
        ("sagemaker:DeleteTags", _JOB, {"aws:TagKeys": ["team"], **_TEAM, "aws:ResourceTag/Stage": "b"}),
        ("sagemaker:ListHyperParameterTuningJobs", "*", {}),
    ]


def test_calls_about_a_training_show_the_tags_of_its_tuning(request_body: dict[str, Any]) -> None:
    """SageMaker gives a tuning's tags to its trainings."""
    iam = _Iam()
    client = _service(iam).client()
    client.create_hyper_parameter_tuning_job(**request_body)
    listed = client.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune-1")
    training = listed["TrainingJobSummaries"][0]
    client.describe_training_job(TrainingJobName=training["TrainingJobName"])
    assert iam.asked[-2:] == [
        ("sagemaker:ListTrainingJobsForHyperParameterTuningJob", _JOB, _TEAM),
        ("sagemaker:DescribeTrainingJob", training["TrainingJobArn"], _TEAM),
    ]


def test_resources_can_be_in_lower_case(request_body: dict[str, Any]) -> None:
    """Which spelling of a name IAM compares is not documented: both can be tried, and the tags are found by either."""
    iam = _Iam()
    client = _service(iam, ServiceSettings(resources_in_lower_case=True)).client()
    client.create_hyper_parameter_tuning_job(**request_body)
    client.list_tags(ResourceArn=_JOB)
    assert [resource for action, resource, _ in iam.asked if action != "iam:PassRole"] == [_JOB.lower()] * 3
    assert iam.asked[-1][2] == _TEAM


def test_a_job_that_does_not_exist_has_no_tags() -> None:
    """IAM comes first: who may act on tagged jobs alone is refused and does not learn whether there is such a job."""
    iam = _Iam("sagemaker:StopHyperParameterTuningJob")
    with pytest.raises(ClientError) as caught:
        _service(iam).client().stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="nobody")
    assert iam.asked[0][2] == {}
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize("refused", [f"sagemaker:{_CREATE}", "iam:PassRole", "sagemaker:AddTags"])
def test_a_call_that_is_not_allowed_has_no_effect(request_body: dict[str, Any], refused: str) -> None:
    """One missing permission of three is enough; the words are IAM's, and the record has the error."""
    iam = _Iam(refused)
    service = _service(iam)
    with pytest.raises(ClientError) as caught:
        service.client().create_hyper_parameter_tuning_job(**request_body)
    error = caught.value.response["Error"]
    on = _ROLE if refused == "iam:PassRole" else _JOB
    assert error["Code"] == "AccessDeniedException"
    assert error["Message"] == (
        f"User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: {refused} on resource: {on} "
        f"because no identity-based policy allows the {refused} action"
    )
    assert [call.error for call in service.calls()] == ["AccessDeniedException"]
    assert service.client().list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"] == []


def test_an_explicit_deny_is_told_as_such() -> None:
    """IAM says whether a policy denies a call or none allows it."""
    message = errors.access_denied("someone", "sagemaker:AddTags", _JOB, explicit=True).message
    assert message == (
        f"User: someone is not authorized to perform: sagemaker:AddTags on resource: {_JOB} "
        "with an explicit deny in an identity-based policy"
    )


def test_faults_come_before_permissions(request_body: dict[str, Any]) -> None:
    """A call that does not reach the service asks for nothing."""
    iam = _Iam()
    service = _service(iam)
    service.add_fault(Fault(operation=_CREATE, code="InternalFailure", message="again"))
    with pytest.raises(ClientError, match="again"):
        service.client().create_hyper_parameter_tuning_job(**request_body)
    assert iam.asked == []
