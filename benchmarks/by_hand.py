"""What the product's template takes of the CDK, made by hand: no product with this template can cost less."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from benchmarks.requests import guide_request
from benchmarks.stacks import RESOURCE_TYPE, output, strings

if TYPE_CHECKING:
    from collections.abc import Mapping

_FUNCTION = Path(__file__).resolve().parent.parent / "lambda"


def job(
    stack: cdk.Stack, index: int, properties: Mapping[str, Any], service_token: str, before: cdk.CfnResource
) -> None:
    """Make a job with the product's calls, and nothing else: no checks, no typed parts, no class of its own."""
    resource = cdk.CfnResource(
        cdk.Resource(stack, f"Job{index}"),
        "Resource",
        type=RESOURCE_TYPE,
        properties={"ServiceToken": service_token, "ServiceTimeout": "1560", **properties},
    )
    resource.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    # Older ones of the CDK know the name only that newer ones warn of.
    (getattr(resource, "add_resource_dependency", None) or resource.add_dependency)(before)
    output(stack, index, resource.get_att("HyperParameterTuningJobArn").to_string())


def one(app: cdk.App) -> None:
    """Make a job and what it has behind it: the same resources, by the same modules of the CDK."""
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 – many jobs are measured without it
    from aws_cdk import aws_s3_assets as s3_assets  # noqa: PLC0415 – the same

    stack = cdk.Stack(app, "Training")
    logs = cdk.CfnResource(stack, "Logs", type="AWS::Logs::LogGroup", properties={"RetentionInDays": 180})
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    for operation in ("Create", "Describe", "Stop"):
        actions = [f"sagemaker:{operation}HyperParameterTuningJob"]
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=["*"]))
    code = s3_assets.Asset(stack, "Code", path=str(_FUNCTION), exclude=["**/__pycache__", "**/*.pyc"], deploy_time=True)
    properties = {
        "Runtime": "python3.14",
        "Handler": "hpt_handler.handler.handle",
        "Code": {"S3Bucket": code.s3_bucket_name, "S3Key": code.s3_object_key},
        "Role": role.role_arn,
        "LoggingConfig": {"LogGroup": logs.ref},
    }
    destination, function = (
        cdk.CfnResource(stack, id_, type="AWS::Lambda::Function", properties=properties)
        for id_ in ("FailureDestination", "Function")
    )
    arns = [each.get_att("Arn").to_string() for each in (destination, function)]
    statement = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arns[0]])
    iam.Policy(stack, "InvokeDestination", roles=[role], statements=[statement])
    _, settings = (
        cdk.CfnResource(
            stack,
            f"{each.node.id}Settings",
            type="AWS::Lambda::EventInvokeConfig",
            properties={"FunctionName": each.ref, "Qualifier": "$LATEST", "MaximumEventAgeInSeconds": 600},
        )
        for each in (destination, function)
    )
    job(stack, 0, strings(guide_request()), arns[1], settings)
