"""What a training job reads and writes: channels, their sources, outputs and checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ._part import FILE_SYSTEM, KEY, PLAIN, S3_URI, OneOf, Structure, member, part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_efs as efs
    from aws_cdk import aws_fsx as fsx
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3


class TrainingInputMode(StrEnum):
    """How data reaches the container. Becomes ``TrainingInputMode`` and ``Channel.InputMode``.

    >>> TrainingInputMode.FAST_FILE.value
    'FastFile'
    """

    FILE = "File"
    """Copied to the volume before the algorithm starts."""
    PIPE = "Pipe"
    """Streamed through a named pipe."""
    FAST_FILE = "FastFile"
    """Shown as files, streamed when read."""


class S3DataType(StrEnum):
    """What an S3 URI names. Becomes ``S3DataSource.S3DataType``.

    >>> S3DataType.S3_PREFIX.value
    'S3Prefix'
    """

    S3_PREFIX = "S3Prefix"
    """Every object whose key begins with the URI's."""
    MANIFEST_FILE = "ManifestFile"
    """A JSON list of keys."""
    AUGMENTED_MANIFEST_FILE = "AugmentedManifestFile"
    """JSON lines, with labels in them; Pipe mode only."""
    CONVERSE = "Converse"


class S3DataDistribution(StrEnum):
    """Which of the objects each instance gets. Becomes ``S3DataSource.S3DataDistributionType``.

    >>> S3DataDistribution.FULLY_REPLICATED.value
    'FullyReplicated'
    """

    FULLY_REPLICATED = "FullyReplicated"
    """All objects."""
    SHARDED_BY_S3_KEY = "ShardedByS3Key"
    """A share of the objects."""


class FileSystemAccessMode(StrEnum):
    """Whether training jobs may write to a file system. Becomes ``FileSystemAccessMode``.

    >>> FileSystemAccessMode.READ_ONLY.value
    'ro'
    """

    READ_ONLY = "ro"
    READ_WRITE = "rw"


class FileSystemType(StrEnum):
    """The kind of file system. Becomes ``FileSystemType``.

    >>> FileSystemType.FSX_LUSTRE.value
    'FSxLustre'
    """

    EFS = "EFS"
    FSX_LUSTRE = "FSxLustre"


class CompressionType(StrEnum):
    """How a channel's objects are compressed. Becomes ``Channel.CompressionType``.

    >>> CompressionType.GZIP.value
    'Gzip'
    """

    NONE = "None"
    GZIP = "Gzip"
    """Pipe mode only."""


class RecordWrapper(StrEnum):
    """Whether SageMaker wraps a channel's objects into records. Becomes ``Channel.RecordWrapperType``.

    >>> RecordWrapper.RECORD_IO.value
    'RecordIO'
    """

    NONE = "None"
    RECORD_IO = "RecordIO"


class OutputCompressionType(StrEnum):
    """How the model artifacts are compressed. Becomes ``OutputDataConfig.CompressionType``.

    >>> OutputCompressionType.NONE.value
    'NONE'
    """

    GZIP = "GZIP"
    NONE = "NONE"


@dataclass(frozen=True)
class S3Location:
    """A prefix in a bucket of the app. Becomes an ``s3://`` URI wherever the API takes one.

    >>> import aws_cdk as cdk
    >>> from aws_cdk import aws_s3 as s3
    >>> bucket = s3.Bucket.from_bucket_name(cdk.Stack(), "Data", "amzn-s3-demo-bucket")
    >>> S3Location(bucket, "train").uri
    's3://amzn-s3-demo-bucket/train'
    """

    bucket: s3.IBucket
    """The bucket."""
    prefix: str = ""
    """What the keys begin with. Left out: the whole bucket."""

    @property
    def uri(self) -> str:
        """The location's ``s3://`` URI, usually a token."""
        return f"s3://{self.bucket.bucket_name}/{self.prefix}"


@part("ModelAccessConfig", kw_only=False)
class ModelAccessConfig:
    """Consent to the license of a gated model.

    Becomes ``ModelAccessConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelAccessConfig.html

    >>> ModelAccessConfig(accept_eula=True).accept_eula
    True
    """

    accept_eula: bool = member("AcceptEula")
    """Must be True to use the model."""


@part("HubAccessConfig", kw_only=False)
class HubAccessConfig:
    """Where a private hub keeps the model.

    Becomes ``HubAccessConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HubAccessConfig.html

    >>> arn = "arn:aws:sagemaker:us-east-1:111122223333:hub-content/Hub/Model/llama/1.0.0"
    >>> HubAccessConfig(arn).hub_content_arn == arn
    True
    """

    hub_content_arn: str = member("HubContentArn")
    """The ARN of the hub content, at most 255 characters."""


@part("S3DataSource", kw_only=False)
class S3DataSource:
    """Objects in S3.

    Becomes ``DataSource.S3DataSource``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html

    >>> S3DataSource("s3://amzn-s3-demo-bucket/train").s3_data_type
    <S3DataType.S3_PREFIX: 'S3Prefix'>
    """

    s3_uri: S3Location | str = member("S3Uri", S3_URI)
    """A location, or ``s3://bucket/prefix`` of at most 1,024 characters."""
    s3_data_type: S3DataType | str = member("S3DataType", default=S3DataType.S3_PREFIX)
    """What the URI names. Left out: S3Prefix, which is sent because the API requires a value."""
    s3_data_distribution_type: S3DataDistribution | str | None = member("S3DataDistributionType", default=None)
    """Which of the objects each instance gets. Left out: FullyReplicated."""
    attribute_names: Sequence[str] | None = member("AttributeNames", PLAIN, default=None)
    """The attributes to read from an augmented manifest, at most 16. Left out: none."""
    instance_group_names: Sequence[str] | None = member("InstanceGroupNames", PLAIN, default=None)
    """The groups of a heterogeneous cluster that get the data, at most 5. Left out: all."""
    model_access_config: ModelAccessConfig | None = member(
        "ModelAccessConfig", Structure(ModelAccessConfig), default=None
    )
    """Consent to the license of a gated model. Left out: none."""
    hub_access_config: HubAccessConfig | None = member("HubAccessConfig", Structure(HubAccessConfig), default=None)
    """Where a private hub keeps the model. Left out: no hub."""


@part("FileSystemDataSource")
class FileSystemDataSource:
    """A folder of an EFS or FSx for Lustre file system; the definition needs a ``vpc_config`` to reach it.

    Becomes ``DataSource.FileSystemDataSource``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_FileSystemDataSource.html

    >>> FileSystemDataSource(
    ...     file_system_id="fs-0123456789abcdef0",
    ...     file_system_type=FileSystemType.EFS,
    ...     directory_path="/train",
    ...     file_system_access_mode=FileSystemAccessMode.READ_ONLY,
    ... ).directory_path
    '/train'
    """

    file_system_id: efs.IFileSystem | fsx.IFileSystem | str = member("FileSystemId", FILE_SYSTEM)
    """The file system, or its id: ``fs-`` and 8 or more hexadecimal digits. Its security group must let the training
    jobs in: ``file_system.connections.allow_default_port_from(job)``.
    """
    file_system_type: FileSystemType | str = member("FileSystemType")
    """EFS or FSxLustre."""
    directory_path: str = member("DirectoryPath")
    """The folder, at most 4,096 characters; for FSx it begins with the mount name:
    ``f"/{file_system.mount_name}/train"``.
    """
    file_system_access_mode: FileSystemAccessMode | str = member("FileSystemAccessMode")
    """``ro`` to read, or ``rw`` to read and write."""


@part("DatasetSource", kw_only=False)
class DatasetSource:
    """A data set of a SageMaker hub.

    Becomes ``DataSource.DatasetSource``:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DatasetSource.html

    >>> arn = "arn:aws:sagemaker:us-east-1:aws:hub-content/Hub/DataSet/reviews"
    >>> DatasetSource(arn).dataset_arn == arn
    True
    """

    dataset_arn: str = member("DatasetArn")
    """The ARN of the hub's data set, with or without a version."""


@part("ShuffleConfig", kw_only=False)
class ShuffleConfig:
    """Put the objects into a new order for every epoch.

    Becomes ``ShuffleConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ShuffleConfig.html

    >>> ShuffleConfig(2**53 + 1).seed
    9007199254740993
    """

    seed: int = member("Seed")
    """A 64-bit whole number that determines the order; no digit of it is lost."""


@part("Channel", kw_only=False)
class Channel:
    """A named input of a training job.

    Becomes an item of ``InputDataConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html

    >>> Channel("train", S3DataSource("s3://amzn-s3-demo-bucket/train"), content_type="csv").channel_name
    'train'
    """

    channel_name: str = member("ChannelName")
    """The channel's name: 1 to 64 letters, digits, ``.``, ``-`` and ``_``, unique among the channels. The container
    finds the data in a folder of that name.
    """
    data_source: S3DataSource | FileSystemDataSource | DatasetSource = member(
        "DataSource",
        OneOf(S3DataSource=S3DataSource, FileSystemDataSource=FileSystemDataSource, DatasetSource=DatasetSource),
    )
    """Where the data is: in S3, on a file system, or in a hub."""
    content_type: str | None = member("ContentType", default=None)
    """The MIME type of the data, at most 256 characters. Left out: none."""
    compression_type: CompressionType | str | None = member("CompressionType", default=None)
    """How the objects are compressed; Gzip needs Pipe mode. Left out: None."""
    record_wrapper_type: RecordWrapper | str | None = member("RecordWrapperType", default=None)
    """RecordIO if the algorithm needs it and the objects are not wrapped yet. Left out: None."""
    input_mode: TrainingInputMode | str | None = member("InputMode", default=None)
    """How this channel's data reaches the container. Left out: the definition's ``training_input_mode``."""
    shuffle_config: ShuffleConfig | None = member("ShuffleConfig", Structure(ShuffleConfig), default=None)
    """A new order of the objects for every epoch. Left out: the order of the source."""


@part("OutputDataConfig")
class OutputDataConfig:
    """Where the models go.

    Becomes ``OutputDataConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html

    >>> OutputDataConfig(s3_output_path="s3://amzn-s3-demo-bucket/models").s3_output_path
    's3://amzn-s3-demo-bucket/models'
    """

    s3_output_path: S3Location | str = member("S3OutputPath", S3_URI)
    """A location or ``s3://bucket/prefix``; SageMaker appends a folder for each training job."""
    kms_key: kms.IKey | kms.Key | str | None = member("KmsKeyId", KEY, default=None)
    """The key that encrypts the artifacts: a key, its id, ARN or alias. Left out: the default key for S3 of the role's
    account.
    """
    compression_type: OutputCompressionType | str | None = member("CompressionType", default=None)
    """GZIP or NONE. Left out: GZIP."""


@part("CheckpointConfig")
class CheckpointConfig:
    """Where training jobs save their progress, so that little is lost when spot capacity is interrupted.

    Becomes ``CheckpointConfig``: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CheckpointConfig.html

    >>> CheckpointConfig(s3_uri="s3://amzn-s3-demo-bucket/checkpoints").s3_uri
    's3://amzn-s3-demo-bucket/checkpoints'
    """

    s3_uri: S3Location | str = member("S3Uri", S3_URI)
    """A location or ``s3://bucket/prefix``; SageMaker appends the training job's name."""
    local_path: str | None = member("LocalPath", default=None)
    """The folder in the container that SageMaker copies there. Left out: ``/opt/ml/checkpoints``."""
