"""Before: a script that starts a tuning job with version 2 of the SageMaker Python SDK."""

from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner, IntegerParameter

estimator = Estimator(
    image_uri="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
    role="arn:aws:iam::111122223333:role/SageMakerRole",
    instance_count=1,
    instance_type="ml.m5.xlarge",
    volume_size=10,
    output_path="s3://amzn-s3-demo-bucket/models",
    max_run=3600,
    hyperparameters={"objective": "binary:logistic", "eval_metric": "auc", "num_round": 100},
)
tuner = HyperparameterTuner(
    estimator,
    objective_metric_name="validation:auc",
    hyperparameter_ranges={"eta": ContinuousParameter(0, 1), "max_depth": IntegerParameter(1, 10)},
    strategy="Bayesian",
    objective_type="Maximize",
    max_jobs=20,
    max_parallel_jobs=3,
)
tuner.fit(
    {name: TrainingInput(f"s3://amzn-s3-demo-bucket/{name}", content_type="csv") for name in ("train", "validation")}
)
