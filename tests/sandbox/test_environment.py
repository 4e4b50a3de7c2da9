"""The environment of a command."""

import shutil
from pathlib import Path

import pytest

from sandbox.clients import AccessKey
from sandbox.environment import RefusedError, aws_environment, command_environment, refuse_ways_out

_AWS = aws_environment("eu-west-1", Path("/nowhere"), AccessKey("sandbox", "secret"))


def _environment(caller: dict[str, str]) -> dict[str, str]:
    return command_environment(
        caller,
        _AWS,
        ministack_url="http://127.0.0.1:1",
        sagemaker_url="http://127.0.0.1:2",
        control_url="http://127.0.0.1:2/control/",
        account_id="111122223333",
        working_folder=Path("/project"),
    )


def test_nothing_of_the_callers_aws_configuration_is_left() -> None:
    """AWS, CDK and proxy variables of the caller are dropped, whatever their case; others stay."""
    caller = {
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "CDK_PROFILE": "production",
        "https_proxy": "http://proxy",
        "HTTP_PROXY": "http://proxy",
        "no_proxy": "",
        "EDITOR": "vi",
    }
    environment = _environment(caller)
    left = {name: value for name, value in caller.items() if environment.get(name) == value}
    assert left == {"EDITOR": "vi"}


def test_the_command_finds_the_sandbox_and_no_configuration() -> None:
    """Endpoints, region, account and credentials are the sandbox's; the files that an SDK reads do not exist."""
    environment = _environment({})
    assert {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SAGEMAKER": "http://127.0.0.1:2",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "CDK_DEFAULT_REGION": "eu-west-1",
        "CDK_DEFAULT_ACCOUNT": "111122223333",
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "SANDBOX_CONTROL_URL": "http://127.0.0.1:2/control/",
        "AWS_CONFIG_FILE": "/nowhere/no-aws-config",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/no-aws-credentials",
        "HOME": "/nowhere/home",
    }.items() <= environment.items()


def test_programs_of_the_working_folder_come_before_the_callers() -> None:
    """The CDK CLI is found in node_modules, and Python in the running environment."""
    path = _environment({"PATH": "/caller/bin"})["PATH"].split(":")
    assert path.index("/project/node_modules/.bin") < path.index("/caller/bin")


def test_node_is_no_python_program() -> None:
    """Python's starter of it would add a trace of its own when a command is interrupted."""
    node = shutil.which("node", path=_environment({})["PATH"])
    assert node is not None
    assert not Path(node).read_bytes().startswith(b"#!")


def test_the_callers_jsii_cache_is_kept() -> None:
    """The command's home is empty, but what jsii has unpacked in the caller's is used."""
    cache = Path(_environment({"HOME": "/home/someone"})["JSII_RUNTIME_PACKAGE_CACHE_ROOT"])
    assert cache.is_relative_to("/home/someone")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566",
        "http://127.1.2.3",
        "http://localhost:80/path",
        "https://[::1]:4566/",
    ],
)
def test_an_endpoint_on_this_computer_is_allowed(url: str) -> None:
    """All spellings of loopback pass."""
    refuse_ways_out(_environment({}) | {"AWS_ENDPOINT_URL_S3": url}, _AWS)


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.amazonaws.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://127.0.0.1:80@example.com/",
        "http://example.com\\@127.0.0.1",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://[::2]",
        "//127.0.0.1",
        "127.0.0.1",
        "http://127.0.0.1\n",
        "",
    ],
)
@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_elsewhere_is_refused(name: str, url: str) -> None:
    """Whatever is not plainly loopback is refused, with the variable and its value."""
    with pytest.raises(RefusedError) as caught:
        refuse_ways_out(_environment({}) | {name: url}, _AWS)
    assert f"{name} is {url!r}, which is not on this computer" in str(caught.value)


def test_a_missing_endpoint_is_refused() -> None:
    """Without an endpoint an SDK would call AWS."""
    environment = _environment({})
    del environment["AWS_ENDPOINT_URL"]
    with pytest.raises(RefusedError, match="AWS_ENDPOINT_URL is None"):
        refuse_ways_out(environment, _AWS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ("AWS_PROFILE", "production"),
        ("AWS_CONFIG_FILE", "/home/someone/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/home/someone/.aws/credentials"),
    ],
)
def test_a_variable_by_which_an_sdk_looks_elsewhere_is_refused(name: str, value: str) -> None:
    """An SDK must not be led past the endpoints by another variable."""
    with pytest.raises(RefusedError, match=f"{name} is '{value}'; in the sandbox it can't be set"):
        refuse_ways_out(_environment({}) | {name: value}, _AWS)
