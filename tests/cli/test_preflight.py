"""``hpt preflight``: everything that is there, and each thing that is not."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from hpt_construct.cli import ownership
from hpt_construct.cli.assembly import resolved
from hpt_construct.cli.target import RESOURCE_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import World

_ACCOUNT = "123456789012"
_MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}
_USAGE = "ml.m5.large for training job usage"
_TUNINGS = "Number of concurrent hyperparameter tuning jobs"


class _Quotas(ThreadingHTTPServer):
    """Service Quotas, as far as it lists quotas: moto knows none of SageMaker's."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _QuotasHandler)
        self.values: dict[str, float] = {_TUNINGS: 100, _USAGE: 15}


class _QuotasHandler(BaseHTTPRequestHandler):
    server: _Quotas

    def do_POST(self) -> None:
        """Answer a call."""
        self.rfile.read(int(self.headers["Content-Length"]))
        quotas = [{"QuotaName": name, "Value": value} for name, value in self.server.values.items()]
        refused = {"__type": "AccessDeniedException", "message": "not you\x1b[2J"}
        body = json.dumps({"Quotas": quotas} if quotas else refused).encode()
        self.send_response(200 if quotas else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 – the base class's name
        """Say nothing."""


def _write(folder: Path, request: dict[str, Any], environment: str) -> None:
    """Write a folder as ``cdk synth`` does, the stack in a stage."""
    stage = folder / "assembly-Prod"
    stage.mkdir(parents=True, exist_ok=True)
    properties = {"directoryName": "assembly-Prod"}
    manifest = {"artifacts": {"assembly-Prod": {"type": "cdk:cloud-assembly", "properties": properties}}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    properties = {"templateFile": "t.json", "stackName": "Training"}
    stack = {"type": "aws:cloudformation:stack", "environment": environment, "properties": properties}
    assets = {"type": "cdk:asset-manifest", "properties": {}}
    (stage / "manifest.json").write_text(json.dumps({"artifacts": {"Stack": stack, "Assets": assets}}))
    job = {"Type": RESOURCE_TYPE, "Properties": {"ServiceToken": "x", **request}}
    template = {"Resources": {"Job": job, "Other": {"Type": "AWS::S3::Bucket"}}}
    (stage / "t.json").write_text(json.dumps(template))


class There:
    """One of everything that a job can ask for, in an account of moto's."""

    def __init__(self, url: str) -> None:
        self.url = url
        role = self.create_role("Trainer", "sagemaker.amazonaws.com")
        s3 = self.client("s3")
        s3.create_bucket(Bucket="data")
        for key in ("train/1.csv", "manifest.json"):
            s3.put_object(Bucket="data", Key=key, Body=b"x")
        ecr = self.client("ecr")
        ecr.create_repository(repositoryName="churn")
        ecr.put_image(repositoryName="churn", imageManifest=json.dumps(_MANIFEST), imageTag="1")
        ec2 = self.client("ec2")
        key = self.client("kms").create_key()["KeyMetadata"]["Arn"]
        channels = [("train", "S3Prefix", "s3://data/train"), ("list", "ManifestFile", "s3://data/manifest.json")]
        definition = {
            "AlgorithmSpecification": {"TrainingImage": f"{_ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/churn:1"},
            "RoleArn": role,
            "InputDataConfig": [
                {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}}
                for name, kind, uri in channels
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://data/models", "KmsKeyId": key},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": "2", "VolumeSizeInGB": "10"},
            "VpcConfig": {
                "Subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
                "SecurityGroupIds": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
            },
        }
        limits = {"MaxParallelTrainingJobs": "5", "MaxNumberOfTrainingJobs": "20"}
        config = {"Strategy": "Random", "ResourceLimits": limits}
        self.request = {"HyperParameterTuningJobConfig": config, "TrainingJobDefinition": definition}

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A client of the account."""
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        return boto3.client(service, region_name=region, endpoint_url=self.url, **keys)

    def create_role(self, name: str, trusted: str, action: str = "sts:AssumeRole") -> str:
        """Create a role that a service may assume; return its ARN."""
        statement = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": action}
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        made = self.client("iam").create_role(RoleName=name, Path="/ml/", AssumeRolePolicyDocument=policy)
        return str(made["Role"]["Arn"])


@dataclass
class Flight:
    """An account in which everything is there, and a folder with a stack that needs it."""

    world: World
    there: There
    quotas: _Quotas
    folder: Path
    request: dict[str, Any]

    @property
    def definition(self) -> dict[str, Any]:
        """The training of the job."""
        found: dict[str, Any] = self.request["TrainingJobDefinition"]
        return found

    def write(self, environment: str = f"aws://{_ACCOUNT}/us-east-1") -> None:
        """Write the folder."""
        _write(self.folder, self.request, environment)

    def check(self, *options: str) -> tuple[int, dict[tuple[str, str], tuple[str, str]]]:
        """The exit status, and by check and subject what was found out."""
        self.write()
        result = self.world.hpt("preflight", str(self.folder), "--json", *options)
        told = [json.loads(line) for line in result.stdout.splitlines()]
        assert all((each["stack"], each["logical_id"]) == ("Training", "Job") for each in told)
        return result.exit_code, {(each["check"], each["subject"]): (each["result"], each["message"]) for each in told}

    def wrong(self) -> str:
        """The one thing that is wrong."""
        status, found = self.check()
        [message] = [message for result, message in found.values() if result == "wrong"]
        assert status == 1
        return message


@pytest.fixture(scope="module")
def there() -> Iterator[There]:
    """The account of every test here, for it takes long to fill: a test that needs something else adds it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield There(f"http://{host}:{port}")
    server.stop()


@pytest.fixture
def flight(world: World, there: There, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flight]:
    """A job with one of everything that can be asked about, and all of it there."""
    quotas = _Quotas()
    listening = Thread(target=quotas.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    listening.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", there.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", f"http://127.0.0.1:{quotas.server_port}")
    yield Flight(world, there, quotas, tmp_path / "cdk.out", copy.deepcopy(there.request))
    quotas.shutdown()
    quotas.server_close()
    listening.join()


def test_everything_is_there(flight: Flight) -> None:
    """A check for each thing, all of them good, and nothing is changed by looking."""
    flight.request["HyperParameterTuningJobName"] = "tune"
    status, found = flight.check()
    assert {result for result, _ in found.values()} == {"ok"}, found
    assert status == 0
    checks = ["account", "name", "role", "image", "input", "input", "output", "subnet", "security group", "key"]
    assert [check for check, _ in found] == [*checks, "quota", "quota"]
    changing = {"Create", "Delete", "Stop", "Add", "Put", "Update"}
    assert not [call for call in flight.world.service.calls() if call.operation.startswith(tuple(changing))]


def test_it_is_told_with_a_sign_a_line(flight: Flight) -> None:
    """✓, ✗ and ?, each with a sentence; words of others don't drive the terminal."""
    flight.quotas.values.clear()
    flight.definition["RoleArn"] = f"arn:aws:iam::{_ACCOUNT}:role/Nobody"
    flight.write()
    lines = flight.world.hpt("preflight", str(flight.folder)).output.splitlines()
    assert lines[0] == "Training/Job"
    assert f"  ✓ account {_ACCOUNT}: the credentials belong to it" in lines
    [wrong] = [line for line in lines if line.startswith("  ✗")]
    assert wrong.startswith(f"  ✗ role arn:aws:iam::{_ACCOUNT}:role/Nobody: the role 'Nobody' does not exist")
    unknown = [line for line in lines if line.startswith("  ?")]
    assert len(unknown) == 2
    assert all("ask for the permission ListServiceQuotas (not you[2J)" in line for line in unknown)


@pytest.mark.parametrize(
    ("where", "value", "says"),
    [
        (
            "RoleArn",
            f"arn:aws:iam::{_ACCOUNT}:role/Trainer",
            f"is arn:aws:iam::{_ACCOUNT}:role/ml/Trainer; use that one",
        ),
        ("RoleArn", "Trainer", "it is not the ARN of a role"),
        (
            "AlgorithmSpecification",
            {"TrainingImage": f"{_ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/churn"},
            "the repository has no image 'latest'; push it",
        ),
        (
            "AlgorithmSpecification",
            {"TrainingImage": f"{_ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/other:1"},
            "there is no repository 'other'; create it, and push the image",
        ),
        ("OutputDataConfig", {"S3OutputPath": "s3://nowhere/models"}, "the bucket 'nowhere' does not exist"),
        ("OutputDataConfig", {"S3OutputPath": "s3://data", "KmsKeyId": "alias/none"}, "the key does not exist"),
        ("VpcConfig", {"Subnets": ["subnet-0"]}, "the subnet does not exist"),
        ("VpcConfig", {"SecurityGroupIds": ["sg-0"]}, "the security group does not exist"),
    ],
)
def test_what_is_not_there_is_wrong(flight: Flight, where: str, value: Any, says: str) -> None:
    """1, and what to do about it."""
    flight.definition[where] = value
    assert says in flight.wrong()


@pytest.mark.parametrize(
    ("kind", "uri", "says"),
    [
        ("S3Prefix", "s3://data/trian", "there are no objects under it; upload the data, or correct the prefix"),
        ("ManifestFile", "s3://data/manifest", "the file does not exist"),
    ],
)
def test_data_that_is_not_there_is_wrong(flight: Flight, kind: str, uri: str, says: str) -> None:
    """A prefix without objects, a file that isn't there."""
    flight.definition["InputDataConfig"][0]["DataSource"]["S3DataSource"] = {"S3DataType": kind, "S3Uri": uri}
    assert says in flight.wrong()


def test_a_bucket_of_another_region_is_wrong(flight: Flight) -> None:
    """SageMaker writes to buckets of its own region."""
    where = {"LocationConstraint": "eu-west-1"}
    flight.there.client("s3").create_bucket(Bucket="far", CreateBucketConfiguration=where)
    flight.definition["OutputDataConfig"] = {"S3OutputPath": "s3://far/models"}
    assert flight.wrong() == "the bucket is in eu-west-1, the job in us-east-1; use a bucket there"


@pytest.mark.parametrize(
    "image",
    [
        f"{_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/churn:1",
        "685385470294.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1",
    ],
    ids=["own", "built-in"],
)
def test_an_image_of_another_region_is_wrong(flight: Flight, image: str) -> None:
    """SageMaker pulls images of its own region, as synth says where it knows the region."""
    ecr = flight.there.client("ecr", "eu-west-1")
    if not ecr.describe_repositories()["repositories"]:
        ecr.create_repository(repositoryName="churn")
        ecr.put_image(repositoryName="churn", imageManifest=json.dumps(_MANIFEST), imageTag="1")
    flight.definition["AlgorithmSpecification"] = {"TrainingImage": image}
    assert flight.wrong() == (
        "the image is in eu-west-1, and SageMaker pulls it from the job's region alone; use one in us-east-1"
    )


def test_a_role_that_sagemaker_may_not_assume_is_wrong(flight: Flight) -> None:
    """Its trust policy lets somebody else."""
    flight.definition["RoleArn"] = flight.there.create_role("Other", "ec2.amazonaws.com")
    assert flight.wrong() == "it does not let sagemaker.amazonaws.com assume it; add that to its trust policy"


def test_a_trust_policy_is_judged_as_at_synth(flight: Flight) -> None:
    """``tests/validation/test_trust.py`` has the cases."""
    flight.definition["RoleArn"] = flight.there.create_role("Regional", "sagemaker.eu-west-1.amazonaws.com", "sts:Ass*")
    assert flight.check()[1]["role", flight.definition["RoleArn"]][0] == "ok"


def test_a_disabled_key_is_wrong(flight: Flight) -> None:
    """It is there, and of no use."""
    kms = flight.there.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    flight.definition["OutputDataConfig"]["KmsKeyId"] = key["Arn"]
    assert flight.wrong() == "it is Disabled; enable it, or use another one"


def test_another_account_is_wrong(flight: Flight) -> None:
    """The stack names one, and the credentials are of another."""
    flight.check()
    flight.write("aws://111122223333/us-east-1")
    result = flight.world.hpt("preflight", str(flight.folder))
    assert result.exit_code == 1
    assert (
        f"✗ account 111122223333: the credentials belong to {_ACCOUNT}; choose others with --profile" in result.output
    )


def test_a_stack_may_leave_account_and_region_open(flight: Flight) -> None:
    """Then those that are configured are asked."""
    flight.write("aws://unknown-account/unknown-region")
    result = flight.world.hpt("preflight", str(flight.folder))
    assert (result.exit_code, "account" in result.output) == (0, False)


def test_a_name_that_is_taken_is_wrong_unless_it_is_the_stack_s_own(flight: Flight) -> None:
    """Names serve once."""
    flight.request["HyperParameterTuningJobName"] = "tune"
    flight.world.start("tune")
    assert flight.wrong() == "the name is taken; choose another one, or leave it out"
    arn = flight.world.sagemaker.tuning("tune").arn
    stack_id = f"arn:aws:cloudformation:us-east-1:{_ACCOUNT}:stack/Training/4711"
    tags = {ownership.STACK_ID: stack_id, ownership.LOGICAL_ID: "Job"}
    flight.world.client.add_tags(ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    assert flight.check()[1]["name", "tune"] == (
        "ok",
        "the job belongs to this stack; a changed request needs another name",
    )


def test_a_quota_that_is_too_small_is_wrong(flight: Flight) -> None:
    """Five trainings at a time on two instances each."""
    flight.quotas.values[_USAGE] = 8
    assert flight.wrong() == ("the job may use 10 at a time, but the quota is 8; raise it, or run fewer at a time")


def test_spot_has_a_quota_of_its_own(flight: Flight) -> None:
    """Of which nothing is known here."""
    flight.definition["EnableManagedSpotTraining"] = "true"
    status, found = flight.check()
    assert status == 0
    assert found["quota", "ml.m5.large for spot training job usage"][0] == "unknown"


def test_tunings_that_run_count(flight: Flight) -> None:
    """One more has to fit."""
    flight.world.start("one")
    flight.quotas.values[_TUNINGS] = 1
    assert flight.wrong() == "1 run now, but the quota is 1; wait for one to end, or raise it"


def test_images_elsewhere_cannot_be_looked_for(flight: Flight) -> None:
    """? is no ✗; and one of AWS's own is there."""
    flight.definition["AlgorithmSpecification"] = {"TrainingImage": "docker.io/churn:1"}
    status, found = flight.check()
    assert (status, found["image", "docker.io/churn:1"]) == (0, ("unknown", "only images in ECR can be checked"))
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    flight.definition["AlgorithmSpecification"] = {"TrainingImage": image}
    assert flight.check()[1]["image", image] == ("ok", "it is one of AWS's own")


def test_what_the_stack_makes_is_not_asked_about(flight: Flight) -> None:
    """It is not there before the deployment; several definitions are asked about one by one, a thing once."""
    reference = {"Fn::GetAtt": ["Role", "Arn"]}
    first = {**flight.definition, "RoleArn": reference}
    flight.request["TrainingJobDefinitions"] = [first, {**first, "OutputDataConfig": {"S3OutputPath": reference}}]
    del flight.request["TrainingJobDefinition"]
    status, found = flight.check()
    assert status == 0
    assert "role" not in {check for check, _ in found}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "Bucket"}, None),
        ({"Fn::Sub": "x"}, None),
        ({"Fn::Join": ["", ["a-", {"Ref": "AWS::Region"}]]}, "a-eu-west-1"),
        ({"Fn::Join": ["", ["a-", {"Ref": "Bucket"}]]}, None),
        ({"Fn::Join": ["", {"Ref": "List"}]}, None),
        ({"Fn::Join": ["", ["a"], ["b"]]}, None),
        ({"Fn::Join": 1}, None),
        ({"Ref": ["AWS::Region"]}, None),
        ({"\\Ref": ["x"], "b": {"Ref": "AWS::Region"}}, {"Ref": ["x"], "b": "eu-west-1"}),
        ("{{resolve:ssm:x}}", None),
        ("{{\\resolve:ssm:x}}", "{{resolve:ssm:x}}"),
    ],
)
def test_values_of_a_template_are_known_as_far_as_they_are(value: Any, expected: Any) -> None:
    """Pseudo parameters are, references are not; marked text is text."""
    assert resolved(value, {"AWS::Region": "eu-west-1"}) == expected


@pytest.mark.parametrize(
    ("unset", "says"),
    [
        ("AWS_ACCESS_KEY_ID", "can't reach the account without AWS credentials"),
        ("AWS_DEFAULT_REGION", "name a region with --region or AWS_REGION"),
        ("nothing", "AWS does not answer"),
    ],
    ids=["no credentials", "no region", "no network"],
)
def test_a_preflight_that_can_ask_nothing_does_not_pass(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unset: str, says: str
) -> None:
    """It exits with 2 and says why in one sentence, before it tells anything of a job."""
    _write(tmp_path, world.body, "aws://unknown-account/unknown-region")
    monkeypatch.delenv(unset, raising=False)
    result = world.hpt("preflight", str(tmp_path))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert says in result.stderr


def test_one_stack_of_several_can_be_asked_about(flight: Flight) -> None:
    """2 for one that is not there, with those that are."""
    assert flight.check("--stack", "Training")[0] == 0
    result = flight.world.hpt("preflight", str(flight.folder), "--stack", "Other")
    assert result.exit_code == 2
    assert result.stderr.endswith("cdk.out' has no stack 'Other'; it has: Training\n")


def test_a_folder_without_an_assembly(world: World, tmp_path: Path) -> None:
    """Synthesise first."""
    result = world.hpt("preflight", str(tmp_path))
    path = str(tmp_path / "manifest.json")
    assert (result.exit_code, result.stderr) == (
        2,
        f"hpt: {path!r} can't be read (No such file or directory); run `cdk synth` first, or name its output folder\n",
    )


def _assembly(artifact: Any, template: Any = None) -> dict[str, str]:
    """The files of an assembly with one artifact."""
    manifest = {"artifacts": {"Training": artifact}}
    return {"manifest.json": json.dumps(manifest), "t.json": json.dumps(template)}


def _stack(properties: Any, resources: Any = None) -> dict[str, str]:
    """The files of an assembly with one stack, which has the request as its only resource's properties."""
    if resources is None:
        resources = {"Other": 1, "Job": {"Type": RESOURCE_TYPE, "Properties": properties}}
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}
    return _assembly(artifact, {"Resources": resources})


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"manifest.json": "[" * 99_999}, "manifest.json' can't be read (it has more than 100 levels)"),
        ({"manifest.json": "[]"}, "manifest.json' can't be read (it has no JSON object)"),
        ({"manifest.json": '{"artifacts": 1}'}, "manifest.json' can't be read (its 'artifacts' is 1)"),
        (
            _assembly({"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}),
            "manifest.json' can't be read (it has itself as a stage)",
        ),
        (_assembly({"type": "cdk:cloud-assembly"}), "manifest.json' can't be read (it has itself as a stage)"),
        (_assembly({"type": "aws:cloudformation:stack", "properties": 1}), "(its 'properties' is 1)"),
        (_assembly({"type": "aws:cloudformation:stack"}), "can't be read (it is no file)"),
        (_assembly({"type": "aws:cloudformation:stack", "properties": {"templateFile": "\0"}}), "null byte"),
        (_assembly({"type": "aws:cloudformation:stack", "environment": 1}), "(its 'environment' is 1)"),
        (_stack({}, resources=1), "t.json' can't be read (its 'Resources' is 1)"),
        (_stack(1), "t.json' can't be read (its 'Properties' is 1)"),
        (_stack({"TrainingJobDefinition": 1}), "t.json' can't be read (the request of 'Job' has 1)"),
        (
            _stack({"TrainingJobDefinition": {"InputDataConfig": ["a\x1b"]}}),
            "t.json' can't be read (the request of 'Job' has 'a\\x1b')",
        ),
        (
            _stack({"HyperParameterTuningJobConfig": {"ResourceLimits": {"MaxParallelTrainingJobs": "9" * 5000}}}),
            "t.json' can't be read (the request of 'Job' has '99999",
        ),
    ],
)
def test_what_synth_does_not_write_is_told_in_one_sentence(
    world: World, tmp_path: Path, files: dict[str, str], says: str
) -> None:
    """2, with the file and what is wrong with it."""
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    result = world.hpt("preflight", str(tmp_path))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert says in result.stderr


@pytest.mark.parametrize(
    "properties",
    [
        {"Ref": "Parameter"},
        {"TrainingJobDefinitions": [{"Fn::If": ["a", "b", "c"]}], "Unknown": [1]},
        {
            "TrainingJobDefinition": {
                "InputDataConfig": [{"Ref": ["a"]}],
                "RoleArn": {"Fn::Join": ["", 1]},
                "ResourceConfig": {"InstanceGroups": [{"InstanceType": {"Ref": "Type"}, "InstanceCount": "1"}]},
            }
        },
    ],
    ids=["all", "definition", "values"],
)
def test_what_only_the_deployment_knows_is_not_asked_about(flight: Flight, properties: Any) -> None:
    """Wherever a reference stands, and whatever it looks like."""
    flight.folder.mkdir()
    for name, content in _stack(properties).items():
        (flight.folder / name).write_text(content)
    result = flight.world.hpt("preflight", str(flight.folder))
    assert (result.exit_code, result.output) == (
        0,
        "Training/Job\n  ✓ quota concurrent hyperparameter tuning jobs: 0 run now, and the quota is 100\n",
    )


def test_a_pipe_is_no_assembly(world: World, tmp_path: Path) -> None:
    """Nobody writes into it, so whoever reads it waits for ever."""
    os.mkfifo(tmp_path / "manifest.json")
    result = world.hpt("preflight", str(tmp_path))
    assert (result.exit_code, "manifest.json' can't be read (it is no file)" in result.stderr) == (2, True)
