"""The errors that the service returns, in the words of the real one where they are known."""

from moto.core.exceptions import ServiceException


class ServiceError(ServiceException):
    """An error answer.

    code: the error code.
    message: the error message.
    status: the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.status = status


def validation_error(message: str) -> ServiceError:
    """Return the error for a request that can't be carried out as it is."""
    return ServiceError("ValidationException", message)


def name_taken(name: str) -> ServiceError:
    """Return the error for a tuning job whose name is in use."""
    return ServiceError(
        "ResourceInUse",
        f"A hyperparameter tuning job with the name, {name}, already exists. Choose a different name.",
    )


def job_not_found(name: str) -> ServiceError:
    """Return the error for a tuning job that doesn't exist."""
    return ServiceError(
        "ResourceNotFound", f"Amazon SageMaker can't find a tuning job called {name}. Type another name."
    )


def training_not_found() -> ServiceError:
    """Return the error for a training job that doesn't exist."""
    return validation_error("Requested resource not found.")


def has_ended(kind: str, status: str) -> ServiceError:
    """Return the error for stopping what has ended, in the words that are known of training jobs.

    kind: what it is, such as "training job".
    status: what it has ended as.
    """
    return validation_error(f"The request was rejected because the {kind} is in status {status}.")


def parent_has_not_ended(name: str, status: str) -> ServiceError:
    """Return the error for a warm start with a parent that still runs; the words of the real one are not known."""
    return validation_error(f"The parent tuning job {name} is {status}. It must be Completed, Stopped or Failed.")


def too_many_jobs(limit: int, running: int) -> ServiceError:
    """Return the error for a tuning job beyond the quota."""
    return ServiceError(
        "ResourceLimitExceeded",
        f"The account-level service limit 'Number of concurrent hyperparameter tuning jobs' is {limit} Utilizations, "
        f"with current utilization of {running} Utilizations and a request delta of 1 Utilizations. "
        "Please use AWS Service Quotas to request an increase for this quota. "
        "If AWS Service Quotas is not available, contact AWS support to request an increase for this quota.",
    )


def access_denied(caller: str, action: str, resource: str, *, explicit: bool = False) -> ServiceError:
    """Return the error for a call that an identity-based policy does not allow.

    caller: the ARN of who calls.
    action: the action, with its service.
    resource: the resource's ARN.
    explicit: whether a policy denies it; otherwise none allows it.
    """
    reason = (
        "with an explicit deny in an identity-based policy"
        if explicit
        else f"because no identity-based policy allows the {action} action"
    )
    return ServiceError(
        "AccessDeniedException",
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} {reason}",
    )


def too_many_tags(limit: int) -> ServiceError:
    """Return the error for more tags than a resource takes; the words of the real one are not known."""
    return validation_error(f"A resource can't have more than {limit} tags.")


def throttled() -> ServiceError:
    """Return the error for a call beyond the rate."""
    return ServiceError("ThrottlingException", "Rate exceeded")
