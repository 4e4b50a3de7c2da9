"""Reads an existing request, from a file or from a tuning job in the account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpt_construct import rendering

from .files import read_json
from .words import AskError

if TYPE_CHECKING:
    from .sagemaker import SageMaker

_NOT_THEIRS = ("aws:", "hpt-construct:")


def read(path: str) -> dict[str, Any]:
    """Read the request in a JSON file, without the members that only Describe returns.

    :raises AskError: There is no such file, or no request in it.
    """
    try:
        request = read_json(Path(path))
    except OSError as error:
        raise AskError(f"{path!r} can't be read: {error.strerror}; name a JSON file") from error
    except ValueError as error:
        raise AskError(f"{path!r} is not JSON ({error}); it must be a request as boto3 takes it") from error
    if not isinstance(request, dict) or "HyperParameterTuningJobConfig" not in request:
        raise AskError(
            f"{path!r} has no HyperParameterTuningJobConfig; it must be a request as boto3 takes it, "
            "or a response of Describe"
        )
    return rendering.without_described(request)


def of_job(sagemaker: SageMaker, name: str) -> dict[str, Any]:
    """Read the request of a tuning job in the account, without its name, which can be used only once.

    :raises AskError: There is no such job.
    """
    tuning = sagemaker.tuning(name)
    request = rendering.without_described(tuning.described)
    del request["HyperParameterTuningJobName"]
    tags = {key: value for key, value in sagemaker.tags(tuning.arn).items() if not key.startswith(_NOT_THEIRS)}
    if tags:
        request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return request
