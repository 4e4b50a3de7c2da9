"""The committed API model is what the installed botocore says, and enough for a client."""

from __future__ import annotations

import io
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.loaders import Loader
from urllib3 import HTTPResponse

from tools import cut_model

PARTITION_REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"]


@pytest.mark.parametrize(("name", "content"), cut_model.files().items(), ids=cut_model.files().keys())
def test_committed_file_is_what_botocore_says(name: str, content: dict[str, Any]) -> None:
    """After an upgrade of botocore, ``python -m tools.cut_model`` brings the files up to date."""
    assert (cut_model.MODELS / name).read_text(encoding="ascii") == cut_model.encode(content)


def test_nothing_else_is_committed() -> None:
    """A file that the tool no longer writes would ship for nothing."""
    found = {path.relative_to(cut_model.MODELS).as_posix() for path in cut_model.MODELS.rglob("*") if path.is_file()}
    assert found == set(cut_model.files())


@pytest.mark.parametrize("fips", [False, True], ids=["plain", "fips"])
@pytest.mark.parametrize("region", PARTITION_REGIONS)
def test_request_is_that_of_a_whole_session(region: str, *, fips: bool) -> None:
    """In every partition the cut data leads to the host and the signature that the whole of botocore leads to."""
    assert _request(region, as_the_function=True, fips=fips) == _request(region, as_the_function=False, fips=fips)


def _request(region: str, *, as_the_function: bool, fips: bool) -> tuple[str, bytes, dict[str, str]]:
    """Where a call goes, with what, and the headers that say what is called and who signs for it."""
    session = botocore.session.Session(include_builtin_handlers=not as_the_function)
    if as_the_function:
        loader = Loader(extra_search_paths=[str(cut_model.MODELS)], include_default_search_paths=False)
        session.register_component("data_loader", loader)
    session.set_config_variable("use_fips_endpoint", fips)
    client = session.create_client("sagemaker", region, aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    sent: list[AWSPreparedRequest] = []

    def answer_instead(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, HTTPResponse(io.BytesIO(b"{}"), preload_content=False))

    client.meta.events.register("before-send", answer_instead)
    try:
        client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="x")
    finally:
        client.close()
    [request] = sent
    headers = {name: request.headers[name].decode() for name in ("X-Amz-Target", "Content-Type")}
    algorithm, credential = request.headers["Authorization"].decode().split(",")[0].split()
    # The second part is the day.
    headers["Authorization"] = " ".join([algorithm, *credential.split("/")[:1], *credential.split("/")[2:]])
    return request.url, request.body, headers
