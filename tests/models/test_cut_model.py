"""The committed API model knows what the installed botocore knows, and is enough for a client."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hpt_handler import cloudformation, sagemaker, stepfunctions
from urllib3 import HTTPResponse

from tools import cut_model

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTITION_REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"]


@pytest.mark.parametrize(("name", "content"), cut_model.files().items(), ids=cut_model.files().keys())
def test_committed_file_knows_what_botocore_knows(name: str, content: dict[str, Any]) -> None:
    """It may be of a newer botocore than the sandbox allows to be installed; ``make tables`` brings it up to date."""
    committed = (cut_model.MODELS / name).read_text(encoding="ascii")
    assert cut_model.encode(json.loads(committed)) == committed
    assert list(missing(content, json.loads(committed))) == []


def missing(theirs: Any, ours: Any, path: str = "") -> Iterator[str]:
    """Yield what there is in the one and not in the other: members, operations, values of an enum, regions."""
    if isinstance(theirs, dict):
        for name, value in theirs.items():
            if name in ours:
                yield from missing(value, ours[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif isinstance(theirs, list):
        for index, value in enumerate(theirs):
            if isinstance(value, (dict, list)):
                yield from missing(value, ours[index], f"{path}[{index}]")
            elif value not in ours:
                yield f"{path}[{value!r}]"


def test_no_documentation_is_committed() -> None:
    """The function reads none of botocore's prose, and each cold start would read it."""
    assert [path for path in cut_model.MODELS.rglob("*.json") if '"documentation"' in path.read_text("ascii")] == []


def test_nothing_else_is_committed() -> None:
    """A file that the tool no longer writes would ship for nothing."""
    found = {path.relative_to(cut_model.MODELS).as_posix() for path in cut_model.MODELS.rglob("*") if path.is_file()}
    assert found == set(cut_model.files())


@pytest.mark.parametrize("fips", ["false", "true"], ids=["plain", "fips"])
@pytest.mark.parametrize("region", PARTITION_REGIONS)
def test_request_is_that_of_a_whole_session(monkeypatch: pytest.MonkeyPatch, region: str, fips: str) -> None:
    """In every partition the function's client goes to the host, and signs as, botocore does with all that it has."""
    for name, value in {
        "AWS_DEFAULT_REGION": region,
        "AWS_USE_FIPS_ENDPOINT": fips,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL_SAGEMAKER", raising=False)
    for module in (sagemaker, cloudformation, stepfunctions):
        # Without the cache, which is one for the whole process.
        ours = module.client.__wrapped__()
        assert _sent(ours) == _sent(botocore.session.Session().create_client(ours.meta.service_model.service_name))


def _sent(client: Any) -> tuple[str, Any, dict[str, str]]:
    """Where a client's call goes, with what, and the headers that say what is called and who signs for it."""
    sent: list[AWSPreparedRequest] = []

    def answer_instead(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent.append(request)
        body = b"{}" if "X-Amz-Target" in request.headers else b"<R><DescribeStacksResult/></R>"
        return AWSResponse(request.url, 200, {}, HTTPResponse(io.BytesIO(body), preload_content=False))

    client.meta.events.register("before-send", answer_instead)
    try:
        if client.meta.service_model.service_name == "sagemaker":
            client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="x")
        elif client.meta.service_model.service_name == "stepfunctions":
            client.stop_execution(executionArn="x")
        else:
            client.describe_stacks(StackName="x")
    finally:
        client.close()
    [request] = sent
    headers = {
        name: value.decode() if isinstance(value := request.headers.get(name), bytes) else str(value)
        for name in ("X-Amz-Target", "Content-Type")
    }
    algorithm, credential = request.headers["Authorization"].decode().split(",")[0].split()
    # The second part is the day.
    headers["Authorization"] = " ".join([algorithm, *credential.split("/")[:1], *credential.split("/")[2:]])
    return request.url, request.body, headers
