"""SageMaker's own description of the request: shapes, members and their constraints, as botocore publishes them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from . import function_code

REQUEST: Final = "CreateHyperParameterTuningJobRequest"
DESCRIPTION: Final = "DescribeHyperParameterTuningJobResponse"

OUTPUT_ONLY: Final = {"ResourceConfig": frozenset({"SelectedInstanceType", "SelectedInstanceCount"})}
"""Members of the request's shapes that only the service writes."""

GENERATED: Final = "HyperParameterTuningJobName"
"""The member that the API requires but a user may leave out: the function then generates a name."""


@cache
def shapes() -> dict[str, dict[str, Any]]:
    """Return every shape of the operations in use, by name."""
    path = function_code.FOLDER / "models" / "sagemaker" / "2017-07-24" / "service-2.json"
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["shapes"]
    return found


@cache
def members(structure: str) -> dict[str, str]:
    """Return the members of a structure that a request may have, and the shape of each."""
    hidden = OUTPUT_ONLY.get(structure, frozenset())
    return {
        name: reference["shape"] for name, reference in shapes()[structure]["members"].items() if name not in hidden
    }


_MEANINGS: Final = {
    "ArnOrName": "a name of 1 to 63 letters, digits and inner hyphens, or the ARN of an algorithm",
    "ChannelName": "letters, digits, '.', '-' and '_'",
    "FileSystemId": "the id of a file system, like 'fs-0123456789abcdef0'",
    "HubDataSetArn": (
        "the ARN of a hub's data set, like 'arn:aws:sagemaker:us-east-1:aws:hub-content/Hub/DataSet/reviews'"
    ),
    "HyperParameterTrainingJobDefinitionName": "1 to 64 letters, digits and inner hyphens",
    "HyperParameterTrainingJobEnvironmentKey": "letters, digits and '_', not beginning with a digit",
    "HyperParameterTuningJobName": "1 to 32 letters, digits and inner hyphens",
    "KmsKeyId": "the id, ARN or alias of a key, like 'alias/training': letters, digits, ':', '/', '_' and '-'",
    "RoleArn": "the ARN of a role, like 'arn:aws:iam::111122223333:role/SageMakerRole'",
    "S3Uri": "a URI in S3, like 's3://amzn-s3-demo-bucket/train'",
    "SecurityGroupId": "the id of a security group, like 'sg-0123456789abcdef0'",
    "SubnetId": "the id of a subnet, like 'subnet-0123456789abcdef0'",
    "TagKey": "letters, digits, spaces and any of _.:/=+-@",
    "TagValue": "letters, digits, spaces and any of _.:/=+-@",
    "TrainingPlanArn": (
        "the ARN of a training plan, like 'arn:aws:sagemaker:us-east-1:111122223333:training-plan/nightly'"
    ),
}


def meaning(shape: str) -> str:
    """Say what the pattern of a shape means; a pattern that is not in the table is shown as it is.

    >>> meaning("HyperParameterTuningJobName")
    '1 to 32 letters, digits and inner hyphens'
    """
    pattern = shapes()[shape]["pattern"]
    return _MEANINGS.get(shape) or ("a single line" if pattern in (".*", ".+") else f"of the form {pattern}")
