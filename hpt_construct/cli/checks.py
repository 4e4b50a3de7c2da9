"""Checks a request against the account before it is deployed; nothing here changes anything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from hpt_construct.built_in_images import is_built_in, region_of
from hpt_construct.trust import lets_sagemaker

from .account import Account, NotThereError, asking
from .costs import instances
from .ownership import owner_of
from .sagemaker import SageMaker
from .words import AskError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .assembly import Job

OK: Final = "ok"
WRONG: Final = "wrong"
UNKNOWN: Final = "unknown"

_S3 = re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL)
_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>sha256:\w+))?"
)
_ROLE = re.compile(r"arn:[a-z0-9-]+:iam::(?P<account>\d{12}):role/(.*/)?(?P<name>[^/]+)")
_TUNINGS_QUOTA = "concurrent hyperparameter tuning jobs"


@dataclass(frozen=True)
class Result:
    """What a check has found out about one thing."""

    check: str
    subject: str
    result: str
    message: str


class _WrongError(Exception):
    """Something differs from what the request needs; the message says what, and the way out."""


class Checks:
    """The checks of one tuning job.

    :param account: The account, in the job's region.
    """

    def __init__(self, account: Account, job: Job) -> None:
        self._account = account
        self._job = job

    def results(self) -> Iterator[Result]:
        """Yield what each check has found, once for each thing."""
        asked = set()
        for check, subject, ask in self._questions():
            if (check, subject) not in asked:
                asked.add((check, subject))
                yield _result(check, subject, ask)

    def _questions(self) -> Iterator[tuple[str, str, Callable[[], str]]]:
        job, request = self._job, self._job.request
        if job.account:
            yield "account", job.account, self._check_account
        if name := request.get("HyperParameterTuningJobName"):
            yield "name", name, lambda: self._check_name(name)
        single = request.get("TrainingJobDefinition")
        for definition in request.get("TrainingJobDefinitions") or ([single] if single else []):
            yield from self._questions_of(definition)
        yield "quota", _TUNINGS_QUOTA, self._check_tunings
        for kind, count, is_spot in self._instances():
            what = f"{kind} for {'spot ' if is_spot else ''}training job usage"
            yield "quota", what, partial(self._check_quota, what, count)

    def _questions_of(self, definition: Mapping[str, Any]) -> Iterator[tuple[str, str, Callable[[], str]]]:
        def ask(check: str, found: Any, method: Callable[[str], str]) -> Iterator[tuple[str, str, Callable[[], str]]]:
            # What the stack itself creates does not exist yet, so there is nothing to ask about.
            if isinstance(found, str) and found:
                yield check, found, lambda: method(found)

        yield from ask("role", definition.get("RoleArn"), self._check_role)
        yield from ask(
            "image", (definition.get("AlgorithmSpecification") or {}).get("TrainingImage"), self._check_image
        )
        for channel in definition.get("InputDataConfig") or []:
            source = (channel.get("DataSource") or {}).get("S3DataSource") or {}
            is_file = source.get("S3DataType") in {"ManifestFile", "AugmentedManifestFile"}
            yield from ask("input", source.get("S3Uri"), self._check_file if is_file else self._check_prefix)
        for member, uri in (("OutputDataConfig", "S3OutputPath"), ("CheckpointConfig", "S3Uri")):
            yield from ask("output", (definition.get(member) or {}).get(uri), self._check_bucket)
        network = definition.get("VpcConfig") or {}
        for subnet in network.get("Subnets") or []:
            yield from ask("subnet", subnet, self._check_subnet)
        for group in network.get("SecurityGroupIds") or []:
            yield from ask("security group", group, self._check_security_group)
        for member, key in (
            ("OutputDataConfig", "KmsKeyId"),
            ("ResourceConfig", "VolumeKmsKeyId"),
            ("HyperParameterTuningResourceConfig", "VolumeKmsKeyId"),
        ):
            yield from ask("key", (definition.get(member) or {}).get(key), self._check_key)

    def _instances(self) -> Iterator[tuple[str, int, bool]]:
        """Yield each instance type, the most instances that run at a time, and whether on spot capacity."""
        request = self._job.request
        limits = (request.get("HyperParameterTuningJobConfig") or {}).get("ResourceLimits") or {}
        parallel = limits.get("MaxParallelTrainingJobs") or 1
        single = request.get("TrainingJobDefinition")
        most: dict[tuple[str, bool], int] = {}
        for definition in request.get("TrainingJobDefinitions") or ([single] if single else []):
            is_spot = bool(definition.get("EnableManagedSpotTraining"))
            for kind, count in instances(definition).items():
                most[kind, is_spot] = max(most.get((kind, is_spot), 0), parallel * count)
        for (kind, is_spot), count in most.items():
            yield kind, count, is_spot

    def _check_account(self) -> str:
        account = self._account.number()
        if account != self._job.account:
            raise _WrongError(f"the credentials belong to {account}; choose others with --profile")
        return "the credentials belong to it"

    def _check_name(self, name: str) -> str:
        sagemaker = SageMaker(self._account)
        try:
            tuning = sagemaker.tuning(name)
        except NotThereError:
            return "the name is free"
        owner = owner_of(sagemaker.tags(tuning.arn))
        if owner and (owner.stack, owner.logical_id) == (self._job.stack, self._job.logical_id):
            return "the job belongs to this stack; a changed request needs another name"
        raise _WrongError("the name is taken; choose another one, or leave it out")

    def _check_role(self, arn: str) -> str:
        found = _ROLE.fullmatch(arn)
        if not found:
            raise _WrongError("it is not the ARN of a role")
        with asking(f"the role {found['name']!r}"):
            role = self._account.client("iam").get_role(RoleName=found["name"])["Role"]
        if role["Arn"] != arn:
            raise _WrongError(f"this account's role of that name is {role['Arn']}; use that one")
        policy = role["AssumeRolePolicyDocument"]
        if not lets_sagemaker(json.loads(unquote(policy)) if isinstance(policy, str) else policy):
            raise _WrongError("it does not let sagemaker.amazonaws.com assume it; add that to its trust policy")
        return "it exists and lets SageMaker assume it"

    def _check_image(self, uri: str) -> str:
        here, there = self._account.region, region_of(uri)
        if there not in {here, None}:
            raise _WrongError(
                f"the image is in {there}, and SageMaker pulls it from the job's region alone; use one in {here}"
            )
        if is_built_in(uri):
            return "it is one of AWS's own"
        found = _IMAGE.fullmatch(uri)
        if not found:
            raise AskError("only images in ECR can be checked")
        image = {"imageDigest": found["digest"]} if found["digest"] else {"imageTag": found["tag"] or "latest"}
        ecr = self._account.client("ecr")
        with asking("the image"):
            try:
                ecr.describe_images(registryId=found["account"], repositoryName=found["repository"], imageIds=[image])
            except ecr.exceptions.RepositoryNotFoundException:
                raise _WrongError(
                    f"there is no repository {found['repository']!r}; create it, and push the image"
                ) from None
            except ecr.exceptions.ImageNotFoundException:
                there = next(iter(image.values()))
                raise _WrongError(f"the repository has no image {there!r}; push it") from None
        return "the repository and the image exist"

    def _check_prefix(self, uri: str) -> str:
        bucket, prefix = _place(uri)
        with asking(f"the bucket {bucket!r}"):
            listed = self._account.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
        if not listed.get("KeyCount"):
            raise _WrongError("there are no objects under it; upload the data, or correct the prefix")
        return "there are objects under it"

    def _check_file(self, uri: str) -> str:
        bucket, key = _place(uri)
        with asking("the file"):
            self._account.client("s3").head_object(Bucket=bucket, Key=key)
        return "the file exists"

    def _check_bucket(self, uri: str) -> str:
        bucket, _ = _place(uri)
        with asking(f"the bucket {bucket!r}"):
            headers = self._account.client("s3").head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
        region = headers.get("x-amz-bucket-region", self._account.region)
        if region != self._account.region:
            raise _WrongError(f"the bucket is in {region}, the job in {self._account.region}; use a bucket there")
        return "the bucket exists, in the job's region"

    def _check_subnet(self, subnet: str) -> str:
        with asking("the subnet"):
            self._account.client("ec2").describe_subnets(SubnetIds=[subnet])
        return "it exists"

    def _check_security_group(self, group: str) -> str:
        with asking("the security group"):
            self._account.client("ec2").describe_security_groups(GroupIds=[group])
        return "it exists"

    def _check_key(self, key: str) -> str:
        with asking("the key"):
            found = self._account.client("kms").describe_key(KeyId=key)["KeyMetadata"]
        if not found["Enabled"]:
            raise _WrongError(f"it is {found['KeyState']}; enable it, or use another one")
        return "it exists and is enabled"

    def _check_quota(self, what: str, count: int) -> str:
        quota = self._quotas.get(what)
        if quota is None:
            raise AskError("there is no such quota; see Service Quotas in the console")
        if count > quota:
            raise _WrongError(
                f"the job may use {count} at a time, but the quota is {quota:g}; raise it, or run fewer at a time"
            )
        return f"{count} at a time fit the quota of {quota:g}"

    def _check_tunings(self) -> str:
        found = [value for name, value in self._quotas.items() if _TUNINGS_QUOTA in name.lower()]
        running = len(SageMaker(self._account).running())
        if not found:
            raise AskError(f"{running} run now; there is no such quota; see Service Quotas in the console")
        if running + 1 > found[0]:
            raise _WrongError(f"{running} run now, but the quota is {found[0]:g}; wait for one to end, or raise it")
        return f"{running} run now, and the quota is {found[0]:g}"

    @cached_property
    def _quotas(self) -> dict[str, float]:
        with asking("the quotas"):
            pages = self._account.client("service-quotas").get_paginator("list_service_quotas")
            return {
                quota["QuotaName"]: quota["Value"]
                for page in pages.paginate(ServiceCode="sagemaker")
                for quota in page["Quotas"]
            }


def _result(check: str, subject: str, ask: Callable[[], str]) -> Result:
    try:
        return Result(check, subject, OK, ask())
    except _WrongError as error:
        return Result(check, subject, WRONG, str(error))
    except NotThereError as error:
        return Result(check, subject, WRONG, f"{error.message}; create it, or correct the name")
    except AskError as error:
        return Result(check, subject, UNKNOWN, error.message)


def _place(uri: str) -> tuple[str, str]:
    found = _S3.fullmatch(uri)
    if not found:
        raise AskError("only s3:// URIs can be checked")
    return found[1], found[2]
