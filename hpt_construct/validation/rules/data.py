"""The rules for data, environment, network, names and tags."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from hpt_construct.built_in_images import repository
from hpt_construct.errors import show
from hpt_construct.validation.problem import Problem

from .rule import (
    SEVERAL,
    SUBMITTED,
    Level,
    Place,
    Rule,
    TokenMetError,
    each_channel,
    each_definition,
    repeated,
    scope,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOURCES = ("S3DataSource", "FileSystemDataSource", "DatasetSource")
_MOST_VARIABLES = 48
_MOST_TAGS = 50
_OWN_TAGS = 4
_OWN_PREFIX = "hpt-construct:"

# "General purpose bucket naming rules" of the S3 user guide. Only a warning, because some buckets in us-east-1 that are
# older than March 2018 have other names.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ENDPOINT = re.compile(r"(?:(?P<bucket>.+)\.)?s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?")
_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::(?P<bucket>.+)")
_PAGE = re.compile(r"(^|\.)console\.(aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)$")


def _mode(definition: Place, channel: Place) -> str | None:
    mode: str | None = channel.read("InputMode") or definition.read("AlgorithmSpecification", "TrainingInputMode")
    return mode


def _channel_names_are_unique(_: Place, definition: Place) -> Iterator[Problem]:
    channels = definition.known("InputDataConfig")
    names = ((name, channel.at("ChannelName")) for channel in channels for _, name in channel.given("ChannelName"))
    for name, path in repeated(names):
        yield Problem(path, f"got {show(name)} again, must be unique among InputDataConfig; choose another")


def _channel_has_one_source(_: Place, channel: Place) -> Iterator[Problem]:
    source = channel.below("DataSource")
    if source is not None:
        given = [name for name in _SOURCES if source.read(name) is not None]
        if len(given) != 1:
            got = f"got {' and '.join(given)}" if given else "is empty"
            yield Problem(source.path, f"{got}, must have exactly one of {', '.join(_SOURCES)}; keep or give one")


def _file_system_is_in_reach(definition: Place, channel: Place) -> Iterator[Problem]:
    if channel.read("DataSource", "FileSystemDataSource") is not None and definition.read("VpcConfig") is None:
        message = "is in a VPC, and the training jobs are not; give the definition a VpcConfig that reaches it"
        yield Problem(channel.at("DataSource", "FileSystemDataSource"), message)


def _file_system_is_read_as_files(definition: Place, channel: Place) -> Iterator[Problem]:
    if channel.read("DataSource", "FileSystemDataSource") is not None:
        mode = _mode(definition, channel)
        if mode not in {None, "File"}:
            yield Problem(channel.at("InputMode"), f"got '{mode}', a file system is read in mode File; set it to that")


def _is_compressed(channel: Place) -> bool:
    return bool(channel.read("CompressionType") == "Gzip")


def _files_are_not_compressed(definition: Place, channel: Place) -> Iterator[Problem]:
    # "CompressionType is used only in Pipe input mode. In File mode, leave this field unset or set it to None."
    if _is_compressed(channel) and _mode(definition, channel) == "File":
        message = "got 'Gzip', only mode Pipe takes it, not File; leave it out, or set InputMode to Pipe"
        yield Problem(channel.at("CompressionType"), message)


def _fast_files_are_not_compressed(definition: Place, channel: Place) -> Iterator[Problem]:
    if _is_compressed(channel) and _mode(definition, channel) == "FastFile":
        message = "got 'Gzip', which is documented for mode Pipe, not FastFile; leave it out, or set InputMode to Pipe"
        yield Problem(channel.at("CompressionType"), message)


def _files_are_not_wrapped(definition: Place, channel: Place) -> Iterator[Problem]:
    # "In File mode, leave this field unset or set it to None."
    if channel.read("RecordWrapperType") == "RecordIO":
        mode = _mode(definition, channel)
        if mode not in {None, "Pipe"}:
            message = f"got 'RecordIO', documented for mode Pipe, not {mode}; leave it out, or set InputMode to Pipe"
            yield Problem(channel.at("RecordWrapperType"), message)


def _augmented_manifest_is_piped(definition: Place, channel: Place) -> Iterator[Problem]:
    if channel.read("DataSource", "S3DataSource", "S3DataType") == "AugmentedManifestFile":
        mode = _mode(definition, channel)
        if mode not in {None, "Pipe"}:
            message = f"got '{mode}', an augmented manifest needs mode Pipe; set it to that"
            yield Problem(channel.at("InputMode"), message)


def _attributes_are_of_a_manifest(_: Place, channel: Place) -> Iterator[Problem]:
    source = channel.below("DataSource", "S3DataSource")
    if source is not None:
        kind, names = source.read("S3DataType"), source.read("AttributeNames")
        if kind == "AugmentedManifestFile" and not names:
            message = "missing; an augmented manifest needs the attributes to read; name them"
            yield Problem(source.at("AttributeNames"), message)
        elif kind != "AugmentedManifestFile" and names:
            message = f"only for an AugmentedManifestFile, not {kind}; leave it out"
            yield Problem(source.at("AttributeNames"), message)


def _license_is_accepted(_: Place, channel: Place) -> Iterator[Problem]:
    steps = ("DataSource", "S3DataSource", "ModelAccessConfig", "AcceptEula")
    if channel.read(*steps) is False:
        message = "got False, must be True to use the model; accept its license, or leave ModelAccessConfig out"
        yield Problem(channel.at(*steps), message)


def _express_takes_no_key(_: Place, definition: Place) -> Iterator[Problem]:
    # An empty string counts as left out, because the API treats "" so.
    if definition.read("OutputDataConfig", "KmsKeyId"):
        bucket = (definition.read("OutputDataConfig", "S3OutputPath") or "").partition("://")[2].partition("/")[0]
        if bucket.endswith("--x-s3"):
            message = "a bucket of S3 Express One Zone takes no key; leave it out, or use another bucket"
            yield Problem(definition.at("OutputDataConfig", "KmsKeyId"), message)


@scope
def _each_location(request: Place) -> Iterator[tuple[Place]]:
    """Look at each structure that names something in S3."""
    for _, definition in each_definition(request):
        for channel in definition.known("InputDataConfig"):
            with suppress(TokenMetError):
                if (source := channel.below("DataSource", "S3DataSource")) is not None:
                    yield (source,)
        for name, value in definition.given("OutputDataConfig", "CheckpointConfig"):
            yield (Place(value, definition.at(name)),)


def _bucket_can_exist(place: Place) -> Iterator[Problem]:
    for member, uri in place.given("S3Uri", "S3OutputPath"):
        scheme, _, rest = uri.partition("://")
        bucket = rest.partition("/")[0]
        # An access point is named by its ARN.
        if scheme == "s3" and not bucket.startswith("arn:") and (not _BUCKET.fullmatch(bucket) or ".." in bucket):
            message = f"got the bucket {show(bucket)}, must be 3 to 63 lower-case letters, digits, hyphens and dots"
            yield Problem(place.at(member), f"{message}; correct it")


def _location_is_in_a_bucket(place: Place) -> Iterator[Problem]:
    for member, uri in place.given("S3Uri", "S3OutputPath"):
        scheme, _, rest = uri.partition("://")
        host, _, path = rest.partition("/")
        written = None
        if scheme == "s3" and (endpoint := _ENDPOINT.fullmatch(host)):
            what, written = "an endpoint in the bucket's place", f"s3://{_joined(endpoint['bucket'], path)}"
        elif scheme == "s3" and (arn := _BUCKET_ARN.fullmatch(host)):
            what, written = "an ARN in the bucket's place", f"s3://{_joined(arn['bucket'], path)}"
        elif scheme == "https" and _PAGE.search(host):
            what, written = "the address of a page", "s3://bucket/prefix"
        elif scheme == "https" and "X-Amz-Signature=" in path:
            what, written = "a link for a single download", "s3://bucket/prefix"
        if written is not None:
            yield Problem(place.at(member), f"got {show(uri)}, which has {what}; write it like {show(written)}")


def _joined(bucket: str | None, path: str) -> str:
    return f"{bucket}/{path}" if bucket else path


def _prefix_is_no_pattern(_: Place, channel: Place) -> Iterator[Problem]:
    source = channel.below("DataSource", "S3DataSource")
    if source is not None and source.read("S3DataType") == "S3Prefix":
        uri = source.read("S3Uri")
        if uri is not None and "*" in uri:
            message = f"got {show(uri)}, in which * is no wildcard; end it before, at what all names begin with"
            yield Problem(source.at("S3Uri"), message)


def _variables_within_limit(request: Place) -> Iterator[Problem]:
    # "the sum of the number of environment variables for all the training job definitions can't exceed the maximum"
    count = sum(len(definition.entries("Environment")) for definition in request.every(SEVERAL))
    if count > _MOST_VARIABLES:
        message = f"have {count} environment variables together, must not have more than {_MOST_VARIABLES}; drop some"
        yield Problem(request.at(SEVERAL), message)


def _isolated_script_is_not_fetched(_: Place, definition: Place) -> Iterator[Problem]:
    if definition.read("EnableNetworkIsolation"):
        submitted = definition.read("StaticHyperParameters", SUBMITTED)
        if submitted is not None and submitted.strip("\"'").startswith("s3://"):
            message = f"an isolated container can't fetch its script from {SUBMITTED}"
            path = definition.at("EnableNetworkIsolation")
            yield Problem(path, f"{message}; turn it off, or give the script as a channel")


def _isolated_image_needs_no_network(_: Place, definition: Place) -> Iterator[Problem]:
    # "Network isolation is not supported by the following managed Amazon SageMaker containers as they require access to
    # Amazon S3: Chainer, Amazon SageMaker Reinforcement Learning"
    if definition.read("EnableNetworkIsolation"):
        name = repository(definition.read("AlgorithmSpecification", "TrainingImage") or "")
        if name.startswith(("sagemaker-chainer", "sagemaker-rl-")):
            message = f"the image {name} needs the network, to reach S3; turn it off, or use another image"
            yield Problem(definition.at("EnableNetworkIsolation"), message)


def _tags_within_limit(request: Place) -> Iterator[Problem]:
    count = len(request.entries("Tags"))
    if count > _MOST_TAGS - _OWN_TAGS:
        message = f"has {count} tags, must not have more than {_MOST_TAGS - _OWN_TAGS}, those of the stack included"
        path = request.at("Tags")
        yield Problem(path, f"{message}: of SageMaker's {_MOST_TAGS}, this construct uses {_OWN_TAGS}; drop some")


def _tag_keys_are_unique(request: Place) -> Iterator[Problem]:
    tags = request.known("Tags")
    for key, path in repeated((key, tag.at("Key")) for tag in tags for _, key in tag.given("Key")):
        yield Problem(path, f"got {show(key)} again, must be unique among the tags; keep one")


def _tag_keys_are_free(request: Place) -> Iterator[Problem]:
    for tag in request.known("Tags"):
        for _, key in tag.given("Key"):
            # IAM ignores the case of tag keys, so our prefix is reserved in any case too.
            for prefix, owner in (("aws:", "AWS"), (_OWN_PREFIX, "this construct")):
                if key.lower().startswith(prefix):
                    message = f"got {show(key)}, the prefix {prefix!r} is reserved for {owner}; choose another key"
                    yield Problem(tag.at("Key"), message)


_E, _W = Level.ERROR, Level.WARNING

# fmt: off
RULES = (
    Rule("I1", _E, "Names of channels are unique", each_definition, _channel_names_are_unique),
    Rule("I2", _E, "A channel has one source", each_channel, _channel_has_one_source),
    Rule("I3", _E, "A file system needs a VpcConfig", each_channel, _file_system_is_in_reach),
    Rule("I3", _W, "A file system is read in mode File", each_channel, _file_system_is_read_as_files),
    Rule("I4", _E, "Gzip is not for mode File", each_channel, _files_are_not_compressed),
    Rule("I4", _W, "Gzip is not for mode FastFile", each_channel, _fast_files_are_not_compressed),
    Rule("I4", _W, "RecordIO wrapping is for mode Pipe", each_channel, _files_are_not_wrapped),
    Rule("I5", _E, "An augmented manifest is read in mode Pipe", each_channel, _augmented_manifest_is_piped),
    Rule("I5", _W, "Attribute names go with an augmented manifest", each_channel, _attributes_are_of_a_manifest),
    Rule("I6", _E, "The license of a gated model is accepted", each_channel, _license_is_accepted),
    Rule("I10", _W, "Output in S3 Express takes no key", each_definition, _express_takes_no_key),
    Rule("I11", _W, "Buckets have names that S3 allows", _each_location, _bucket_can_exist),
    Rule("I13", _W, "A location is in a bucket", _each_location, _location_is_in_a_bucket),
    Rule("I13", _W, "A prefix is no pattern", each_channel, _prefix_is_no_pattern),
    Rule("E1", _E, "All definitions together have at most 48 environment variables", whole, _variables_within_limit),
    Rule("V2", _W, "An isolated container fetches no script", each_definition, _isolated_script_is_not_fetched),
    Rule("V2", _W, "An isolated container's image needs no network", each_definition, _isolated_image_needs_no_network),
    Rule("T1", _E, "There are at most 46 tags beside the construct's own", whole, _tags_within_limit),
    Rule("T1", _E, "Tag keys are unique", whole, _tag_keys_are_unique),
    Rule("T1", _E, "Tag keys leave reserved prefixes alone", whole, _tag_keys_are_free),
)
# fmt: on
