"""Calls to AWS: botocore's clients, and retries of calls that may still succeed."""

from __future__ import annotations

import gc
import math
import os
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .clock import backoff
from .errors import Denied, ExplicitlyDenied, LimitExceeded, NameTaken, NotYet, ServiceError


@contextmanager
def _made_to_stay() -> Iterator[None]:
    """Keep the garbage collector away from what is made here, now and later: it lives as long as the environment.

    The collector would take a twentieth of a cold start.
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
    from botocore.exceptions import BotoCoreError, ClientError, DataNotFoundError, ParamValidationError
    from botocore.loaders import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clock import Clock

_MODELS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "models")

_PERMISSIONS_SPREAD = 100.0
"""Seconds within which a new role or policy is known everywhere. After that the same messages mean a wrong prefix or
role.
"""
_LONGEST_WAIT_BUSY = 4.0
"""With 4 s, a hundred jobs that are throttled to five a second start at 90 % of that rate; with 8 s, at 80 %."""
_LONGEST_WAIT_PERMISSIONS = 10.0

_NOT_SPREAD_YET = (
    "Could not assume role",
    "no identity-based policy allows the s3:ListBucket action",
    "No S3 objects found under S3 URL",
    "The AWS Access Key Id you provided does not exist in our records",
    "Access denied when describing algorithm",
)
_DENIED = ("AccessDeniedException", "AccessDenied")
_EXPLICIT = "explicit deny"
"""IAM's words where a policy denies an action; otherwise no policy allows it, yet."""

_BUSY = (
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "InternalFailure",
)
_FIRST_SERVER_ERROR = 500


class Calls:
    """The calls to one service; each is retried while the service says that it may succeed later, and while there is
    time.
    """

    def __init__(self, client: Any, clock: Clock, denied_seconds: float = math.inf) -> None:
        """``denied_seconds``: after how long a denial is believed, if that is sooner than permissions may spread."""
        self._client = client
        self._clock = clock
        self._denied_seconds = denied_seconds

    @property
    def service_model(self) -> Any:
        """Botocore's description of the service."""
        return self._client.meta.service_model

    def call(self, method: str, until: float = math.inf, /, **arguments: Any) -> Any:
        """Return the answer to a call, which is not sent after ``until`` on the clock."""
        began, tries = self._clock.now(), 0
        while True:
            if self._clock.now() > until:
                raise NotYet("TooLate", "The time for this call is over.")
            try:
                return self._once(method, arguments)
            except NotYet as error:
                now = self._clock.now()
                longest = _LONGEST_WAIT_BUSY if math.isinf(error.patience) else _LONGEST_WAIT_PERMISSIONS
                wait = backoff(tries, longest)
                patience = min(error.patience, self._denied_seconds) if isinstance(error, Denied) else error.patience
                if now + wait > min(until, began + patience) or wait > self._clock.left():
                    raise
                self._clock.wait(wait)
                tries += 1

    def _once(self, method: str, arguments: dict[str, Any]) -> Any:
        try:
            return getattr(self._client, method)(**arguments)
        except ClientError as error:
            raise _sorted(error) from error
        except ParamValidationError as error:
            raise ServiceError("ValidationException", str(error)) from error
        except BotoCoreError as error:
            # No answer, or none that can be read, so it is not known whether the call took effect.
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
    if code in _DENIED:
        is_explicit = _EXPLICIT in message
        return ExplicitlyDenied(*told) if is_explicit else Denied(*told, patience=_PERMISSIONS_SPREAD)
    if any(text in message for text in _NOT_SPREAD_YET):
        return NotYet(*told, patience=_PERMISSIONS_SPREAD)
    return ServiceError(*told)


# Botocore ships no types.
class _OurDataFirst(Loader):  # type: ignore[misc]
    """Loads botocore's data from the function's own copy, which is cut down to what it needs.

    The client starts in half the time, and knows the same fields as the construct, whatever botocore the runtime has.
    If a later botocore asks for another file, that comes from its own data: better slow than not at all.
    """

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[_MODELS], include_default_search_paths=False)

    @cached_property
    def _botocores_own(self) -> Loader:
        return Loader()

    def load_data_with_path(self, name: str) -> Any:
        try:
            return super().load_data_with_path(name)
        except DataNotFoundError:
            return self._botocores_own.load_data_with_path(name)


def new_client(service: str) -> Any:
    """Return a botocore client, to keep as long as the function's environment lives."""
    with _made_to_stay():
        # The 120 built-in handlers are for other services, except three headers that no call needs; signing, retries
        # and endpoints come with the client.
        session = botocore.session.Session(include_builtin_handlers=False)
        session.register_component("data_loader", _OurDataFirst())
        config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
        return session.create_client(service, config=config)
