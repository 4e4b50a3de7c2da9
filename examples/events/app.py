"""Tell people how a tuning job ends, ring an alarm when it fails, and look on while it runs."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

import hpt_construct as hpt


class Events(cdk.Stack):
    """A tuning job, and who hears of it."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.job = self.tune()
        self.tell()
        self.board()

    def tell(self) -> None:
        """A message to a topic whenever the tuning job ends, and an alarm when it fails."""
        ended = sns.Topic(self, "Ended", enforce_ssl=True)
        name = events.EventField.from_path("$.detail.HyperParameterTuningJobName")
        status = events.EventField.from_path("$.detail.HyperParameterTuningJobStatus")
        to_topic = targets.SnsTopic(
            ended, message=events.RuleTargetInput.from_text(f"The tuning job {name} is {status}.")
        )
        self.job.on_completed("Completed", target=to_topic)
        self.job.on_stopped("Stopped", target=to_topic)
        failed = self.job.on_failed("Failed", target=to_topic)

        failures = cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name="Invocations",
            dimensions_map={"RuleName": failed.rule_name},
            statistic="Sum",
        )
        alarm = failures.create_alarm(
            self,
            "TuningFailed",
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(ended))

    def board(self) -> None:
        """A dashboard with a line for each training job."""
        objective = self.job.metric("validation:auc", statistic="Maximum")
        load = self.job.metric("CPUUtilization")
        cloudwatch.Dashboard(
            self,
            "Board",
            widgets=[
                [
                    cloudwatch.GraphWidget(title="Objective", left=[objective], width=12),
                    cloudwatch.GraphWidget(title="Processors", left=[load], width=12),
                ]
            ],
        )

    def tune(self) -> hpt.HyperparameterTuningJob:
        """The tuning job itself."""
        data = s3.Bucket.from_bucket_name(self, "Data", "amzn-s3-demo-bucket")
        return hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[hpt.ContinuousRange("eta", 0, 1), hpt.IntegerRange("max_depth", 1, 10)],
            resource_limits=hpt.ResourceLimits(max_training_jobs=20, max_parallel_training_jobs=3),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1")
                ),
                input_data_config=[
                    hpt.Channel(name, hpt.S3DataSource(hpt.S3Location(data, name)), content_type="csv")
                    for name in ("train", "validation")
                ],
                output_data_config=hpt.OutputDataConfig(s3_output_path=hpt.S3Location(data, "models")),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.xlarge", instance_count=1, volume_size=cdk.Size.gibibytes(10)
                ),
                stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
                static_hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
            ),
        )


app = cdk.App()
Events(app, "EventsExample")

if __name__ == "__main__":
    app.synth()
