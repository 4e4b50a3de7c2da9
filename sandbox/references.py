"""Checks what a request refers to: SageMaker refuses roles, data, networks and keys that do not exist."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from sandbox.sagemaker.errors import ServiceError

_PRINCIPAL = "sagemaker.amazonaws.com"
_HINT = " (in the sandbox, --inputs-elsewhere lets a request name what is not there)"


class References:
    """Looks in the other services of the sandbox for what requests refer to.

    client: makes a boto3 client of a service in a region, with permission to see everything.
    """

    def __init__(self, client: Callable[[str, str], Any]) -> None:
        self._new_client = client
        self._clients: dict[tuple[str, str], Any] = {}

    def check(self, region: str, request: dict[str, Any]) -> None:
        """Check that everything exists that a request refers to.

        region: the region that it was sent to.
        request: the members of CreateHyperParameterTuningJob.

        Raises ServiceError: ValidationException, in the service's words where they are known.
        """
        for definition in _definitions(request):
            role = definition["RoleArn"]
            self._check_role(role, region)
            for uri in _uris(definition):
                self._check_data(uri, role, region)
            for subnet in definition.get("VpcConfig", {}).get("Subnets", []):
                self._find("ec2", region, "describe_subnets", SubnetIds=[subnet])
            for group in definition.get("VpcConfig", {}).get("SecurityGroupIds", []):
                self._find("ec2", region, "describe_security_groups", GroupIds=[group])
            for key in _keys(definition):
                self._find("kms", region, "describe_key", KeyId=key)

    def _check_role(self, arn: str, region: str) -> None:
        try:
            role = self._client("iam", region).get_role(RoleName=arn.rpartition("/")[2])["Role"]
        except ClientError:
            role = {}
        if role.get("Arn") != arn or not _trusts(role["AssumeRolePolicyDocument"]):
            raise _invalid(
                f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
                f"'{_PRINCIPAL}' to assume the role."
            )

    def _check_data(self, uri: str, role: str, region: str) -> None:
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        try:
            found = self._client("s3", region).list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"]
            reason = ""
        except ClientError as error:
            found, reason = 0, f" Error message from S3: {error.response['Error']['Message']}"
        if not found:
            raise _invalid(
                f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
                f"exists in the selected region ({region}), that objects exist under that S3 prefix, and that the role "
                f'"{role}" has "s3:ListBucket" permissions on bucket "{bucket}".{reason}'
            )

    def _find(self, service: str, region: str, call: str, **arguments: object) -> None:
        # SageMaker's words are not known, so these are the words of the service that it asks.
        try:
            getattr(self._client(service, region), call)(**arguments)
        except ClientError as error:
            raise _invalid(error.response["Error"]["Message"]) from None

    def _client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            self._clients[service, region] = self._new_client(service, region)
        return self._clients[service, region]


def _invalid(message: str) -> "ServiceError":
    # Imported late: moto takes 0.6 s, during which MiniStack starts.
    from sandbox.sagemaker import errors  # noqa: PLC0415

    return errors.validation_error(message + _HINT)


def _definitions(request: dict[str, Any]) -> list[dict[str, Any]]:
    definition = request.get("TrainingJobDefinition")
    return [*([definition] if definition else []), *request.get("TrainingJobDefinitions", [])]


def _uris(definition: dict[str, Any]) -> Iterator[str]:
    for channel in definition.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource")
        if source:
            yield source["S3Uri"]


def _keys(definition: dict[str, Any]) -> Iterator[str]:
    # A key may be in any of these.
    resources = (definition.get("ResourceConfig"), definition.get("HyperParameterTuningResourceConfig"))
    places = (("KmsKeyId", definition["OutputDataConfig"]), *(("VolumeKmsKeyId", config) for config in resources))
    for member, config in places:
        if config and config.get(member):
            yield config[member]


def _trusts(policy: dict[str, Any]) -> bool:
    statements = policy["Statement"]
    return any(
        statement["Effect"] == "Allow" and _PRINCIPAL in _listed(statement.get("Principal", {}).get("Service", []))
        for statement in (statements if isinstance(statements, list) else [statements])
    )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
