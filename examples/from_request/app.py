"""A tuning job from a request that you have as JSON, for boto3 or the AWS CLI."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from constructs import Construct

import hpt_construct as hpt

REQUEST = Path(__file__).resolve().parent / "tuning.json"


class FromRequest(cdk.Stack):
    """The tuning job of the request, under a name that changes with the request."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        request = json.loads(REQUEST.read_text(encoding="utf-8"))
        self.job = hpt.HyperparameterTuningJob.from_request(self, "Tuning", request, tuning_job_name=None)


app = cdk.App()
FromRequest(app, "FromRequestExample")

if __name__ == "__main__":
    app.synth()
