"""Stacks of many jobs, the product's and its peers': with the same request, and an output for each where possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from benchmarks.requests import ROLE, SERVICE_TOKEN, guide_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk import custom_resources as cr

    Fill = Callable[[cdk.Stack, int], None]

RESOURCE_TYPE = "Custom::SageMakerHyperParameterTuningJob"
MOST_OUTPUTS = 200
"""CloudFormation's limit for a stack; with more jobs none has an output, the peers' neither."""


def hpt_construct(stack: cdk.Stack, jobs: int) -> None:
    """The product, in its typed form."""
    import hpt_construct as hpt  # noqa: PLC0415 – the peers are measured without it

    for index in range(jobs):
        hpt.HyperparameterTuningJob(
            stack,
            f"Job{index}",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[
                hpt.ContinuousRange("eta", 0, 1),
                hpt.ContinuousRange("alpha", 0, 2),
                hpt.ContinuousRange("min_child_weight", 1, 10),
                hpt.IntegerRange("max_depth", 1, 10),
            ],
            resource_limits=hpt.ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
                    training_input_mode=hpt.TrainingInputMode.FILE,
                ),
                role=ROLE,
                input_data_config=[
                    hpt.Channel(
                        name,
                        hpt.S3DataSource(
                            f"s3://amzn-s3-demo-bucket/xgboost/{name}",
                            s3_data_distribution_type=hpt.S3DataDistribution.FULLY_REPLICATED,
                        ),
                        content_type="csv",
                        compression_type=hpt.CompressionType.NONE,
                    )
                    for name in ("train", "validation")
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/xgboost/models"),
                resource_config=hpt.ResourceConfig(instance_type="ml.c4.2xlarge", instance_count=2, volume_size=10),
                stopping_condition=hpt.StoppingCondition(max_runtime=43200),
                static_hyperparameters={
                    "eval_metric": "auc",
                    "num_round": "100",
                    "objective": "binary:logistic",
                    "rate_drop": "0.3",
                    "tweedie_variance_power": "1.4",
                },
            ),
            arn_output=jobs <= MOST_OUTPUTS,
        )


def from_request(stack: cdk.Stack, jobs: int) -> None:
    """The product, from a request."""
    from hpt_construct import HyperparameterTuningJob  # noqa: PLC0415 – the peers are measured without it

    for index in range(jobs):
        HyperparameterTuningJob.from_request(stack, f"Job{index}", guide_request(), arn_output=jobs <= MOST_OUTPUTS)


def waiting(stack: cdk.Stack, jobs: int) -> None:
    """The product, from a request, waited for, and with the result in an output."""
    from hpt_construct import HyperparameterTuningJob, WaitForCompletion  # noqa: PLC0415 – as above

    for index in range(jobs):
        wait = WaitForCompletion(timeout=cdk.Duration.hours(6), objective_at_least=0.85)
        job = HyperparameterTuningJob.from_request(
            stack, f"Job{index}", guide_request(), arn_output=False, wait_for_completion=wait
        )
        output(stack, index, job.best_training_job.model_data_url)


def bare(stack: cdk.Stack, jobs: int) -> None:
    """``cdk.CustomResource`` alone, with the properties that the product writes; no function is behind it."""
    for index in range(jobs):
        resource = cdk.CustomResource(
            stack,
            f"Job{index}",
            resource_type=RESOURCE_TYPE,
            service_token=SERVICE_TOKEN,
            service_timeout=cdk.Duration.minutes(50),
            properties={**strings(guide_request()), "NamePrefix": f"training-1a2b-job{index}"},
        )
        if jobs <= MOST_OUTPUTS:
            output(stack, index, resource.get_att_string("HyperParameterTuningJobArn"))


def aws_custom_resource(stack: cdk.Stack, jobs: int) -> None:
    """The CDK's own ``AwsCustomResource``: start a job on creation and on every change, stop it on deletion."""
    for index in range(jobs):
        resource = aws_job(stack, index, guide_request(), on_change=True)
        if jobs <= MOST_OUTPUTS:
            output(stack, index, resource.get_response_field("HyperParameterTuningJobArn"))


def aws_job(stack: cdk.Stack, index: int, request: dict[str, Any], *, on_change: bool) -> cr.AwsCustomResource:
    """Make an ``AwsCustomResource`` that starts a job, stops it on deletion, and is allowed just that.

    :param stack: Where it is made.
    :param index: What tells it from the stack's others.
    :param request: The request, without a name.
    :param on_change: Whether it starts a job on every change too, for which it has the call twice.
    """
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 – the others are measured without it
    from aws_cdk import custom_resources as cr  # noqa: PLC0415 – the same

    name = f"job-{index}"
    start = cr.AwsSdkCall(
        service="SageMaker",
        action="CreateHyperParameterTuningJob",
        parameters={"HyperParameterTuningJobName": name, **request},
        physical_resource_id=cr.PhysicalResourceId.of(name),
    )
    return cr.AwsCustomResource(
        stack,
        f"Job{index}",
        resource_type=RESOURCE_TYPE,
        install_latest_aws_sdk=False,
        policy=cr.AwsCustomResourcePolicy.from_statements(
            [
                iam.PolicyStatement(
                    actions=["sagemaker:CreateHyperParameterTuningJob", "sagemaker:StopHyperParameterTuningJob"],
                    resources=[f"arn:aws:sagemaker:*:*:hyper-parameter-tuning-job/{name}"],
                ),
                iam.PolicyStatement(actions=["iam:PassRole"], resources=[request["TrainingJobDefinition"]["RoleArn"]]),
            ]
        ),
        # The call on a change is the one on creation, too, where that has none of its own.
        on_create=None if on_change else start,
        on_update=start if on_change else None,
        on_delete=cr.AwsSdkCall(
            service="SageMaker",
            action="StopHyperParameterTuningJob",
            parameters={"HyperParameterTuningJobName": name},
        ),
    )


def provider(stack: cdk.Stack, jobs: int) -> None:
    """``custom_resources.Provider``: its framework's function in front of a function of one's own."""
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 – the others are measured without it
    from aws_cdk import custom_resources as cr  # noqa: PLC0415 – the same

    on_event = lambda_.Function(
        stack,
        "OnEvent",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handle",
        code=lambda_.Code.from_inline("def handle(event, context): ..."),
    )
    framework = cr.Provider(stack, "Provider", on_event_handler=on_event)
    for index in range(jobs):
        resource = cdk.CustomResource(
            stack,
            f"Job{index}",
            resource_type=RESOURCE_TYPE,
            service_token=framework.service_token,
            properties=strings(guide_request()),
        )
        if jobs <= MOST_OUTPUTS:
            output(stack, index, resource.get_att_string("HyperParameterTuningJobArn"))


FILLS: dict[str, Fill] = {
    "hpt_construct": hpt_construct,
    "from_request": from_request,
    "waiting": waiting,
    "CustomResource": bare,
    "AwsCustomResource": aws_custom_resource,
    "Provider": provider,
}


def template(fill: Fill, jobs: int) -> dict[str, Any]:
    """The template of a stack that was filled with so many jobs, as CloudFormation gets it."""
    app = cdk.App()
    stack = app_stack(app)
    fill(stack, jobs)
    found: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return found


def app_stack(app: cdk.App) -> cdk.Stack:
    """An empty stack without what the CDK CLI adds to every stack."""
    return cdk.Stack(app, "Training", synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False))


def output(stack: cdk.Stack, index: int, arn: str) -> None:
    """Put a job's ARN into an output of the stack."""
    cdk.CfnOutput(stack, f"Job{index}Arn", value=arn, description="ARN of the hyperparameter tuning job")


def strings(value: Any) -> Any:
    """Write every scalar as a string, as the product does in a template."""
    if isinstance(value, dict):
        return {key: strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strings(item) for item in value]
    return str(value)
