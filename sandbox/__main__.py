"""The command line: `python -m sandbox [OPTION...] -- COMMAND [ARGUMENT...]`."""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.command import Runner
from sandbox.environment import RefusedError
from sandbox.ministack import StartError
from sandbox.sagemaker.settings import ServiceSettings
from sandbox.sandbox import Sandbox, SandboxSettings

_DESCRIPTION = """\
Start a local AWS, run COMMAND in it, end it, and exit with COMMAND's status.

MiniStack provides CloudFormation, Lambda (with the real function code), IAM, S3, SSM, STS and logs; moto provides
SageMaker, with tuning jobs that run on a clock. You need no account, no network and no Docker. The sandbox uses nothing
of your AWS configuration: COMMAND gets an access key that is good nowhere else, endpoints on this computer, and an
empty home folder.

COMMAND and the functions of your app run as you, with your files: the sandbox keeps them from AWS, and from nothing
else. Both of its servers refuse who doesn't have that access key, and whatever a page in a browser sends.

IAM is enforced: trust policies decide who assumes a role, functions have their role's credentials, and a call passes
if the current policies allow it. SageMaker checks the permissions for the action, for the tags and for iam:PassRole,
with the job's tags as condition keys. COMMAND itself is the account's administrator. SageMaker refuses a request whose
role, data, subnets, security groups or keys do not exist.

EventBridge gets an event for each change of a tuning job's state, so you can try rules and their targets."""

_EPILOG = """\
example:
  python -m sandbox -- sh -c 'cdk bootstrap && cdk deploy --all --require-approval never'

docs/reference/sandbox.md says what is enforced and what isn't.

exit status:
  COMMAND's; 128 + N when signal N ended it or the sandbox; 127 when there is no such command, 126 when it can't be run;
  2 when an option is wrong or would lead out of the sandbox; 3 when the sandbox could not be started."""

_START_FAILED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command in a sandbox and return the exit status.

    arguments: the arguments of the command line; left out, this process's.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    runner = Runner()
    runner.listen()
    sandbox = Sandbox(_settings(options))
    try:
        sandbox.start(lambda: runner.signal_status is not None)
        environment = sandbox.environment_in(Path.cwd())
        return runner.run(options.command, environment, sandbox.adopt)
    except RefusedError as error:
        parser.error(str(error))
    except StartError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return runner.signal_status or _START_FAILED
    finally:
        sandbox.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        usage="python -m sandbox [OPTION...] -- COMMAND [ARGUMENT...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = ServiceSettings()
    add = parser.add_argument
    add("--region", default=SandboxSettings.region, help="region to work in (default: %(default)s)")
    add(
        "--speed",
        type=_positive,
        default=SandboxSettings.speed,
        metavar="N",
        help="run SageMaker's clock N times as fast as life: at 3600, an hour is a second; what Step Functions waits, "
        "and Lambda's 60 s and 120 s before it repeats an asynchronous run that has failed, are divided by it "
        "(default: %(default)s)",
    )
    add(
        "--training-seconds",
        type=_positive,
        default=default.training_seconds,
        metavar="SECONDS",
        help="how long a training job takes, on average; a tuning job takes as long as its training jobs "
        "(default: %(default)s)",
    )
    add(
        "--stopping-seconds",
        type=float,
        default=default.stopping_seconds,
        metavar="SECONDS",
        help="how long a tuning job takes to stop (default: %(default)s)",
    )
    add(
        "--max-tuning-jobs",
        type=int,
        default=default.max_tuning_jobs,
        metavar="N",
        help="how many tuning jobs may run at a time (default: %(default)s)",
    )
    add(
        "--create-rate",
        type=float,
        default=default.create_rate,
        metavar="N",
        help="how many tuning jobs may be created a second (default: any number)",
    )
    add(
        "--create-burst",
        type=int,
        default=default.create_burst,
        metavar="N",
        help="how many tuning jobs may be created at once, with --create-rate (default: %(default)s)",
    )
    add(
        "--inputs-elsewhere",
        action="store_true",
        help="take requests for tuning jobs that name roles, data, networks or keys which are not in the sandbox",
    )
    add(
        "--env",
        action="append",
        default=[],
        type=_variable,
        metavar="NAME=VALUE",
        help="set a variable for COMMAND; may be given more than once; AWS endpoints must be on this computer",
    )
    add("--verbose", action="store_true", help="write the services' logs to standard error")
    add("command", nargs="+", metavar="COMMAND", help="what to run, with its arguments")
    return parser


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def _settings(options: argparse.Namespace) -> SandboxSettings:
    return SandboxSettings(
        region=options.region,
        environment=dict(options.env),
        speed=options.speed,
        verbose=options.verbose,
        service=ServiceSettings(
            training_seconds=options.training_seconds,
            stopping_seconds=options.stopping_seconds,
            max_tuning_jobs=options.max_tuning_jobs,
            create_rate=options.create_rate,
            create_burst=options.create_burst,
            inputs_elsewhere=options.inputs_elsewhere,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
