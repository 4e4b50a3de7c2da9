"""Tune, accept the tuning only if it is good enough, and serve its best model: an endpoint that never gets worse.

A deployment takes as long as the tuning. One whose best model is below the metric is rolled back, and the endpoint
serves the model that it has served before.
"""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

import hpt_construct as hpt

DATA = Path(__file__).resolve().parent / "data"


class BestModel(cdk.Stack):
    """A tuning, and an endpoint that serves its best model."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        files = {
            name: assets.Asset(self, name.title(), path=str(DATA / f"{name}.csv")) for name in ("train", "validation")
        }
        models = s3.Bucket(
            self,
            "Models",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_prefix="access-logs/",
        )
        # XGBoost's image both trains and serves.
        image = hpt.TrainingImage.built_in("xgboost", "1.7-1")
        job = hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1), hpt.IntegerRange("max_depth", 1, 10)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(training_image=image),
                input_data_config=[
                    hpt.Channel(name, hpt.S3DataSource(file.s3_object_url), content_type="csv")
                    for name, file in files.items()
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(models, "models")),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
            ),
            wait_for_completion=hpt.WaitForCompletion(timeout=cdk.Duration.hours(6), objective_at_least=0.6),
        )
        best = job.best_training_job
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=self._reader_of(best.model_data_url).role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=image.bind(self, "Image").uri, model_data_url=best.model_data_url
            ),
        )
        config = sagemaker.CfnEndpointConfig(
            self,
            "EndpointConfig",
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    model_name=model.attr_model_name,
                    variant_name="best",
                    initial_instance_count=1,
                    instance_type="ml.m5.large",
                    initial_variant_weight=1,
                )
            ],
        )
        sagemaker.CfnEndpoint(self, "Endpoint", endpoint_config_name=config.attr_endpoint_config_name)
        cdk.CfnOutput(self, "Auc", value=best.objective_value)
        cdk.CfnOutput(self, "Eta", value=best.hyperparameter("eta"))

    def _reader_of(self, url: str) -> iam.Role:
        """A role that may read this one object."""
        place = cdk.Fn.select(1, cdk.Fn.split("s3://", url))
        read = iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"arn:{self.partition}:s3:::{place}"])
        return iam.Role(
            self,
            "ServingRole",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            inline_policies={"Model": iam.PolicyDocument(statements=[read])},
        )


app = cdk.App()
BestModel(app, "BestModelExample")

if __name__ == "__main__":
    app.synth()
