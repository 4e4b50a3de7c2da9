"""Requests in SageMaker's protocol: moto's handling of them, behind the checks, faults and records of the sandbox."""

import json
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeVar

from moto.core.common_types import TYPE_RESPONSE
from moto.core.request import Request
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores
from moto.sagemaker.responses import SageMakerResponse as MotoSageMakerResponse

from sandbox.sagemaker import errors
from sandbox.sagemaker.models import SageMakerBackend

_DEFAULT_PAGE = 10
_Item = TypeVar("_Item")


class Observe(Protocol):
    """Carries out a call under what is set for the service, and records it."""

    def __call__(
        self,
        operation: str,
        parameters: dict[str, Any],
        region: str,
        caller: str,
        perform: Callable[[], ActionResult],
    ) -> ActionResult:
        """Return what the call results in.

        Raises ServiceError: the error to answer.
        """


class SageMakerResponse(MotoSageMakerResponse):
    """The answer to one request.

    account_id: the account that is asked.
    backend: answers the state of a region.
    observe: carries out the call.
    """

    def __init__(self, account_id: str, backend: Callable[[str], SageMakerBackend], observe: Observe) -> None:
        super().__init__()
        self._account_id = account_id
        self._backend = backend
        self._observe = observe
        self._parameters: dict[str, Any] = {}
        # moto would parse before the request is checked, and fail on what the check is there to report.
        self.automated_parameter_parsing = False

    @property
    def sagemaker_backend(self) -> SageMakerBackend:
        """The state of the region that the request was sent to."""
        return self._backend(self.region)

    def get_current_account(self) -> str:
        """Return the one account there is, whatever the credentials."""
        return self._account_id

    def answer(self, request: Request) -> tuple[int, dict[str, str], str]:
        """Answer a request: the HTTP status, the headers and the body."""
        self.setup_class(request)
        status, headers, body = self.call_action()
        named = {name: str(value) for name, value in headers.items()}
        return status, {**named, "x-amzn-RequestId": str(uuid.uuid4())}, str(body)

    def call_action(self) -> TYPE_RESPONSE:
        """Carry out the request, or answer the error that it ends in."""
        operation = self._get_action()
        try:
            parameters = json.loads(self.body or "{}")
        except ValueError:
            return self._error("SerializationException", "The request is not JSON.", 400)
        caller = _access_key(self.headers.get("Authorization", ""))
        try:
            result = self.result(operation, parameters, self.region, caller)
        except errors.ServiceError as error:
            return self._error(error.code, error.message, error.status)
        return self.serialized(result)

    def result(self, operation: str, parameters: dict[str, Any], region: str, caller: str) -> ActionResult:
        """Carry out a call.

        Raises ServiceError: the error to answer.
        """
        self._parameters, self.region = parameters, region
        return self._observe(operation, parameters, region, caller, lambda: self._perform(operation))

    def list_hyper_parameter_tuning_jobs(self) -> ActionResult:
        """Return a page of the tuning jobs."""
        jobs, more = _page(self.sagemaker_backend.tuning_jobs(self._parameters), self._parameters)
        return ActionResult({"HyperParameterTuningJobSummaries": [job.summary() for job in jobs]} | more)

    def list_training_jobs_for_hyper_parameter_tuning_job(self) -> ActionResult:
        """Return a page of a tuning job's training jobs."""
        summaries, more = _page(self.sagemaker_backend.trainings_of(self._parameters), self._parameters)
        return ActionResult({"TrainingJobSummaries": summaries} | more)

    def stop_hyper_parameter_tuning_job(self) -> ActionResult:
        """Stop a tuning job."""
        self.sagemaker_backend.stop_hyper_parameter_tuning_job(self._get_param("HyperParameterTuningJobName"))
        return EmptyResult()

    def _get_param(self, param_name: str, if_none: Any = None) -> Any:
        return self._parameters.get(param_name, if_none)

    def _perform(self, operation: str) -> ActionResult:
        method = getattr(self, _method_name(operation), None)
        if method is None:
            raise errors.ServiceError(
                "NotImplemented", f"The sandbox's SageMaker does not have the operation {operation}.", 501
            )
        result: ActionResult = method()
        return result

    def _error(self, code: str, message: str, status: int) -> TYPE_RESPONSE:
        headers = {"Content-Type": "application/x-amz-json-1.1"}
        return status, headers, json.dumps({"__type": code, "message": message})


@cache
def _method_name(operation: str) -> str:
    name: str = camelcase_to_underscores(operation)
    return name


def _access_key(authorization: str) -> str:
    # moto's own makes one up for a request without a signature, and for keys that AWS would not give away.
    _, _, credential = authorization.partition("Credential=")
    return credential.partition("/")[0]


def _page(items: list[_Item], parameters: dict[str, Any]) -> tuple[list[_Item], dict[str, str]]:
    """Return the items of the page that is asked for, and the token of the next one, if there is one."""
    start = int(parameters.get("NextToken", "0"))
    end = start + parameters.get("MaxResults", _DEFAULT_PAGE)
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}
