"""The sandbox serves its own user only: what other users of the computer try, and pages in a real browser."""

import base64
import functools
import hashlib
import http.client
import http.server
import io
import json
import re
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from sandbox import Control, Sandbox
from sandbox.clients import AccessKey, new_client

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

_LIST_ROLES = "/?Action=ListRoles&Version=2010-05-08"
_LIST_JOBS = {"X-Amz-Target": "SageMaker.ListHyperParameterTuningJobs", "Content-Type": "application/x-amz-json-1.1"}
_CODE = "def handler(event, context):\n    open(event['file'], 'w').close()\n"


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


@pytest.fixture(scope="module")
def ministack(sandbox: Sandbox) -> str:
    """Answer where MiniStack is."""
    return sandbox.environment["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="module")
def sagemaker(sandbox: Sandbox) -> str:
    """Answer where SageMaker is."""
    return sandbox.environment["AWS_ENDPOINT_URL_SAGEMAKER"]


def _call(
    url: str, path: str = "/", headers: Mapping[str, str] | None = None, method: str = "GET", body: bytes = b""
) -> _Answer:
    """Send a request with these headers and no others but its length, and its host if there is none."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.putrequest(method, path, skip_host="Host" in (headers or {}), skip_accept_encoding=True)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return _Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def _signed(url: str, path: str, service: str, key: AccessKey, body: bytes = b"", **headers: str) -> dict[str, str]:
    """The headers of a signed request."""
    request = AWSRequest("POST", url + path, headers, body)
    SigV4Auth(Credentials(*key), service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def _own_key(sandbox: Sandbox) -> AccessKey:
    environment = sandbox.environment
    return AccessKey(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


def _function(sandbox: Sandbox, name: str) -> str:
    """Make a function, and answer the ARN of its role."""
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
    role = sandbox.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    functions = sandbox.client("lambda")
    functions.create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": _archive()}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05})
    return str(role)


def _archive() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", _CODE)
    return archive.getvalue()


# What MiniStack itself takes for the account's own user, or for nobody who has to be asked.
_KEYS = {
    "none": {},
    "test": {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20270101/us-east-1/iam/aws4_request, Signature=0"},
    "account": {
        "Authorization": "AWS4-HMAC-SHA256 Credential=111122223333/20270101/us-east-1/iam/aws4_request, Signature=0"
    },
    "sandbox": {"Authorization": "AWS4-HMAC-SHA256 Credential=sandbox/20270101/us-east-1/iam/aws4_request"},
    "SigV2": {"Authorization": "AWS test:0"},
    "bearer": {"Authorization": "Bearer 0"},
    "unknown": {"Authorization": "AWS4-HMAC-SHA256 Credential=ASIAUNKNOWN/20270101/us-east-1/iam/aws4_request"},
}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", _LIST_ROLES),
        ("POST", f"{_LIST_ROLES}&X-Amz-Credential=test/20270101/us-east-1/iam/aws4_request"),
        ("POST", "/?AWSAccessKeyId=test"),
        ("GET", "/2015-03-31/functions"),
        ("PUT", "/bucket-of-a-stranger"),
        ("GET", "/?list-type=2"),
        ("OPTIONS", "/bucket"),
        ("GET", "/health"),
        ("GET", "/_localstack/health"),
        ("GET", "/_ministack/health"),
        ("GET", "/_ministack/sqs/messages"),
        ("GET", "/_ministack/lambda-code/owned"),
        ("POST", "/_ministack/config"),
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/cfn-response/x"),
        ("GET", "/_ministack/cfn-signal/x"),
        ("POST", "/_ministack/rds/iam-auth"),
        ("POST", "/_ministack/eks-auth/x"),
        ("POST", "/_sandbox/authorize"),
        ("POST", "/_sandbox//authorize"),
        ("POST", "/_sandbox/token/put_events"),
        ("GET", "/_aws/lambda-url/x/"),
        ("GET", "/_aws/execute-api/x/y"),
        ("GET", "/oauth2/authorize"),
        ("GET", "/pool/.well-known/jwks.json"),
        ("GET", "/v2/"),
        ("GET", "/iceberg/v1/config"),
    ],
)
def test_nobody_without_the_key_gets_to_ministack(ministack: str, method: str, path: str) -> None:
    """Whatever is asked for, and whoever MiniStack would take the caller for."""
    answers = {name: _call(ministack, path, headers, method).status for name, headers in _KEYS.items()}
    assert answers == dict.fromkeys(_KEYS, 403)


def test_nobody_without_the_key_opens_a_web_socket(ministack: str) -> None:
    """A handshake is refused as any request is."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"}
    assert _call(ministack, "/_aws/execute-api/x/y", upgrade).status == 403


def test_a_refused_client_is_told_so_in_the_words_of_its_service(sandbox: Sandbox) -> None:
    """Who runs a program with other keys by mistake sees an error that an SDK can read."""
    environment = sandbox.environment
    for service, call in (("iam", "list_roles"), ("s3", "list_buckets"), ("stepfunctions", "list_state_machines")):
        stranger = new_client(service, environment["AWS_ENDPOINT_URL"], "us-east-1", AccessKey("test", "test"))
        with pytest.raises(ClientError, match=r"Access Key Id|security token"):
            getattr(stranger, call)()
    stranger = new_client("sagemaker", environment["AWS_ENDPOINT_URL_SAGEMAKER"], "us-east-1", AccessKey("test", "x"))
    with pytest.raises(ClientError, match="The security token included in the request is invalid"):
        stranger.list_hyper_parameter_tuning_jobs()


def test_the_credentials_of_a_function_can_not_be_computed(sandbox: Sandbox, sagemaker: str, tmp_path: Path) -> None:
    """MiniStack's own follow from the names of the function and its role, which others may know."""
    role = _function(sandbox, "owned")
    sandbox.client("lambda").invoke(FunctionName="owned", Payload=json.dumps({"file": str(tmp_path / "ran")}).encode())
    assert (tmp_path / "ran").exists()
    arn = "arn:aws:lambda:us-east-1:111122223333:function:owned"
    digest = hashlib.sha256(f"{arn}:{role}".encode()).hexdigest()
    computed = AccessKey(f"ASIA{digest[:16].upper()}", hashlib.sha256(f"secret:{digest}".encode()).hexdigest())
    headers = _signed(sagemaker, "/", "sagemaker", computed, b"{}", **_LIST_JOBS)
    answer = _call(sagemaker, "/", headers, "POST", b"{}")
    assert json.loads(answer.body)["__type"] == "UnrecognizedClientException"


@pytest.mark.parametrize("headers", _KEYS.values(), ids=_KEYS)
def test_nobody_without_the_key_gets_to_sagemaker(sandbox: Sandbox, sagemaker: str, headers: Mapping[str, str]) -> None:
    """A stranger uses up no fault, and leaves no call in the record."""
    sandbox.control.clear_calls()
    answer = _call(sagemaker, "/", {**_LIST_JOBS, **headers}, "POST", b"{}")
    assert answer.status in {400, 403}
    assert json.loads(answer.body)["__type"] in {"MissingAuthenticationTokenException", "UnrecognizedClientException"}
    assert sandbox.control.calls() == []


@pytest.mark.parametrize("path", ["/sandbox/configure", "/sandbox//configure", "/sandbox/token/configure"])
def test_nobody_without_the_token_controls_sagemaker(sandbox: Sandbox, sagemaker: str, path: str) -> None:
    """The access key is not enough either."""
    headers = _signed(sagemaker, path, "sagemaker", _own_key(sandbox), b"{}")
    assert _call(sagemaker, path, headers, "POST", b"{}").status == 403
    with pytest.raises(ValueError, match="not the address that SANDBOX_CONTROL_URL has"):
        Control(f"{sagemaker}/sandbox/token/").configure(max_tuning_jobs=0)


_SIGNS = {
    "another host": {"Host": "rebound.test"},
    "another host at the port": {"Host": "rebound.test:{port}"},
    "another address": {"Host": "127.0.0.1.rebound.test:{port}"},
    "another port": {"Host": "127.0.0.1:1"},
    "a page": {"Origin": "https://rebound.test"},
    "a page of a file": {"Origin": "null"},
    "a page from here": {"Origin": "http://127.0.0.1:{port}"},
    "a picture in a page": {"Sec-Fetch-Site": "cross-site"},
    "a page beside it": {"Sec-Fetch-Site": "same-site"},
    "a page in a bucket": {"Sec-Fetch-Site": "same-origin"},
}


@pytest.mark.parametrize("signs", _SIGNS.values(), ids=_SIGNS)
def test_what_a_browser_sends_is_refused_even_with_the_key(
    sandbox: Sandbox, ministack: str, sagemaker: str, signs: Mapping[str, str]
) -> None:
    """Also where the address itself is the secret."""
    key = _own_key(sandbox)
    assert sandbox._ministack
    control = urlsplit(sandbox.environment["SANDBOX_CONTROL_URL"]).path
    commands = urlsplit(sandbox._ministack.commands_url).path
    requests = [
        (ministack, _LIST_ROLES, "POST", _signed(ministack, _LIST_ROLES, "iam", key)),
        (ministack, f"{commands}authorize", "POST", {}),
        (ministack, "/_ministack/cfn-response/x", "PUT", {}),
        (sagemaker, "/", "POST", _signed(sagemaker, "/", "sagemaker", key, b"{}", **_LIST_JOBS)),
        (sagemaker, f"{control}clear_faults", "POST", {}),
    ]
    for url, path, method, headers in requests:
        shown = {name: value.format(port=urlsplit(url).port) for name, value in signs.items()}
        answer = _call(url, path, {**headers, **shown}, method, b"{}")
        assert (answer.status, answer.headers["content-type"]) == (403, "text/plain"), path


def test_who_has_the_key_is_let_in(sandbox: Sandbox, ministack: str, sagemaker: str) -> None:
    """By either name of this computer, and from the bar of a browser; no answer is for the pages of others."""
    key = _own_key(sandbox)
    for url, path, service, headers in (
        (ministack, _LIST_ROLES, "iam", {}),
        (ministack, "/", "s3", {}),
        (sagemaker, "/", "sagemaker", _LIST_JOBS),
    ):
        signed = _signed(url, path, service, key, b"{}", **headers)
        for more in ({}, {"Host": f"localhost:{urlsplit(url).port}"}, {"Sec-Fetch-Site": "none"}):
            method = "GET" if service == "s3" else "POST"
            answer = _call(url, path, {**signed, **more}, method, b"{}")
            assert answer.status == 200, (service, more, answer.body)
            assert [name for name in answer.headers if name.startswith("access-control-")] == []


def test_addresses_that_the_services_sign_are_good_by_themselves(sandbox: Sandbox, ministack: str) -> None:
    """A presigned URL, as a user would hand it on."""
    bucket = sandbox.client("s3")
    bucket.create_bucket(Bucket="presigned")
    bucket.put_object(Bucket="presigned", Key="data", Body=b"1,2")
    url = bucket.generate_presigned_url("get_object", Params={"Bucket": "presigned", "Key": "data"})
    assert _call(ministack, url.removeprefix(ministack)).body == b"1,2"
    assert _call(ministack, "/presigned/data").status == 403


class _Pages(http.server.BaseHTTPRequestHandler):
    """Serves one page to whoever asks."""

    def __init__(self, *arguments: Any, page: str) -> None:
        self._page = page.encode()
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Answer with the page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self._page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


@contextmanager
def _site(page: str) -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Pages, page=page))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# Every request is one that a page may send anywhere: "simple", with no answer that it could read.
_ATTACK = """
<pre id="told">not yet</pre>
<script>
(async () => {
  const told = [];
  for (const [method, url, body] of REQUESTS) {
    try {
      const sent = {method, mode: "no-cors", body: method === "GET" ? undefined : body};
      await fetch(url, sent);
      told.push("sent");
    } catch (error) { told.push(String(error)); }
    try {
      const answer = await fetch(url, {method, mode: "cors", body: method === "GET" ? undefined : body});
      told.push("read: " + await answer.text());
    } catch (error) { told.push("unread"); }
  }
  document.getElementById("told").textContent = JSON.stringify(told);
})();
</script>
"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
@pytest.mark.parametrize("host", ["127.0.0.1", "rebound.test"])
def test_a_page_in_a_browser_runs_no_code(
    sandbox: Sandbox, ministack: str, sagemaker: str, host: str, tmp_path: Path
) -> None:
    """It tries to make a role and a function and to have it run, to see who it is, to set a fault, to reset all.

    The page is on another port of this computer, or has a name that leads here, by which it asks as well.
    """
    ran = tmp_path / "ran"
    as_root = "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test/20270101/us-east-1/{}/aws4_request"
    trust = '{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}'
    function = {
        "FunctionName": "attack",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::111122223333:role/attack",
        "Code": {"ZipFile": base64.b64encode(_archive()).decode()},
    }
    event = {"file": str(ran)}
    role = f"/?Action=CreateRole&Version=2010-05-08&RoleName=attack&AssumeRolePolicyDocument={quote(trust)}"
    fault = {"operation": "ListHyperParameterTuningJobs", "code": "Attacked", "message": "attacked"}
    there, here = (url.replace("127.0.0.1", host) for url in (ministack, sagemaker))
    requests = [
        ("POST", there + role + as_root.format("iam"), ""),
        ("POST", f"{there}/2015-03-31/functions?{as_root.format('lambda')}", json.dumps(function)),
        ("POST", f"{there}/2015-03-31/functions/attack/invocations?{as_root.format('lambda')}", json.dumps(event)),
        ("GET", f"{there}/?Action=GetCallerIdentity&Version=2011-06-15{as_root.format('sts')}", ""),
        ("POST", f"{here}/sandbox/add_fault", json.dumps(fault)),
        ("POST", f"{there}/_ministack/reset", ""),
    ]
    sandbox.client("ssm").put_parameter(Name=f"kept-{host}", Value="x", Type="String")
    with _site(_ATTACK.replace("REQUESTS", json.dumps(requests))) as port:
        done = subprocess.run(
            [
                str(CHROMIUM),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--host-resolver-rules=MAP rebound.test 127.0.0.1",
                "--virtual-time-budget=60000",
                "--dump-dom",
                f"http://{host}:{port}/",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
    assert not ran.exists()
    assert "attack" not in [role["RoleName"] for role in sandbox.client("iam").list_roles()["Roles"]]
    assert "attack" not in [each["FunctionName"] for each in sandbox.client("lambda").list_functions()["Functions"]]
    sandbox.client("sagemaker").list_hyper_parameter_tuning_jobs()
    assert sandbox.client("ssm").get_parameter(Name=f"kept-{host}")["Parameter"]["Value"] == "x"
    found = re.search(r'<pre id="told">(.*)</pre>', done.stdout)
    assert found is not None, done.stdout
    assert json.loads(found[1]) == ["sent", "unread"] * len(requests)
