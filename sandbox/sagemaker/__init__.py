"""A SageMaker that runs hyperparameter tuning jobs on a clock: moto's, extended by what a deployment needs."""
