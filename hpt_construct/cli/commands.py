"""The commands by name; each has its own module, which is loaded when the command runs."""

from __future__ import annotations

import io
import os
import sys
from difflib import get_close_matches
from importlib import import_module

import click

from hpt_construct import __version__

from .words import NO_ANSWER

_COMMANDS = {
    "watch": "Follow tuning jobs as they run.",
    "wait": "Wait until tuning jobs have ended, and judge them.",
    "best": "Show the best training job of tuning jobs.",
    "convert": "Write an existing request as Python code.",
    "init": "Create a CDK app with a tuning job.",
    "list": "List the tuning jobs that stacks have started.",
    "preflight": "Check in the account whether synthesized tuning jobs can work.",
    "report": "Write a page, a table or pictures of a tuning job.",
    "stop": "Stop a tuning job.",
}

_EPILOG = """\
TARGET is a tuning job's name or ARN, a stack's name or ARN (all of its tuning jobs), or one of a stack's by its logical
id or the path of its construct, as in Stack/Tuning.

hpt uses the credentials, profiles, regions and endpoints of the AWS CLI.

\b
Exit status:
  0  good
  1  not good: failed, stopped, not good enough, nothing found
  2  no answer: wrong input, no credentials, no permission, no network
  3  the time is up
"""


class _Commands(click.Group):
    """Imports a command when it runs, so that help appears at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 – click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 – click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"hpt_construct.cli.{cmd_name}_command").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = get_close_matches(args[0], _COMMANDS, n=1)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean {close[0]!r}?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 – click's
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hpt", message="%(prog)s %(version)s", help="Show the version.")
def hpt() -> None:
    """Watch, wait for and judge SageMaker's hyperparameter tuning jobs."""


def run() -> int:
    """Run the command of the command line, and return its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the output's encoding lacks is escaped, as Python escapes it in the strings that `hpt convert` writes.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return hpt.main(prog_name="hpt", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        # Ctrl-C judges nothing, so the status is the usual one of a program that it ends.
        return 130
    except BrokenPipeError:
        # The reader has closed the pipe. The rest of the output goes nowhere, so that the exit itself does not fail.
        _close_output()
        return 141
    except OSError as error:
        if error.filename is not None:
            raise
        _close_output()
        click.echo(f"hpt: the output can't be written: {error.strerror}; make room, or write it elsewhere", err=True)
        return NO_ANSWER


def _close_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
