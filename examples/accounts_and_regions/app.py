"""One app, three environments: a test account, and production in two regions; all of them share a bucket for models."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

import hpt_construct as hpt

# Put your own here.
MODELS_BUCKET = "amzn-s3-demo-models"
SHARED = cdk.Environment(account="111122223333", region="eu-west-1")
TEST = cdk.Environment(account="444455556666", region="eu-west-1")
PRODUCTION = {
    "ProductionEurope": cdk.Environment(account="777788889999", region="eu-west-1"),
    "ProductionAmerica": cdk.Environment(account="777788889999", region="us-east-1"),
}


class SharedModels(cdk.Stack):
    """The bucket of the models, and who may use it."""

    def __init__(self, scope: Construct, construct_id: str, *, accounts: list[str], **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        bucket = s3.Bucket(
            self,
            "Models",
            bucket_name=MODELS_BUCKET,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_prefix="access-logs/",
        )
        for account in accounts:
            # A folder an account: the roles of its jobs may do there what their own policies say.
            bucket.grant_put(iam.AccountPrincipal(account), f"{account}/*")


class Tuning(cdk.Stage):
    """All that one environment gets."""

    def __init__(self, scope: Construct, construct_id: str, *, max_training_jobs: int, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        stack = cdk.Stack(self, "Churn")
        data = s3.Bucket.from_bucket_name(stack, "Data", f"amzn-s3-demo-data-{stack.account}-{stack.region}")
        models = s3.Bucket.from_bucket_attributes(stack, "Models", bucket_name=MODELS_BUCKET, account=SHARED.account)
        self.job = hpt.HyperparameterTuningJob(
            stack,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1), hpt.IntegerRange("max_depth", 1, 10)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=max_training_jobs, max_parallel_training_jobs=2),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    # The registry is that of the stack's region.
                    training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
                ),
                input_data_config=[
                    hpt.Channel(name, hpt.S3DataSource(hpt.S3Location(data, name)), content_type="csv")
                    for name in ("train", "validation")
                ],
                output_data_config=hpt.OutputDataConfig(
                    s3_output_path=hpt.S3Location(models, f"{stack.account}/{stack.region}")
                ),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
            ),
        )
        # An aspect of the app does not reach into a stage, so each stage has its own.
        cdk.Tags.of(self).add("stage", construct_id)


app = cdk.App()
accounts = {str(env.account) for env in (TEST, *PRODUCTION.values())}
SharedModels(app, "SharedModels", env=SHARED, accounts=sorted(accounts))
Tuning(app, "Test", env=TEST, max_training_jobs=2)
for name, env in PRODUCTION.items():
    Tuning(app, name, env=env, max_training_jobs=50)

if __name__ == "__main__":
    app.synth()
