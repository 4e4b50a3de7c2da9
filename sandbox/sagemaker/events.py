"""The events about a tuning job that SageMaker sends to EventBridge."""

import json
from datetime import datetime
from typing import Any

from sandbox.sagemaker.models import RUNNING, TuningJob
from sandbox.sagemaker.settings import ServiceSettings

_DETAIL_TYPE = "SageMaker HyperParameter Tuning Job State Change"


def state_change(job: TuningJob, status: str, settings: ServiceSettings) -> dict[str, Any]:
    """Return the event of a change of state, as PutEvents takes it.

    job: the job.
    status: its new status.
    settings: in which form the tags are.
    """
    detail = job.describe() | {"HyperParameterTuningJobStatus": status, "Tags": _tags(job, settings)}
    if status in RUNNING:
        for member in ("HyperParameterTuningEndTime", "FailureReason"):
            detail.pop(member, None)
    return {
        "Source": "aws.sagemaker",
        "DetailType": _DETAIL_TYPE,
        "Resources": [job.arn],
        "Detail": json.dumps(detail, default=_milliseconds),
    }


def _tags(job: TuningJob, settings: ServiceSettings) -> object:
    tags = job.tags or []
    return tags if settings.events_list_tags else {tag["Key"]: tag["Value"] for tag in tags}


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)
