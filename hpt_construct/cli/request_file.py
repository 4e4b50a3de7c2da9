"""Reads an existing request, from a file or from a tuning job in the account, and says what is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import click

from hpt_construct import rendering, validation
from hpt_construct.tokens import is_token

from . import other_shapes, training_job
from .files import parse_json, read_some
from .words import AskError, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .sagemaker import SageMaker

_NOT_THEIRS = ("aws:", "hpt-construct:")
_IN_JSON: Final = {"None": "null", "True": "true", "False": "false"}


def problems(request: Mapping[str, Any]) -> Sequence[str]:
    """What ``HyperparameterTuningJob.from_request`` has against a request, with the names that JSON has for values."""
    found = [*_tokens(request), *validation.errors(validation.check(request))]
    return list(dict.fromkeys(f"{validation.spell_api(each.path)}: {_in_json(each.message)}" for each in found))


def tell(problems: Sequence[str], what: str, consequence: str) -> None:
    """Write the problems of a request to standard error, each on a line of its own."""
    count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
    click.echo(f"hpt: {count} in {clean(what)}, {consequence}:", err=True)
    for problem in problems:
        click.echo(f"  - {clean(problem)}", err=True)


def _in_json(message: str) -> str:
    return re.sub(r"\Agot (None|True|False)\b", lambda got: f"got {_IN_JSON[got[1]]}", message)


def _tokens(value: Any, path: validation.Path = ()) -> Iterator[validation.Problem]:
    """Find tokens of the CDK, for which the checks would wait."""
    if is_token(value):
        message = "got a token, which means something only in the app that made it; put the value here"
        yield validation.Problem(path, message)
    elif isinstance(value, (dict, list)):
        for step, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _tokens(step if is_token(step) else below, (*path, step))


def name(path: str) -> str:
    """What messages call a file."""
    return "standard input" if path == "-" else repr(path)


def read(path: str, ranges: Sequence[str] = (), objective: str | None = None) -> dict[str, Any]:
    """Read the request in a JSON file, without the members that only Describe returns.

    :param path: The file, or ``-`` for standard input.
    :param ranges: What to tune, if it is a training job's request.
    :param objective: The metric to tune by, if it is one.
    :raises AskError: There is no such file, or no request in it.
    """
    what, content = name(path), b""
    try:
        with click.open_file(path, "rb") as file:
            content = read_some(file)
        document = parse_json(content)
    except RuntimeError as error:  # click's, if the shell has closed standard input
        raise AskError(f"{what} is closed; name a JSON file") from error
    except OSError as error:
        raise AskError(f"{what} can't be read: {error.strerror}; name a JSON file") from error
    except ValueError as error:
        way_out = other_shapes.hint(content) or "it must be a request as boto3 takes it"
        raise AskError(f"{what} is not JSON ({error}); {way_out}") from error
    request, note = other_shapes.take(document, what)
    notes = [note] if note else []
    if not other_shapes.is_tuning_job(request):
        request, left_out = training_job.tuning_request(request, what, ranges, objective)
        notes += left_out
    elif ranges or objective is not None:
        raise AskError(f"{what} is of a tuning job, which has its own ranges; leave out --tune and --objective")
    for each in notes:
        click.echo(f"hpt: {clean(each)}", err=True)
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
