"""What can go wrong between an event and its answer, distinguished by what must happen next."""

from __future__ import annotations

import math


class Failure(Exception):
    """The event can't be carried out.

    The string is for the person at the terminal: first our words about what happened to which job and what to do, then
    the service's own words.
    """

    def __init__(self, ours: str, service: ServiceError | None = None, *, quotes: str = "") -> None:
        super().__init__(". ".join(str(part) for part in (ours, quotes, service) if part))
        self.ours = ours
        """Our words alone, for the log: what is quoted, and the service's words, may have values of the request."""
        self.service = service
        self.code = service.code if service else ""


class ServiceError(Exception):
    """A service refused a call for good.

    The string is the service's own: its code, its message, and the id under which AWS can find the call.
    """

    def __init__(self, code: str, message: str, aws_request_id: str = "") -> None:
        super().__init__(f"{code}: {message}" + (f" (request id {aws_request_id})" if aws_request_id else ""))
        self.code = code
        self.message = message


class NameTaken(ServiceError):
    """A job of that name exists in the account and region."""


class LimitExceeded(ServiceError):
    """A quota of the account is used up; waiting doesn't help, and every retry costs time."""


class NotYet(ServiceError):
    """The same call may succeed later: it was throttled, met a server error, or permissions are not active yet."""

    def __init__(self, code: str, message: str, aws_request_id: str = "", *, patience: float = math.inf) -> None:
        super().__init__(code, message, aws_request_id)
        self.patience = patience
        """Seconds after which waiting no longer helps."""


class PollFailed(Exception):
    """A poll got no answer from SageMaker; Step Functions polls again."""


class ExplicitlyDenied(ServiceError):
    """A policy denies the call, such as one of the organization: waiting doesn't help."""


class Denied(NotYet):
    """A permission is missing, or not active yet."""


class StartAnew(SystemExit):
    """The process ends, so that Lambda starts another one and delivers the event again."""


class ComeAgain(Exception):
    """Nothing is wrong, but there is nothing to do for a while. Lambda delivers the event again in a minute or two;
    until then, other events can run.
    """
