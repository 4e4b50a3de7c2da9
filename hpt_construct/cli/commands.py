"""The commands by their names; each is a module of its own, which is loaded when it is used."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from hpt_construct import __version__

_COMMANDS = {
    "watch": "Look on as tuning jobs run.",
    "wait": "Wait until tuning jobs have ended, and judge them.",
    "best": "Show the best training of tuning jobs.",
    "convert": "Write a request that there is already as Python code.",
    "init": "Make a CDK app with a tuning job.",
    "list": "List the tuning jobs that stacks have started.",
    "preflight": "Ask the account whether synthesised tuning jobs can work.",
    "report": "Write a page, a table or pictures of a tuning job.",
    "stop": "Stop a tuning job.",
}

_EPILOG = """\
TARGET is a tuning job's name or ARN, a stack's name or ARN (all of its tuning jobs), or stack/logical-id.

Credentials, profiles, regions and endpoints are those of the AWS CLI.

\b
Exit status:
  0  good
  1  not good: failed, stopped, not good enough, nothing there
  2  can't be asked: wrong input, no credentials, no permission, no network
  3  the time is up
"""


class _Commands(click.Group):
    """Commands that are imported when they are used: help has to be there at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 – click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 – click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"hpt_construct.cli.{cmd_name}_command").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 – click's
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hpt", message="%(prog)s %(version)s", help="Show the version.")
def hpt() -> None:
    """Watch, wait for and judge SageMaker's hyperparameter tuning jobs."""


def run() -> int:
    """Run the command of the command line, and answer its exit status."""
    try:
        return hpt.main(prog_name="hpt", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        # Ctrl-C is no judgement: the status is that of every program that it ends.
        return 130
    except BrokenPipeError:
        # Whoever read has seen enough. What is left to write goes nowhere, so that the exit itself does not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
