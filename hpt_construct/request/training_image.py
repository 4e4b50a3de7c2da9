"""The training image: by URI, from a repository or a folder of the app, or one of SageMaker's own."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpt_construct import built_in_images
from hpt_construct.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import IgnoreMode, SymlinkFollowMode
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_ecr_assets as ecr_assets
    from constructs import Construct


class ImageError(ValueError):
    """There is no such image; the message says which ones there are."""


@dataclass(frozen=True)
class BoundImage:
    """An image that is bound to a scope: the URI to send, and the repository construct that has it."""

    uri: str
    """The URI."""
    repository: ecr.IRepository | None = None
    """The repository. Left out: no construct has the image."""
    built_in: bool = False
    """Whether it is one of SageMaker's own, even if its URI does not show that."""


class TrainingImage(ABC):
    """The training image, wherever it comes from.

    Becomes ``AlgorithmSpecification.TrainingImage``, the URI of an image in ECR.

    >>> TrainingImage.built_in("xgboost", "1.7-1")
    TrainingImage.built_in('xgboost', '1.7-1')
    """

    @staticmethod
    def from_uri(uri: str) -> TrainingImage:
        """Use an image by its URI, at most 255 characters; giving the URI as a string does the same.

        >>> TrainingImage.from_uri("111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:1")
        TrainingImage.from_uri('111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:1')

        :param uri: The URI, or a token.
        """
        return _ByUri(uri)

    @staticmethod
    def from_ecr_repository(repository: ecr.IRepository, tag_or_digest: str = "latest") -> TrainingImage:
        """Use an image in a repository of the app.

        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_ecr as ecr
        >>> repository = ecr.Repository.from_repository_name(cdk.Stack(), "Repository", "churn")
        >>> image = TrainingImage.from_ecr_repository(repository, "1.4")

        :param repository: The repository; a role that the construct makes may pull from it.
        :param tag_or_digest: The image's tag, or its digest, which begins with ``sha256:``. Left out: ``latest``; no
            deployment notices when that tag moves to another image.
        """
        return _FromRepository(repository, tag_or_digest)

    @staticmethod
    def from_asset(  # noqa: PLR0913 – what a DockerImageAsset takes
        directory: str | Path,
        *,
        file: str | None = None,
        target: str | None = None,
        build_args: Mapping[str, str] | None = None,
        platform: ecr_assets.Platform | None = None,
        build_contexts: Mapping[str, str] | None = None,
        build_secrets: Mapping[str, str] | None = None,
        build_ssh: str | None = None,
        network_mode: ecr_assets.NetworkMode | None = None,
        outputs: Sequence[str] | None = None,
        cache_from: Sequence[ecr_assets.DockerCacheOption] | None = None,
        cache_to: ecr_assets.DockerCacheOption | None = None,
        cache_disabled: bool | None = None,
        exclude: Sequence[str] | None = None,
        ignore_mode: IgnoreMode | None = None,
        follow_symlinks: SymlinkFollowMode | None = None,
        invalidation: ecr_assets.DockerImageAssetInvalidationOptions | None = None,
        extra_hash: str | None = None,
        asset_name: str | None = None,
        display_name: str | None = None,
    ) -> TrainingImage:
        """Let the CDK CLI build an image from a folder and push it when you deploy the stack; a change in the folder
        changes the request.

        The options are those of ``aws_ecr_assets.DockerImageAsset``:
        https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_ecr_assets/DockerImageAsset.html

        >>> TrainingImage.from_asset("churn", target="training")
        TrainingImage.from_asset('churn')

        :param directory: The folder with the Dockerfile.
        :param file: The Dockerfile, relative to the folder. Left out: ``Dockerfile``.
        :param target: The stage to build. Left out: the last one.
        :param build_args: The build's arguments; they are not secret. Left out: none.
        :param platform: The platform to build for. Left out: ``linux/amd64``, whatever computer builds it; all instance
            types run it except the few on ARM.
        :param build_contexts: More folders or images for the build, by name. Left out: none.
        :param build_secrets: Secrets of the build, by id. Left out: none.
        :param build_ssh: The SSH agent or keys for the build. Left out: none.
        :param network_mode: The build's network. Left out: Docker's own.
        :param outputs: Where the build's results go. Left out: into the local Docker.
        :param cache_from: Caches to read. Left out: Docker's own.
        :param cache_to: The cache to write. Left out: Docker's own.
        :param cache_disabled: Whether to build without a cache. Left out: False.
        :param exclude: Patterns of files to leave out of the build. Left out: the patterns of ``.dockerignore``.
        :param ignore_mode: How to read those patterns. Left out: as Docker does.
        :param follow_symlinks: Which links to follow. Left out: none.
        :param invalidation: Which options change the asset's hash. Left out: every option that you give.
        :param extra_hash: Any string; change it to build again. Left out: none.
        :param asset_name: The image's name in the cloud assembly. Left out: its path.
        :param display_name: The name that the CLI shows. Left out: its path.
        """
        options = {
            "file": file,
            "target": target,
            "build_args": build_args,
            "platform": platform,
            "build_contexts": build_contexts,
            "build_secrets": build_secrets,
            "build_ssh": build_ssh,
            "network_mode": network_mode,
            "outputs": outputs,
            "cache_from": cache_from,
            "cache_to": cache_to,
            "cache_disabled": cache_disabled,
            "exclude": exclude,
            "ignore_mode": ignore_mode,
            "follow_symlinks": follow_symlinks,
            "invalidation": invalidation,
            "extra_hash": extra_hash,
            "asset_name": asset_name,
            "display_name": display_name,
        }
        # Older releases of the CDK lack some.
        return _FromAsset(Path(directory), {name: value for name, value in options.items() if value is not None})

    @staticmethod
    def from_docker_image_asset(asset: ecr_assets.DockerImageAsset) -> TrainingImage:
        """Use an image asset of the app, which several jobs or other constructs can share.

        >>> import aws_cdk as cdk
        >>> from aws_cdk.aws_ecr_assets import DockerImageAsset, Platform
        >>> def train_with(image: DockerImageAsset) -> TrainingImage:
        ...     return TrainingImage.from_docker_image_asset(image)

        :param asset: The asset; give it ``platform=Platform.LINUX_AMD64`` unless it trains on ARM. A role that the
            construct makes may pull it.
        """
        return _Made(asset)

    @staticmethod
    def built_in(name: str, version: str | None = None) -> TrainingImage:
        """Use one of SageMaker's built-in algorithms, from the account that has it in the stack's region.

        A stack whose region is not known at synth gets a ``CfnMapping`` of the accounts. An unknown name, version or
        region is a problem in the job's ``ValidationError``. If AWS has an image that this version of the library does
        not know, use ``from_uri``.

        >>> TrainingImage.built_in("kmeans")
        TrainingImage.built_in('kmeans')

        :param name: Such as ``xgboost``, ``linear-learner`` or ``forecasting-deepar``.
        :param version: The version, with which the image's tag begins. Left out: the only version; XGBoost has several,
            so give it there.
        """
        return _BuiltIn(name, version)

    @abstractmethod
    def check(self, region: str) -> str:
        """Return a URI for validation, which can check a URI but not a token; makes no jsii call.

        :raises ImageError: There is no such image.
        """

    @abstractmethod
    def bind(self, scope: Construct, id: str) -> BoundImage:  # noqa: A002 – what every construct calls it
        """Bind the image to a scope, and create what it needs there or in the scope's stack."""


@dataclass(frozen=True, repr=False)
class _ByUri(TrainingImage):
    uri: str

    def check(self, region: str) -> str:
        return self.uri

    def bind(self, scope: Construct, id: str) -> BoundImage:  # noqa: A002
        return BoundImage(self.uri)

    def __repr__(self) -> str:
        return f"TrainingImage.from_uri({self.uri!r})"


@dataclass(frozen=True)
class _FromRepository(TrainingImage):
    repository: ecr.IRepository
    tag_or_digest: str

    def check(self, region: str) -> str:
        return self._uri

    def bind(self, scope: Construct, id: str) -> BoundImage:  # noqa: A002
        return BoundImage(self._uri, self.repository)

    @property
    def _uri(self) -> str:
        return self.repository.repository_uri_for_tag_or_digest(self.tag_or_digest)


@dataclass(frozen=True, repr=False)
class _FromAsset(TrainingImage):
    directory: Path
    options: Mapping[str, Any]

    def check(self, region: str) -> str:
        dockerfile = self.directory / self.options.get("file", "Dockerfile")
        if not dockerfile.is_file():
            raise ImageError(
                f"got the folder {str(self.directory)!r}, which must have {dockerfile.name}; there is none"
            )
        return built_in_images.OF_THE_APP

    def bind(self, scope: Construct, id: str) -> BoundImage:  # noqa: A002
        from aws_cdk import aws_ecr_assets as ecr_assets  # noqa: PLC0415 – only apps that build images pay for it

        options = {"platform": ecr_assets.Platform.LINUX_AMD64, **self.options}
        return _Made(ecr_assets.DockerImageAsset(scope, id, directory=str(self.directory), **options)).bind(scope, id)

    def __repr__(self) -> str:
        return f"TrainingImage.from_asset({str(self.directory)!r})"


@dataclass(frozen=True)
class _Made(TrainingImage):
    asset: ecr_assets.DockerImageAsset

    def check(self, region: str) -> str:
        return built_in_images.OF_THE_APP

    def bind(self, scope: Construct, id: str) -> BoundImage:  # noqa: A002
        return BoundImage(self.asset.image_uri, self.asset.repository)


@dataclass(frozen=True, repr=False)
class _BuiltIn(TrainingImage):
    name: str
    version: str | None

    def check(self, region: str) -> str:
        try:
            algorithm = built_in_images.find(self.name, self.version)
            # Any known region stands in for a token: the algorithm is the same in all of them.
            return algorithm.uri(next(iter(algorithm.accounts)) if is_token(region) else region)
        except built_in_images.UnknownImageError as error:
            raise ImageError(str(error)) from None

    def bind(self, scope: Construct, id: str) -> BoundImage:  # noqa: A002
        import aws_cdk as cdk  # noqa: PLC0415 – the parts are plain Python

        stack = cdk.Stack.of(scope)
        algorithm = built_in_images.find(self.name, self.version)
        if not is_token(stack.region):
            return BoundImage(algorithm.uri(stack.region), built_in=True)
        mapping_id = f"HptConstruct{re.sub(r'[^A-Za-z0-9]', '', algorithm.registry.title())}Accounts"
        mapping = stack.node.try_find_child(mapping_id)
        if not isinstance(mapping, cdk.CfnMapping):
            accounts = {region: {"account": account} for region, account in algorithm.accounts.items()}
            mapping = cdk.CfnMapping(stack, mapping_id, mapping=accounts)
        account = mapping.find_in_map(cdk.Aws.REGION, "account")
        uri = f"{account}.dkr.ecr.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}/{algorithm.image}"
        return BoundImage(uri, built_in=True)

    def __repr__(self) -> str:
        arguments = ", ".join(repr(each) for each in (self.name, self.version) if each is not None)
        return f"TrainingImage.built_in({arguments})"
