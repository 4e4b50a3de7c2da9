"""SageMaker as a whole, in one process and without a server: all regions, quotas, faults, and a record of calls."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from threading import RLock
from typing import Any, TypeVar

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from moto.core.botocore_stubber import MockRawResponse
from moto.core.exceptions import ServiceException
from moto.core.request import Request

from sandbox.clients import new_client
from sandbox.sagemaker import errors
from sandbox.sagemaker.authorization import CREATE, Authorize, Place, checks
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.events import state_change
from sandbox.sagemaker.models import SageMakerBackend
from sandbox.sagemaker.responses import SageMakerResponse
from sandbox.sagemaker.settings import Call, Fault, ServiceSettings
from sandbox.sagemaker.validation import validate

_Result = TypeVar("_Result")


class SageMaker:
    """SageMaker in one account.

    settings: durations and quotas to begin with.
    clock: the clock that jobs and rates go by; left out, the computer's.
    account_id: the account, twelve digits.
    authenticate: called with the access key and the region of each call, before anything else; left out, any key is
        good.
    authorize: called for every permission that a call needs; left out, everything is allowed.
    inspect: called with the region and the request of each creation, to refuse one that refers to something missing;
        left out, nothing is checked.
    notify: called with the region and the event of each change of a tuning job's state; left out, there are no events.
        It must not block, because calls wait for it.
    """

    def __init__(  # noqa: PLR0913 - each is a fact of its own
        self,
        settings: ServiceSettings | None = None,
        clock: Clock | None = None,
        account_id: str = "111122223333",
        *,
        authenticate: Callable[[str, str], None] | None = None,
        authorize: Authorize | None = None,
        inspect: Callable[[str, dict[str, Any]], None] | None = None,
        notify: Callable[[str, dict[str, Any]], None] | None = None,
    ) -> None:
        self.settings = settings or ServiceSettings()
        self.clock = clock or Clock()
        self.account_id = account_id
        self._authenticate = authenticate
        self._authorize = authorize
        self._inspect = inspect
        self._notify = notify
        self._lock = RLock()
        self._backends: dict[str, SageMakerBackend] = {}
        self._faults: list[Fault] = []
        self._calls: list[Call] = []
        self._tokens, self._tokens_at = float(self.settings.create_burst), self.clock.now()

    def backend(self, region: str) -> SageMakerBackend:
        """Return the state of a region."""
        if region not in self._backends:
            self._backends[region] = SageMakerBackend(region, self.account_id, self.clock, lambda: self.settings)
        return self._backends[region]

    def answer(self, request: Request) -> tuple[int, dict[str, str], str]:
        """Answer a request in SageMaker's protocol: the HTTP status, the headers and the body."""
        with self._lock:
            status, headers, body = SageMakerResponse(self.account_id, self.backend, self.observe).answer(request)
            now = datetime.fromtimestamp(self.clock.now(), tz=UTC)
            # In place of moto's own, which is in lower case.
            return status, {**headers, "date": format_datetime(now, usegmt=True)}, body

    def perform(self, operation: str, parameters: dict[str, Any], region: str) -> Any:
        """Carry out a call without its way through HTTP, which takes longer than the call, and answer its result.

        Raises ServiceError: the error to answer.
        """
        with self._lock:
            response = SageMakerResponse(self.account_id, self.backend, self.observe)
            return response.result(operation, parameters, region, caller="").result

    def attach(self, client: BaseClient) -> None:
        """Answer a boto3 client's calls here, in this process; nothing that it sends reaches a network."""
        client.meta.events.register_first("before-send.sagemaker", self._answer_client)

    def client(self, region: str = "us-east-1") -> Any:
        """Make a boto3 client of this service, in this process."""
        client = new_client("sagemaker", "http://127.0.0.1", region)
        self.attach(client)
        return client

    def observe(
        self, operation: str, parameters: dict[str, Any], region: str, caller: str, perform: Callable[[], _Result]
    ) -> _Result:
        """Carry out a call under the permissions, quotas and faults that are set, and record it.

        operation: the operation's name in the API.
        parameters: the members of the request.
        region: the region that it was sent to.
        caller: the access key of who sent it; "" for a request without a signature.
        perform: carries it out.

        Raises ServiceError: the error to answer.
        """
        if self._authenticate is not None:
            self._authenticate(caller, region)
        error: str | None = None
        # A job that this call deletes may have ended unnoticed.
        self.tell_changes()
        fault = self._next_fault(operation)
        try:
            if fault and not fault.after:
                raise _error_of(fault)
            if operation == CREATE:
                self._take_token()
            validate(operation, parameters)
            self._check_permissions(operation, parameters, region, caller)
            if operation == CREATE and self._inspect and not self.settings.inputs_elsewhere:
                self._inspect(region, parameters)
            result = perform()
            if fault:
                raise _error_of(fault)
        except ServiceException as exception:
            error = exception.code
            if isinstance(exception, errors.ServiceError):
                raise
            raise errors.ServiceError(exception.code, exception.message) from exception
        else:
            return result
        finally:
            call = Call(operation=operation, parameters=parameters, error=error, time=self.clock.now(), region=region)
            self._calls.append(call)
            self.tell_changes()

    def tell_changes(self) -> None:
        """Publish the state changes of tuning jobs that nobody has published; time causes some without a call."""
        if self._notify is None:
            return
        with self._lock:
            for region, backend in self._backends.items():
                for job in backend.all_tuning_jobs():
                    for status in job.changes():
                        self._notify(region, state_change(job, status, self.settings))

    def configure(self, **changes: Any) -> None:
        """Change some of the settings, for what happens from now on; jobs that run already keep theirs."""
        with self._lock:
            self.settings = replace(self.settings, **changes)
            if changes.keys() & {"create_rate", "create_burst"}:
                self._tokens, self._tokens_at = float(self.settings.create_burst), self.clock.now()

    def add_fault(self, fault: Fault) -> None:
        """Have the next calls of an operation answered with an error; faults of one operation are used up in order."""
        with self._lock:
            self._faults.append(fault)

    def clear_faults(self) -> None:
        """Forget the faults that have not been used up."""
        with self._lock:
            self._faults.clear()

    def advance(self, seconds: float) -> None:
        """Put the clock forward by a number of seconds."""
        self.clock.advance(seconds)
        self.tell_changes()

    def fail_job(self, name: str, reason: str, region: str = "us-east-1") -> None:
        """End a tuning job as Failed, now, with a failure reason.

        Raises ServiceError: ResourceNotFound.
        """
        with self._lock:
            self.backend(region).tuning_job(name).fail(reason)
        self.tell_changes()

    def fail_training(self, name: str, reason: str, region: str = "us-east-1") -> None:
        """End a running training job of a tuning job as Failed, now, with a failure reason.

        Raises ServiceError: ResourceNotFound; ValidationException for a training job that has ended.
        """
        with self._lock:
            self.backend(region).fail_training(name, reason)

    def calls(self) -> list[Call]:
        """Return the calls so far, oldest first."""
        with self._lock:
            return list(self._calls)

    def clear_calls(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._calls.clear()

    def _check_permissions(self, operation: str, parameters: dict[str, Any], region: str, caller: str) -> None:
        if self._authorize is None:
            return
        place = Place(self.account_id, region, self.settings, self.backend(region).tags_of)
        for check in checks(operation, parameters, place):
            self._authorize(caller, check.action, check.resource, check.context)

    def _next_fault(self, operation: str) -> Fault | None:
        for index, fault in enumerate(self._faults):
            if fault.operation == operation:
                left = replace(fault, times=fault.times - 1)
                self._faults[index : index + 1] = [left] if left.times > 0 else []
                return fault
        return None

    def _take_token(self) -> None:
        rate = self.settings.create_rate
        if rate is None:
            return
        now = self.clock.now()
        self._tokens = min(self.settings.create_burst, self._tokens + (now - self._tokens_at) * rate)
        self._tokens_at = now
        if self._tokens < 1:
            raise errors.throttled()
        self._tokens -= 1

    def _answer_client(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        status, headers, body = self.answer(
            Request.from_primitives(request.method, request.url, request.headers, request.body)
        )
        return AWSResponse(request.url, status, headers, MockRawResponse(body))


def _error_of(fault: Fault) -> errors.ServiceError:
    return errors.ServiceError(fault.code, fault.message, fault.status)
