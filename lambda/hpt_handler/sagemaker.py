"""The only module that talks to SageMaker: a method per call, its errors sorted by what has to happen next."""

from __future__ import annotations

import gc
import math
import os
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .clock import backoff
from .errors import LimitExceeded, NameTaken, NotYet, ServiceError


@contextmanager
def _made_to_stay() -> Iterator[None]:
    """Search for no garbage among what is made here, now or later: it lives as long as the function's environment.

    The searches are a twentieth of a cold start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


with _made_to_stay():
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
    from botocore.loaders import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from .clock import Clock

_MODELS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "models")

_UNFINISHED = ("InProgress", "Stopping")

_PERMISSIONS_SPREAD = 100.0
"""Seconds within which a new role or policy is known everywhere; the same messages are the lasting ones of a wrong
prefix or role.
"""
_LONGEST_WAIT_BUSY = 4.0
"""A hundred jobs of a stack, throttled at five a second, then start at nine tenths of that; with 8 s at eight."""
_LONGEST_WAIT_PERMISSIONS = 10.0

_NOT_SPREAD_YET = (
    "Could not assume role",
    "no identity-based policy allows the s3:ListBucket action",
    "No S3 objects found under S3 URL",
    "The AWS Access Key Id you provided does not exist in our records",
    "Access denied when describing algorithm",
)
_BUSY = (
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "InternalFailure",
)
_FIRST_SERVER_ERROR = 500


class Job(NamedTuple):
    """A tuning job as SageMaker describes it."""

    name: str
    arn: str
    status: str
    created: datetime
    failure_reason: str = ""

    @property
    def ended(self) -> bool:
        """Whether no training of it runs any more."""
        return self.status not in _UNFINISHED


class Jobs:
    """The tuning jobs of the account and region that the function runs in.

    Every call is tried again while the service says that it may succeed later, and while there is time.
    """

    def __init__(self, client: Any, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    @property
    def request_shape(self) -> Any:
        """Botocore's shape of a request."""
        return self._client.meta.service_model.operation_model("CreateHyperParameterTuningJob").input_shape

    def create(self, name: str, request: dict[str, Any], tags: dict[str, str], *, until: float) -> str:
        """Start a job and return its ARN; after ``until`` on the clock, it is not tried again."""
        answer = self._call(
            "create_hyper_parameter_tuning_job",
            until,
            HyperParameterTuningJobName=name,
            Tags=_tag_list(tags),
            **request,
        )
        arn: str = answer["HyperParameterTuningJobArn"]
        return arn

    def describe(self, name: str) -> Job | None:
        """The job of that name in whatever case, or None."""
        try:
            answer = self._call("describe_hyper_parameter_tuning_job", HyperParameterTuningJobName=name)
        except ServiceError as error:
            if _is_not_found(error):
                return None
            raise
        return Job(
            name=answer["HyperParameterTuningJobName"],
            arn=answer["HyperParameterTuningJobArn"],
            status=answer["HyperParameterTuningJobStatus"],
            created=answer["CreationTime"],
            failure_reason=answer.get("FailureReason", ""),
        )

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a job; the ARN must be one that Create or Describe gave, for its case counts."""
        tags: dict[str, str] = {}
        page: dict[str, Any] = {}
        while True:
            answer = self._call("list_tags", ResourceArn=arn, **page)
            tags |= {tag["Key"]: tag["Value"] for tag in answer["Tags"]}
            if not answer.get("NextToken"):
                return tags
            page = {"NextToken": answer["NextToken"]}

    def add_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Add tags to a job, or give them other values."""
        self._call("add_tags", ResourceArn=arn, Tags=_tag_list(tags))

    def delete_tags(self, arn: str, keys: list[str]) -> None:
        """Take tags off a job."""
        self._call("delete_tags", ResourceArn=arn, TagKeys=keys)

    def stop(self, name: str) -> None:
        """Ask a job to stop; that it has ended already, or is gone, is as good."""
        try:
            self._call("stop_hyper_parameter_tuning_job", HyperParameterTuningJobName=name)
        except ServiceError as error:
            if not (_is_not_found(error) or (error.code == "ValidationException" and "already" in error.message)):
                raise

    def delete_record(self, name: str) -> None:
        """Delete the record of a job that has ended; its trainings, models and logs stay."""
        try:
            self._call("delete_hyper_parameter_tuning_job", HyperParameterTuningJobName=name)
        except ServiceError as error:
            if not _is_not_found(error):
                raise

    def _call(self, method: str, until: float = math.inf, **arguments: Any) -> Any:
        began, tries = self._clock.now(), 0
        while True:
            try:
                return self._call_once(method, arguments)
            except NotYet as error:
                now = self._clock.now()
                longest = _LONGEST_WAIT_BUSY if math.isinf(error.patience) else _LONGEST_WAIT_PERMISSIONS
                wait = backoff(tries, longest)
                if now + wait > min(until, began + error.patience) or wait > self._clock.left():
                    raise
                self._clock.wait(wait)
                tries += 1

    def _call_once(self, method: str, arguments: dict[str, Any]) -> Any:
        try:
            return getattr(self._client, method)(**arguments)
        except ClientError as error:
            raise _sorted(error) from error
        except ParamValidationError as error:
            raise ServiceError("ValidationException", str(error)) from error
        except BotoCoreError as error:
            # No answer, or none that can be read: whether the call took effect is not known.
            raise NotYet(type(error).__name__, str(error)) from error


def _sorted(error: ClientError) -> ServiceError:
    details = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    told = (details.get("Code", "Unknown"), details.get("Message", ""), metadata.get("RequestId", ""))
    code, message, _ = told
    if code == "ResourceInUse":
        return NameTaken(*told)
    if code == "ResourceLimitExceeded":
        return LimitExceeded(*told)
    if code in _BUSY or metadata.get("HTTPStatusCode", 0) >= _FIRST_SERVER_ERROR:
        return NotYet(*told)
    if code in ("AccessDeniedException", "AccessDenied") or any(text in message for text in _NOT_SPREAD_YET):
        return NotYet(*told, patience=_PERMISSIONS_SPREAD)
    return ServiceError(*told)


def _is_not_found(error: ServiceError) -> bool:
    return error.code == "ResourceNotFound" or (
        error.code == "ValidationException" and "does not exist" in error.message.lower()
    )


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@cache
def client() -> Any:
    """The client of botocore's that lives as long as the function's environment.

    It finds nothing but the function's own cut of botocore's data: it starts in half the time, and knows the same
    fields as the construct, whatever botocore the runtime has.
    """
    with _made_to_stay():
        # The 120 are for other services, but for three headers that no call needs; signing, retries and endpoints come
        # with the client.
        session = botocore.session.Session(include_builtin_handlers=False)
        loader = Loader(extra_search_paths=[_MODELS], include_default_search_paths=False)
        session.register_component("data_loader", loader)
        config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
        return session.create_client("sagemaker", config=config)
