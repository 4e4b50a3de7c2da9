"""The function's policy: what the construct makes of a template, and what IAM's rules say to a call.

CloudFormation changes the policy before the jobs that need it, lets it stand while it cleans up, and brings the old one
back before the jobs in a rollback.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk.assertions import Template
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from benchmarks.requests import guide_request
from hpt_construct import HyperparameterTuningJob, naming

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.sagemaker.authorization import Context

ACCOUNT = "111122223333"
REGION = "us-east-1"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/HptConstructProviderRole/function"
_STACK_ID = "arn:of:the:stack"
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackId": _STACK_ID,
    "AWS::URLSuffix": "amazonaws.com",
}


class Policy:
    """The policies of the function's role at one moment."""

    def __init__(self, stack_id: str, given_names: Iterable[str]) -> None:
        # One spelling of each: the construct refuses a name that differs by its case alone.
        spellings = {name.lower(): name for name in sorted(given_names, reverse=True)}
        documents = _documents(stack_id.split("/")[1], frozenset(spellings.values()))
        self._statements = [parse_policy_document(text.replace(_STACK_ID, stack_id)) for text in documents]
        self._decided = cache(self._decide)  # who waits for a job asks the same again and again

    def decision(self, action: str, resource: str, context: Context) -> str:
        """What IAM decides: Allow, Deny, or ImplicitDeny."""
        shown = ((key.lower(), value if isinstance(value, str) else tuple(value)) for key, value in context.items())
        return self._decided(action, resource, tuple(shown))

    def _decide(self, action: str, resource: str, context: tuple[tuple[str, str | tuple[str, ...]], ...]) -> str:
        asked = EvalContext(
            principal_arn=ROLE,
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=action,
            resource_arn=resource,
            region=REGION,
            service_context={key: value if isinstance(value, str) else list(value) for key, value in context},
        )
        decision: str = evaluate(asked, self._statements).decision
        return decision


def name_prefix(stack_name: str, logical_id: str) -> str:
    """The prefix that the construct gives to a generated name."""
    return naming.name_prefix(stack_name, logical_id)


@cache
def _documents(stack_name: str, given_names: frozenset[str]) -> list[str]:
    """The documents that the construct makes for a stack whose jobs have these names of the user's."""
    stack = cdk.Stack(cdk.App(), stack_name)
    request = guide_request()
    HyperparameterTuningJob.from_request(stack, "Generated", request)
    for name in given_names:
        HyperparameterTuningJob.from_request(stack, name, {**request, "HyperParameterTuningJobName": name})
    found = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    return [json.dumps(_resolved(policy["Properties"]["PolicyDocument"])) for policy in found]


def _resolved(value: Any) -> Any:
    match value:
        case {"Ref": name}:
            return _PSEUDO[name]
        case {"Fn::Join": [separator, parts]}:
            return separator.join(map(_resolved, parts))
        case {"Fn::GetAtt": [name, _]}:
            return name
        case dict():
            return {key: _resolved(item) for key, item in value.items()}
        case list():
            return [_resolved(item) for item in value]
        case _:
            return value
