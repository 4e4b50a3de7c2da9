"""The role that the training jobs run with when none is given: what SageMaker needs for exactly this request.

What it needs at all is in the developer guide ("CreateHyperParameterTuningJob API: Execution Role Permissions",
https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html). What is a construct gets
the same statements, and its own policy and key allow it too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import DependencyGroup

from .built_in_images import is_built_in
from .findings import explain_wildcard, explain_wildcards
from .request import (
    AlgorithmSpecification,
    Channel,
    CheckpointConfig,
    DatasetSource,
    FileSystemDataSource,
    OutputDataConfig,
    ResourceConfig,
    S3DataSource,
    S3Location,
    TuningResourceConfig,
)
from .request.training_image import BoundImage
from .tokens import awaits_lookup, is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from .request import TrainingJobDefinition
    from .validation import Path

_S3: Final = "s3://"
_LATER: Final = r"\$\{Token\[[^\]]*\]\}"
_ECR_IMAGE: Final = re.compile(
    rf"(?P<account>[0-9]{{12}}|{_LATER})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+|{_LATER})\.(?:[a-z0-9.-]|{_LATER})+/"
    rf"(?P<repository>(?:{_LATER}|[^:@$])+)(?:[:@].*)?"
)
_NOT_IN_DESCRIPTIONS: Final = re.compile(r"[^\t\n\r -~¡-ÿ]")
"""What IAM takes in no description: all but Latin-1, while an id of the CDK may have any letters."""

_DIRECTORY_BUCKET: Final = "--x-s3"

_READ: Final = ("s3:GetObject",)
_WRITE: Final = ("s3:AbortMultipartUpload", "s3:PutObject")
# What is deleted in the container's folder of checkpoints is deleted in S3 too.
_KEEP: Final = (*_READ, *_WRITE, "s3:DeleteObject")
# What S3 asks for of the key of a bucket; a multipart upload reads what it has written.
_READ_ENCRYPTED: Final = ("kms:Decrypt",)
_WRITE_ENCRYPTED: Final = ("kms:Decrypt", "kms:GenerateDataKey")
_PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_ENCRYPT: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
# Without the condition kms:GrantIsForAWSResource: SageMaker isn't known to be among the services for which it is true.
_USE_VOLUME: Final = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext")
_LOG: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
_JOIN: Final = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
_GROUP: Final = "/aws/sagemaker/TrainingJobs"

_BELOW: Final = "the request names a prefix: the objects below it are not known"
_GRANTED: Final = "what buckets, keys and repositories of the request grant by themselves"
_ECR_LOGIN: Final = "IAM knows no resource of ECR's authorization token"

Condition = dict[str, dict[str, str]]


def problems(definition: TrainingJobDefinition) -> Iterator[tuple[Path, str]]:
    """What a definition without a role leaves open, so that nothing can be granted for it."""
    for path, value, kinds in _parts(definition):
        # A list that only CloudFormation knows is refused with the structure, whoever brings the role.
        if isinstance(value, (list, tuple)) and is_token(value):
            continue
        if value is not None and not isinstance(value, kinds):
            kind = "a token" if is_token(value) else repr(type(value).__name__)
            yield path, f"got {kind}, in which the job's role can't look; give {kinds[0].__name__}(...), or a role"
    for path, value in (*_names(definition), *_keys(definition), *_locations(definition)):
        if is_token(value) and not isinstance(value, str):
            message = "got a token that is no string, and the job's role needs its text"
            yield path, f"{message}; wrap it in Token.as_string(), or give a role"
    for path, key in _keys(definition):
        if isinstance(key, str) and is_token(key) and not key.startswith("arn:") and not awaits_lookup(key):
            message = "got a token, which may be an id, an ARN or an alias: the job's role can't be allowed to use it"
            yield path, f"{message}; give the key itself (kms.Key.from_key_arn makes one of an ARN), or a role"
    for path, location in _locations(definition):
        if isinstance(location, str) and location.startswith("https://"):
            message = f"got {location!r}, of which the job's role can't be allowed the bucket"
            yield path, f"{message}; write {_S3}bucket/prefix, or give a role"


def doubts(definition: TrainingJobDefinition) -> Iterator[tuple[Path, str]]:
    """What a role that is made for a definition can't do: nobody documents what hubs ask of it.

    What AWS allows execution roles for hubs is in the managed policy AmazonSageMakerModelCustomizationCoreAccess
    (https://docs.aws.amazon.com/sagemaker/latest/dg/security-iam-awsmanpol-model-customization.html).
    """
    for path, part, _ in _parts(definition):
        member = None
        if isinstance(part, DatasetSource):
            member = ("DatasetSource", "DatasetArn")
        elif isinstance(part, S3DataSource) and part.hub_access_config is not None:
            member = ("S3DataSource", "HubAccessConfig")
        if member is not None:
            message = (
                "the role that the job makes is allowed nothing of a hub: grant job.role what the training jobs need"
            )
            yield (*path, *member), f"{message} (sagemaker:DescribeHubContent, s3:GetObject of it), or give a role"


def _parts(definition: TrainingJobDefinition) -> Iterator[tuple[Path, Any, tuple[type, ...]]]:
    """The parts that a role is made of, as they were given, and what they have to be."""
    yield ("AlgorithmSpecification",), definition.algorithm_specification, (AlgorithmSpecification,)
    yield ("OutputDataConfig",), definition.output_data_config, (OutputDataConfig,)
    yield ("CheckpointConfig",), definition.checkpoint_config, (CheckpointConfig,)
    yield ("ResourceConfig",), definition.resource_config, (ResourceConfig,)
    yield ("HyperParameterTuningResourceConfig",), definition.tuning_resource_config, (TuningResourceConfig,)
    channels: Any = definition.input_data_config
    if is_token(channels) or not isinstance(channels, (list, tuple)):
        yield ("InputDataConfig",), channels, (Channel,)
        return
    for index, channel in enumerate(channels):
        yield ("InputDataConfig", index), channel, (Channel,)
        if isinstance(channel, Channel):
            sources = (S3DataSource, FileSystemDataSource, DatasetSource)
            yield ("InputDataConfig", index, "DataSource"), channel.data_source, sources


def _names(definition: TrainingJobDefinition) -> Iterator[tuple[Path, Any]]:
    algorithm = definition.algorithm_specification
    yield ("AlgorithmSpecification", "AlgorithmName"), getattr(algorithm, "algorithm_name", None)
    yield ("AlgorithmSpecification", "TrainingImage"), getattr(algorithm, "training_image", None)


def _keys(definition: TrainingJobDefinition) -> Iterator[tuple[Path, Any]]:
    yield ("OutputDataConfig", "KmsKeyId"), getattr(definition.output_data_config, "kms_key", None)
    for path, resources in (
        ("ResourceConfig", definition.resource_config),
        ("HyperParameterTuningResourceConfig", definition.tuning_resource_config),
    ):
        yield (path, "VolumeKmsKeyId"), getattr(resources, "volume_kms_key", None)


def _locations(definition: TrainingJobDefinition) -> Iterator[tuple[Path, Any]]:
    for path, part, _ in _parts(definition):
        if isinstance(part, S3DataSource):
            yield (*path, "S3DataSource", "S3Uri"), part.s3_uri
    yield ("OutputDataConfig", "S3OutputPath"), getattr(definition.output_data_config, "s3_output_path", None)
    yield ("CheckpointConfig", "S3Uri"), getattr(definition.checkpoint_config, "s3_uri", None)


def make(scope: Construct, definitions: Sequence[TrainingJobDefinition]) -> iam.Role:
    """A role for definitions without one; images are bound already."""
    policy = _Policy(cdk.Stack.of(scope))
    for definition in definitions:
        _grant(policy, definition)
    description = f"Runs the training jobs of the SageMaker hyperparameter tuning job {scope.node.path}"
    role = iam.Role(
        scope,
        "Role",
        # A bucket or a key of another account names it in its own policy.
        role_name=cdk.PhysicalName.GENERATE_IF_NEEDED,
        assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
        description=_NOT_IN_DESCRIPTIONS.sub("?", description)[:1000],
        # Apart from what is granted later, which somebody else has to answer for.
        inline_policies={"Trainings": policy.document()},
    )
    policy.explain(role)
    policy.ask(role)
    return role


class _Policy:
    """A policy in the making: what has the same actions and conditions becomes one statement, and constructs are asked
    for their grants once there is a role.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        self.stack = stack
        self._partition, self._place = stack.partition, f"{stack.region}:{stack.account}"
        self._statements: dict[tuple[tuple[str, ...], str], tuple[Condition | None, dict[str, str]]] = {}
        self._grants: list[Callable[[iam.Role], Any]] = []

    def allow(
        self, actions: tuple[str, ...], *resources: str, condition: Condition | None = None, reason: str = ""
    ) -> None:
        """Allow this with these; the reason is that of a wildcard among them."""
        _, known = self._statements.setdefault((actions, repr(condition)), (condition, {}))
        known.update(dict.fromkeys(resources, reason))

    def later(self, grant: Callable[[iam.Role], Any]) -> None:
        """Let a construct allow it."""
        self._grants.append(grant)

    def own(self, service: str, resource: str) -> str:
        """The ARN of a resource in the stack's region and account."""
        return self.arn(f"{service}:{self._place}:{resource}")

    def arn_of(self, name_or_arn: str, service: str, kind: str) -> str:
        """The ARN of what is given by its ARN, or by its name in the stack's region and account."""
        return name_or_arn if name_or_arn.startswith("arn:") else self.own(service, f"{kind}/{name_or_arn}")

    def arn(self, rest: str) -> str:
        """An ARN in the stack's partition."""
        return f"arn:{self._partition}:{rest}"

    def document(self) -> iam.PolicyDocument:
        """What is allowed here."""
        statements = [
            iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=condition)
            for (actions, _), (condition, resources) in self._statements.items()
        ]
        return iam.PolicyDocument(statements=statements)

    def explain(self, role: iam.Role) -> None:
        """Say why there are wildcards; where several need the same one, all reasons are given."""
        reasons: dict[str, dict[str, None]] = {}
        for _, resources in self._statements.values():
            for resource, reason in resources.items():
                if reason and "*" in resource:
                    reasons.setdefault(resource, {})[reason] = None
        for resource, found in reasons.items():
            explain_wildcard(cast("cdk.CfnResource", role.node.default_child), resource, "; ".join(found))

    def ask(self, role: iam.Role) -> None:
        """Ask the constructs for their grants, and say why there are wildcards in them."""
        for grant in self._grants:
            grant(role)
        granted = role.node.try_find_child("DefaultPolicy")
        if isinstance(granted, iam.Policy):
            explain_wildcards(role, granted.document, _GRANTED)


def _grant(policy: _Policy, definition: TrainingJobDefinition) -> None:
    for channel in definition.input_data_config or ():
        if isinstance(channel.data_source, S3DataSource):
            _grant_location(policy, channel.data_source.s3_uri, _READ)
    _grant_location(policy, definition.output_data_config.s3_output_path, _WRITE)
    if definition.checkpoint_config is not None:
        _grant_location(policy, definition.checkpoint_config.s3_uri, _KEEP)
    _grant_key(policy, definition.output_data_config.kms_key, _ENCRYPT)
    for resources in (definition.resource_config, definition.tuning_resource_config):
        if resources is not None:
            _grant_key(policy, resources.volume_kms_key, _USE_VOLUME)
    _grant_algorithm(policy, definition)
    if definition.vpc_config is not None:
        # As the developer guide has it. Of the same permissions for processing jobs it says that a limit, of any kind,
        # makes SageMaker's checks at creation fail.
        policy.allow(_JOIN, "*", reason="the developer guide has the permissions for a network without limits")
    streams = policy.own("logs", f"log-group:{_GROUP}:*")
    policy.allow(_LOG, policy.own("logs", f"log-group:{_GROUP}"), streams, reason="each training has its log streams")
    namespace = {"StringEquals": {"cloudwatch:namespace": _GROUP}}
    policy.allow(("cloudwatch:PutMetricData",), "*", condition=namespace, reason="IAM knows no resource of a metric")


def _grant_location(policy: _Policy, location: S3Location | str, actions: tuple[str, ...]) -> None:
    if isinstance(location, S3Location):
        bucket, prefix = location.bucket, location.prefix
        objects = f"{prefix}*" if actions is _READ else _folder(prefix)
        policy.later(lambda role: _grant_objects(role, bucket, actions, objects))
        return
    name, below = _bucket_and_prefix(policy.stack, location)
    if name.endswith(_DIRECTORY_BUCKET):
        policy.allow(("s3express:CreateSession",), policy.own("s3express", f"bucket/{name}"))
        return
    objects = f"{below}*" if actions is _READ else _folder(below)
    policy.allow(actions, policy.arn(f"s3:::{name}/{objects}"), reason=_BELOW)
    if actions is not _WRITE:
        policy.allow(("s3:ListBucket",), policy.arn(f"s3:::{name}"))


def _grant_objects(role: iam.Role, bucket: s3.IBucket, actions: tuple[str, ...], objects: str) -> None:
    """The statements of a URI's, with what the bucket's own policy and its key need: the bucket's methods grant more
    than SageMaker uses.
    """
    wanted = [(actions, bucket.arn_for_objects(objects))]
    if actions is not _WRITE:
        wanted.append((("s3:ListBucket",), bucket.bucket_arn))
    for each, arn in wanted:
        iam.Grant.add_to_principal_or_resource(
            grantee=role, actions=list(each), resource_arns=[arn], resource=cast("iam.IResourceWithPolicy", bucket)
        )
    if bucket.encryption_key is not None:
        bucket.encryption_key.grant(role, *(_READ_ENCRYPTED if actions is _READ else _WRITE_ENCRYPTED))


def _folder(prefix: str) -> str:
    """What SageMaker writes below a prefix; whether a token ends in a slash is not known."""
    return f"{prefix}*" if not prefix or prefix.endswith("]}") else f"{prefix.rstrip('/')}/*"


def _bucket_and_prefix(stack: cdk.Stack, uri: str) -> tuple[str, str]:
    if uri.startswith(_S3):
        rest = uri.removeprefix(_S3)
    elif awaits_lookup(uri):
        return uri, ""
    else:
        match stack.resolve(uri):
            case {"Fn::Sub": str(text)} if text.startswith(_S3):
                # An asset of the app.
                bucket, _, prefix = text.removeprefix(_S3).partition("/")
                return cdk.Fn.sub(bucket), cdk.Fn.sub(prefix) if "${" in prefix else prefix
        # What CloudFormation only knows later, it takes apart itself.
        rest = cdk.Fn.select(1, cdk.Fn.split(_S3, uri))
    bucket, slash, prefix = rest.partition("/")
    if is_token(rest) and not slash:
        # It has no way to tell what comes after the first slash: so the whole bucket.
        return cdk.Fn.select(0, cdk.Fn.split("/", rest)), ""
    return bucket, prefix


def _grant_key(policy: _Policy, key: Any, actions: tuple[str, ...]) -> None:
    if isinstance(key, str):
        place, alias, name = key.rpartition("alias/")
        if alias:
            # A policy on the alias itself says nothing about the key.
            condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{name}"}}
            any_key = f"{place}key/*" if place else policy.own("kms", "key/*")
            policy.allow(actions, any_key, condition=condition, reason="IAM knows an alias as a condition only")
        else:
            policy.allow(actions, policy.arn_of(key, "kms", "key"))
    elif key is not None:
        policy.later(lambda role: key.grant(role, *actions))


def _grant_algorithm(policy: _Policy, definition: TrainingJobDefinition) -> None:
    algorithm = definition.algorithm_specification
    name, image = algorithm.algorithm_name, algorithm.training_image
    if name is not None:
        if is_token(name) and not name.startswith("arn:"):
            # A name or an ARN, of any account.
            any_algorithm = policy.arn("sagemaker:*:*:algorithm/*")
            policy.allow(("sagemaker:DescribeAlgorithm",), any_algorithm, reason="which it is is not known at synth")
        else:
            policy.allow(("sagemaker:DescribeAlgorithm",), policy.arn_of(name, "sagemaker", "algorithm"))
    elif isinstance(image, BoundImage) and image.repository is not None:
        policy.later(image.repository.grant_pull)
    elif isinstance(image, BoundImage) and not image.built_in:
        _grant_pull(policy, image.uri)
    elif isinstance(image, str):
        _grant_pull(policy, image)


def _grant_pull(policy: _Policy, image: str) -> None:
    if not is_token(image) and is_built_in(image):
        # "SageMaker uses its own SageMaker account credentials to pull and access built-in algorithms"
        # (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html).
        return
    found = _ECR_IMAGE.fullmatch(image)
    if found:
        account, region, repository = found["account"], found["region"], found["repository"]
    elif re.fullmatch(_LATER, image):
        host = cdk.Fn.split(".", cdk.Fn.select(0, cdk.Fn.split("/", image)))
        account, region = cdk.Fn.select(0, host), cdk.Fn.select(3, host)
        # How many parts the name has is not known: the first tells enough.
        repository = cdk.Fn.select(1, cdk.Fn.split("/", image))
        for mark in (":", "@"):
            repository = cdk.Fn.select(0, cdk.Fn.split(mark, repository))
        repository += "*"
    else:
        return
    arn = policy.arn(f"ecr:{region}:{account}:repository/{repository}")
    policy.allow(_PULL, arn, reason="what the repository is called is not known at synth")
    policy.allow(("ecr:GetAuthorizationToken",), "*", reason=_ECR_LOGIN)


@jsii.implements(iam.IPrincipal)
class Roles:
    """Several roles as one principal: what is granted to it is granted to each."""

    def __init__(self, roles: Sequence[iam.IRole]) -> None:
        self._roles = roles

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """Itself."""
        return self

    @property
    def assume_role_action(self) -> str:
        """What a role's trust policy says."""
        return "sts:AssumeRole"

    @property
    def policy_fragment(self) -> iam.PrincipalPolicyFragment:
        """All of them, in a resource's own policy."""
        return iam.CompositePrincipal(*(iam.ArnPrincipal(role.role_arn) for role in self._roles)).policy_fragment

    @property
    def principal_account(self) -> str | None:
        """The account, if it is the same for all."""
        accounts = {role.principal_account for role in self._roles}
        return accounts.pop() if len(accounts) == 1 else None

    def add_to_policy(self, statement: iam.PolicyStatement) -> bool:
        """The same as below, without what can be depended on."""
        return bool(self.add_to_principal_policy(statement).statement_added)

    def add_to_principal_policy(self, statement: iam.PolicyStatement) -> iam.AddToPrincipalPolicyResult:
        """Let each of the roles do this."""
        results = [role.add_to_principal_policy(statement) for role in self._roles]
        waiting = [result.policy_dependable for result in results if result.policy_dependable is not None]
        return iam.AddToPrincipalPolicyResult(
            statement_added=all(result.statement_added for result in results),
            policy_dependable=DependencyGroup(*waiting),
        )
