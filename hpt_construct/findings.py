"""Acknowledges what reviewing tools find in a template although it is intended, and gives the reason."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import IConstruct


def explain_wildcard(construct: IConstruct, resource: str, reason: str) -> None:
    """Acknowledge cdk-nag's finding about one wildcard in a policy, without a trace in the template."""
    wildcard = _as_found(cdk.Stack.of(construct).resolve(resource))
    _acknowledge(construct, f"IAM5[Resource::{wildcard}]", reason)


def explain(construct: IConstruct, rule: str, reason: str) -> None:
    """Acknowledge cdk-nag's finding by a rule such as ``SF1`` about a resource, without a trace in the template."""
    _acknowledge(construct, rule, reason)


def explain_wildcards(construct: IConstruct, document: iam.PolicyDocument, reason: str) -> None:
    """Acknowledge the findings about all wildcards that are in a policy document so far."""
    found = {
        f"{kind}::{_as_found(each)}": None
        for statement in cdk.Stack.of(construct).resolve(document)["Statement"]
        for kind in ("Action", "Resource")
        for each in (statement[kind] if isinstance(statement[kind], list) else [statement[kind]])
    }
    for wildcard in found:
        if "*" in wildcard:
            _acknowledge(construct, f"IAM5[{wildcard}]", reason)


def _acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    finding = f"AwsSolutions::AwsSolutions-{finding}"
    # Older releases of the CDK have no acknowledgments, or none with such an id.
    with suppress(AttributeError, RuntimeError):
        cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))


def _as_found(resolved: Any) -> str:
    """Spell a resolved value as cdk-nag does.

    >>> _as_found({"Fn::Join": ["", [{"Fn::GetAtt": ["Data", "Arn"]}, "/", {"Ref": "Prefix"}, "*"]]})
    '<Data.Arn>/<Prefix>*'
    """
    match resolved:
        case str():
            return resolved
        case {"Fn::Join": ["", [*parts]]}:
            return "".join(map(_as_found, parts))
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]*)\}", r"<\1>", text)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case _:
            return json.dumps(resolved, separators=(",", ":"))
