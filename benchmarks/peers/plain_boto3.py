"""The handler that one writes without much thought: a boto3 client, one call, and an answer as AWS's own module
``cfn-response`` sends it.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import urllib3

sagemaker = boto3.client("sagemaker")
http = urllib3.PoolManager()


def handle(event: dict[str, Any], _context: Any) -> None:
    """Start the job, and answer."""
    request = json.loads(event["ResourceProperties"]["Request"])
    arn = sagemaker.create_hyper_parameter_tuning_job(**request)["HyperParameterTuningJobArn"]
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": request["HyperParameterTuningJobName"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"HyperParameterTuningJobArn": arn},
    }
    http.request("PUT", event["ResponseURL"], body=json.dumps(answer), headers={"content-type": ""})
