"""Trust policies that let SageMaker assume a role, and those that don't."""

from __future__ import annotations

from typing import Any

import pytest

from hpt_construct.trust import lets_sagemaker

SERVICE = {"Service": "sagemaker.amazonaws.com"}
HIDDEN = {"Fn::ImportValue": "x"}


def statement(**members: Any) -> dict[str, Any]:
    """A statement that lets SageMaker, with some members changed; None leaves one out."""
    usual = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": SERVICE}
    return {key: value for key, value in (usual | members).items() if value is not None}


@pytest.mark.parametrize(
    "statements",
    [
        statement(),
        [statement(Principal={"Service": "ec2.amazonaws.com"}), statement()],
        statement(Principal={"Service": ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]}),
        statement(Principal={"Service": "sagemaker.eu-west-1.amazonaws.com"}),
        statement(Principal={"Service": "sagemaker.cn-north-1.amazonaws.com.cn"}),
        statement(Principal={"Service": "*"}),
        statement(Principal="*"),
        statement(Principal={"AWS": "*"}),
        statement(Principal={"AWS": ["arn:aws:iam::111122223333:root", "*"]}),
        statement(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::111122223333:root"}),
        statement(Principal={"Service": HIDDEN}),
        statement(Action="sts:Assume*"),
        statement(Action="STS:assumerole"),
        statement(Action=["sts:TagSession", "sts:*"]),
        statement(Action="*"),
        statement(Action=None, NotAction="sts:TagSession"),
        statement(Action=HIDDEN),
        HIDDEN,
        "{{resolve:ssm:statement}}",
    ],
)
def test_sagemaker_is_let_or_may_be(statements: Any) -> None:
    """By name, by a pattern, as one of everybody, or by what nobody sees here."""
    assert lets_sagemaker({"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize(
    "statements",
    [
        [],
        statement(Effect="Deny"),
        statement(Principal={"Service": "ec2.amazonaws.com"}),
        statement(Principal={"Service": "sagemaker.amazonaws.com.example"}),
        statement(Principal={"AWS": "arn:aws:iam::111122223333:root"}),
        statement(Principal={"Federated": "cognito-identity.amazonaws.com"}),
        statement(Action="sts:AssumeRoleWithSAML"),
        statement(Action=["sts:TagSession"]),
    ],
)
def test_sagemaker_is_not_let(statements: Any) -> None:
    """Somebody else is, or to do something else."""
    assert not lets_sagemaker({"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize("policy", [HIDDEN | {"Statement": HIDDEN}, None, "?"])
def test_policy_that_is_not_known_is_trusted(policy: Any) -> None:
    """A false alarm would be worse."""
    assert lets_sagemaker(policy)
