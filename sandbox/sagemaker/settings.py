"""The settings of the sandbox's SageMaker (durations, quotas, faults), and the calls that it records."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Durations and quotas of the service.

    training_seconds: how long a training job runs, in seconds, on average; a tuning job runs as long as its training
        jobs.
    stopping_seconds: how long a job that was told to stop is Stopping, in seconds, before it is Stopped.
    max_tuning_jobs: how many tuning jobs may run at a time; by default the 101st is refused, as on AWS.
    create_rate: how many jobs may be created a second; left out, any number.
    create_burst: how many jobs may be created at once before create_rate applies; without create_rate it has no effect.

    inputs_elsewhere: whether a request may name roles, data, networks and keys that are not there; otherwise it is
        refused, where the service can look for them.
    events_list_tags: whether an event's detail has the tags as a list of keys and values, as AWS's schema of it says;
        otherwise they are a map, as in the documentation's examples.

    AWS documents only in part which condition keys IAM gets. For the permission to add the tags of a creation:

    creation_shows_tagging_action: whether sagemaker:TaggingAction is there, as it is for SageMaker's other resources.
    creation_shows_request_tags: whether the new tags are there as aws:RequestTag and aws:TagKeys.
    creation_shows_resource_tags: whether the new tags are there as aws:ResourceTag too.

    For every permission:

    resources_in_lower_case: whether a resource's ARN is in lower case; otherwise it is as the request has it.
    """

    training_seconds: float = 600
    stopping_seconds: float = 2
    max_tuning_jobs: int = 100
    create_rate: float | None = None
    create_burst: int = 1
    inputs_elsewhere: bool = False
    events_list_tags: bool = False
    creation_shows_tagging_action: bool = True
    creation_shows_request_tags: bool = True
    creation_shows_resource_tags: bool = False
    resources_in_lower_case: bool = False


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An error that the next calls of one operation are answered with.

    operation: the operation's name in the API, such as "CreateHyperParameterTuningJob".
    code: the error code of the answer.
    message: the error message of the answer.
    status: the HTTP status of the answer.
    times: how many calls get this answer.
    after: whether the call takes effect first, as when an answer is lost on its way; otherwise it has no effect.
    """

    operation: str
    code: str
    message: str
    status: int = 400
    times: int = 1
    after: bool = False


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that the service has answered.

    operation: the operation's name in the API.
    parameters: the members of the request.
    error: the error code of the answer; None when it was no error.
    time: when the call came in by the service's clock, in seconds since 1970.
    region: the region that the call was sent to.
    """

    operation: str
    parameters: dict[str, Any]
    error: str | None
    time: float
    region: str
