"""``hpt convert``: an existing request as code to paste."""

from __future__ import annotations

import click

from . import request_file
from . import target as targets
from .account import Account, with_account
from .python_code import module_code
from .words import NO_ANSWER, NOT_GOOD, AskError, exit_with

_LIMITS = "Decide how many training jobs the search may take, and how many at a time."


@click.command("convert")
@click.argument("file", required=False)
@click.option("--from-job", metavar="TARGET", help="Take the request of a tuning job in the account.")
@click.option("--tune", multiple=True, metavar="RANGE", help="What to tune of a training job; can be repeated.")
@click.option("--objective", metavar="METRIC", help="The metric to tune a training job by.")
@click.option("--id", "construct_id", default="Tuning", show_default=True, help="The construct's id.")
@with_account
def command(  # noqa: PLR0913 – one argument for each option
    account: Account,
    *,
    file: str | None,
    from_job: str | None,
    tune: tuple[str, ...],
    objective: str | None,
    construct_id: str,
) -> None:
    """Write the typed construct for the request in the JSON file FILE, ready to paste into a stack.

    FILE is a request as boto3 and the AWS CLI take it, or a response of Describe. If it is something else with one
    request in it, such as a state machine or a pipeline, that one counts. Give - to read standard input. A name can be
    used only once, so --from-job leaves out the job's name, and the stack generates another one.

    FILE may also be a training job's request, or a response of DescribeTrainingJob. Then --tune names each
    hyperparameter to tune, as NAME=LOW:HIGH, NAME=LOW:HIGH:SCALING (auto, linear, log or reverselog) or
    NAME=VALUE,VALUE, and --objective the metric, with maximize or minimize before it if nothing else tells which.

    Exits with 1 if synth would refuse the code, and tells all problems on standard error.
    """
    if (file is None) == (from_job is None):
        raise AskError("give either a file or --from-job, as in `hpt convert request.json`")
    if file is not None:
        what, request = request_file.name(file), request_file.read(file, tune, objective)
    elif tune or objective is not None:
        raise AskError("--tune and --objective are for a training job's request in a file; leave them out")
    else:
        found = targets.find(str(from_job), account)
        if len(found.names) > 1:
            raise AskError(f"{from_job!r} has {len(found.names)} tuning jobs; name one: {', '.join(found.names)}")
        what, request = repr(found.names[0]), request_file.of_job(found.sagemaker, found.names[0])
    problems = request_file.problems(request)
    code = module_code(request, construct_id, {"resource_limits": _LIMITS} if tune else None)
    if code is None:
        request_file.tell(problems, what, "so it can't be converted")
        exit_with(NO_ANSWER)
    click.echo(code)
    if problems:
        request_file.tell(problems, what, "for which synth refuses the code")
        exit_with(NOT_GOOD)
