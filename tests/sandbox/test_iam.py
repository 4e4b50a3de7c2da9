"""IAM in the sandbox: who calls, what the policies of that moment allow, and that MiniStack judges as IAM does."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.iam import Iam
from sandbox.ministack import Commands
from sandbox.sagemaker.errors import ServiceError

_Statement = Mapping[str, Any]
_Context = Mapping[str, str | Sequence[str]]

_ACCOUNT = "arn:aws:iam::111122223333"
_JOB = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/tune-1"
_STOP, _DESCRIBE = "sagemaker:StopHyperParameterTuningJob", "sagemaker:DescribeHyperParameterTuningJob"
_TAG = "aws:ResourceTag/stack"
_ALL: _Statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_DENIED, _NOT_ALLOWED, _ALLOWED = "denied", "not allowed", "allowed"


def _trust(principal: Mapping[str, str]) -> str:
    return json.dumps({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}})


def _document(*statements: _Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class _Role:
    """A role, and an access key of who has assumed it."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.name = name
        self.iam = sandbox.client("iam")
        self._sandbox = sandbox
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=_trust({"AWS": f"{_ACCOUNT}:root"}))
        session = sandbox.client("sts").assume_role(RoleArn=f"{_ACCOUNT}:role/{name}", RoleSessionName="session")
        self.credentials: dict[str, str] = session["Credentials"]

    def allow(self, *statements: _Statement) -> None:
        """Give the role an inline policy, in place of the one that it has."""
        self.iam.put_role_policy(RoleName=self.name, PolicyName="inline", PolicyDocument=_document(*statements))

    def decision(self, action: str = _STOP, resource: str = _JOB, context: _Context | None = None) -> str:
        """What the sandbox's SageMaker would be told of a call."""
        return _decision(self._sandbox, self.credentials["AccessKeyId"], action, resource, context)


def _decision(
    sandbox: Sandbox, key: str, action: str = _STOP, resource: str = _JOB, context: _Context | None = None
) -> str:
    assert sandbox._ministack
    iam = Iam(Commands(sandbox._ministack.commands_url, "111122223333"))
    try:
        iam.authorize(key, action, resource, {"aws:RequestedRegion": "us-east-1", **(context or {})})
    except ServiceError as error:
        if error.code != "AccessDeniedException":
            return error.code
        return _DENIED if error.message.endswith("with an explicit deny in an identity-based policy") else _NOT_ALLOWED
    return _ALLOWED


@pytest.fixture(scope="session")
def role(sandbox: Sandbox) -> _Role:
    """Answer a role that each test gives the policy that it is about."""
    return _Role(sandbox, "judged")


@pytest.fixture
def new_role(sandbox: Sandbox) -> _Role:
    """Answer a role that no other test uses."""
    return _Role(sandbox, "new")


def _allow(**changes: Any) -> _Statement:
    return {"Effect": "Allow", "Action": [_STOP], "Resource": [_JOB], **changes}


def _deny(conditions: Mapping[str, Any] | None = None, **changes: Any) -> list[_Statement]:
    denied: _Statement = {"Effect": "Deny", "Action": "*", "Resource": "*", **changes}
    return [_ALL, {**denied, "Condition": conditions} if conditions else denied]


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([], _NOT_ALLOWED),
        ([_allow()], _ALLOWED),
        ([_allow(Action=_DESCRIBE)], _NOT_ALLOWED),
        ([_allow(Action="sagemaker:Stop*")], _ALLOWED),
        ([_allow(Action="SageMaker:stophyperparametertuningjob")], _ALLOWED),
        ([_allow(Action="sagemaker:Stop?yperParameterTuningJob")], _ALLOWED),
        ([_allow(NotAction=[_DESCRIBE], Action=None)], _ALLOWED),
        ([_allow(NotAction=["sagemaker:*"], Action=None)], _NOT_ALLOWED),
        ([_allow(Resource=_JOB.replace("tune-1", "tune-*"))], _ALLOWED),
        ([_allow(Resource=_JOB.replace("tune-1", "Tune-*"))], _NOT_ALLOWED),
        ([_allow(Resource=_JOB.replace("tune-1", "tune-?"))], _ALLOWED),
        ([_allow(Resource=_JOB.replace("us-east-1", "*"))], _ALLOWED),
        ([_allow(NotResource=[_JOB], Resource=None)], _NOT_ALLOWED),
        (_deny(), _DENIED),
        (_deny(Action=_STOP), _DENIED),
        (_deny(Action=_DESCRIBE), _ALLOWED),
        (_deny(Action=None, NotAction=_DESCRIBE), _DENIED),
        (_deny(Action=None, NotAction=[_DESCRIBE, _STOP]), _ALLOWED),
        (_deny(Resource=None, NotResource=_JOB.replace("tune-1", "*")), _ALLOWED),
        ([*_deny()[1:], _ALL], _DENIED),
    ],
)
def test_actions_and_resources_match_as_in_iam(role: _Role, statements: list[_Statement], decision: str) -> None:
    """What is denied stays so whatever is allowed; actions ignore case, resources don't; wildcards are IAM's."""
    given: list[_Statement] = [
        {key: value for key, value in statement.items() if value is not None} for statement in statements
    ]
    role.allow(*given or [_allow(Resource="arn:aws:s3:::other")])
    assert role.decision() == decision


_OTHERS = {"StringNotEquals": {_TAG: "mine"}, "Null": {_TAG: "false"}}
_OWNERSHIP = {"ForAnyValue:StringLike": {"aws:TagKeys": "hpt-construct:*"}}


@pytest.mark.parametrize(
    ("condition", "context", "is_met"),
    [
        ({"StringEquals": {_TAG: "mine"}}, {_TAG: "mine"}, True),
        ({"StringEquals": {_TAG: "mine"}}, {_TAG: "Mine"}, False),
        ({"StringEquals": {_TAG: "mine"}}, {}, False),
        ({"StringEquals": {_TAG: ["theirs", "mine"]}}, {_TAG: "mine"}, True),
        ({"StringEqualsIfExists": {_TAG: "mine"}}, {}, True),
        ({"StringEqualsIfExists": {_TAG: "mine"}}, {_TAG: "theirs"}, False),
        ({"StringNotEquals": {_TAG: "mine"}}, {_TAG: "mine"}, False),
        ({"StringNotEquals": {_TAG: "mine"}}, {_TAG: "theirs"}, True),
        ({"StringNotEquals": {_TAG: "mine"}}, {}, True),
        ({"StringNotEquals": {_TAG: ["mine", "ours"]}}, {_TAG: "ours"}, False),
        ({"Null": {_TAG: "true"}}, {}, True),
        ({"Null": {_TAG: "true"}}, {_TAG: ""}, False),
        ({"Null": {_TAG: "false"}}, {}, False),
        ({"Null": {_TAG: False}}, {_TAG: "x"}, True),
        (_OTHERS, {}, False),
        (_OTHERS, {_TAG: "mine"}, False),
        (_OTHERS, {_TAG: "theirs"}, True),
        ({"StringEquals": {"aws:resourceTAG/Stack": "mine"}}, {_TAG: "mine"}, True),
        ({"StringLike": {_TAG: "mi?e*"}}, {_TAG: "mine"}, True),
        ({"StringLike": {_TAG: "MI*"}}, {_TAG: "mine"}, False),
        ({"StringNotLike": {_TAG: "mi*"}}, {}, True),
        (_OWNERSHIP, {"aws:TagKeys": ["team", "hpt-construct:stack-id"]}, True),
        (_OWNERSHIP, {"aws:TagKeys": ["team"]}, False),
        (_OWNERSHIP, {}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]}}, {"aws:TagKeys": ["team"]}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, {"aws:TagKeys": ["team", "stage"]}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, {}, True),
        ({"StringEquals": {_TAG: "mine", "aws:RequestTag/team": "a"}}, {_TAG: "mine"}, False),
        ({"StringEquals": {"aws:RequestTag/team": "a"}}, {"aws:RequestTag/team": "a"}, True),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, {}, True),
        ({"StringEquals": {"sagemaker:TaggingAction": "Create"}}, {"sagemaker:TaggingAction": "Create"}, True),
    ],
)
def test_conditions_are_met_as_in_iam(
    role: _Role,
    condition: Mapping[str, Any],
    context: _Context,
    is_met: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """What a condition allows where it is met, it denies in a statement that denies."""
    role.allow(_allow(Condition=condition))
    assert role.decision(context=context) == (_ALLOWED if is_met else _NOT_ALLOWED)
    role.allow(*_deny(condition))
    assert role.decision(context=context) == (_DENIED if is_met else _ALLOWED)


def test_policies_of_the_moment_count(new_role: _Role) -> None:
    """Inline, attached, a newer version, a boundary: each change is felt by the next call of a session."""
    arn = new_role.iam.create_policy(PolicyName="attached", PolicyDocument=_document(_allow()))["Policy"]["Arn"]
    name = {"RoleName": new_role.name}
    steps: list[tuple[Callable[[], object], str]] = [
        (lambda: new_role.allow(_allow()), _ALLOWED),
        (lambda: new_role.allow(_allow(Action=_DESCRIBE)), _NOT_ALLOWED),
        (lambda: new_role.iam.attach_role_policy(**name, PolicyArn=arn), _ALLOWED),
        (
            lambda: new_role.iam.create_policy_version(
                PolicyArn=arn, PolicyDocument=_document(_allow(Effect="Deny")), SetAsDefault=True
            ),
            _DENIED,
        ),
        (lambda: new_role.iam.detach_role_policy(**name, PolicyArn=arn), _NOT_ALLOWED),
        (lambda: new_role.allow(_allow()), _ALLOWED),
        (lambda: new_role.iam.put_role_permissions_boundary(**name, PermissionsBoundary=arn), _DENIED),
        (lambda: new_role.iam.delete_role_permissions_boundary(**name), _ALLOWED),
        (lambda: new_role.iam.delete_role_policy(**name, PolicyName="inline"), _NOT_ALLOWED),
    ]
    decisions = []
    for change, _ in steps:
        change()
        decisions.append(new_role.decision())
    assert decisions == [expected for _, expected in steps]


def test_the_users_own_credentials_are_an_administrators(sandbox: Sandbox) -> None:
    """A command may do everything."""
    assert _decision(sandbox, sandbox.environment["AWS_ACCESS_KEY_ID"]) == _ALLOWED


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "MissingAuthenticationTokenException"),
        ("ASIAUNKNOWN", "UnrecognizedClientException"),
        # MiniStack would take these for the account's own.
        ("test", "UnrecognizedClientException"),
        ("111122223333", "UnrecognizedClientException"),
    ],
)
def test_a_stranger_is_refused(sandbox: Sandbox, key: str, code: str) -> None:
    """A call needs a signature, with an access key that was given to somebody."""
    assert _decision(sandbox, key) == code
