"""Tokens are told from values without asking the CDK, and as the CDK tells them."""

from __future__ import annotations

import math
from typing import Any

import aws_cdk as cdk
import pytest

from hpt_construct.tokens import is_token

REFERENCE = {"Ref": "X"}


@pytest.mark.parametrize(
    "token",
    [
        cdk.Token.as_string(REFERENCE),
        f"s3://{cdk.Token.as_string(REFERENCE)}/train",
        cdk.Token.as_number(REFERENCE),
        int(cdk.Token.as_number(REFERENCE)),
        cdk.Token.as_list(REFERENCE),
        cdk.Token.as_any(REFERENCE),
        cdk.Fn.condition_if("Condition", "a", "b"),
    ],
    ids=["string", "concatenation", "number", "whole number", "list", "object", "intrinsic"],
)
def test_token_is_one(token: Any) -> None:
    """Every way in which a later value comes to Python."""
    assert is_token(token)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "${AWS::Region}",
        0,
        -1,
        True,
        None,
        -1e288,
        -math.inf,
        math.nan,
        2**1030,
        -(2**1030),
        [],
        ["a"],
        {},
        [1],
        ("a",),
    ],
    ids=repr,
)
def test_value_is_none(value: Any) -> None:
    """What only looks a little like one."""
    assert not is_token(value)
