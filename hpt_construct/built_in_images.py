"""The images of SageMaker's built-in algorithms: their versions, the account that has them in each region, and which
algorithm an image is.

The table is ``built_in_images.json``, which ``tools/built_in_images.py`` generates from facts in the SageMaker Python
SDK. Of the frameworks' images for your own scripts, which contain no algorithm, it has the accounts alone.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from . import function_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_IMAGE = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.[a-z0-9.-]+/(?P<repository>[^:@]+)(?:[:@].*)?"
)

_REGISTRY = re.compile(r"[^/]+\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")

OF_THE_APP: Final = "image-of-the-app"
"""Stands for an image that the app builds, while the request is checked: all that is known is where it will be."""


class UnknownImageError(LookupError):
    """There is no such algorithm, version or region; the message says which ones there are."""


@dataclass(frozen=True)
class Algorithm:
    """One version of an algorithm."""

    name: str
    registry: str
    """The set of accounts that has the image."""
    image: str
    """Repository and tag."""

    @property
    def accounts(self) -> Mapping[str, str]:
        """The account that has the image in each region."""
        found: dict[str, str] = _table()["registries"][self.registry]
        return found

    def uri(self, region: str) -> str:
        """Return the image's URI in a region.

        >>> find("xgboost", "1.7-1").uri("eu-west-1")
        '141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1'
        """
        if region not in self.accounts:
            message = f"got the built-in algorithm {self.name!r} in region {region!r}, known in"
            raise UnknownImageError(f"{message} {', '.join(self.accounts)}; give the image with TrainingImage.from_uri")
        return f"{self.accounts[region]}.dkr.ecr.{region}.{partition(region)['dnsSuffix']}/{self.image}"


def find(name: str, version: str | None = None) -> Algorithm:
    """Return a version of an algorithm; without ``version``, the only one.

    The newest version is not the default: it would change with this library, and start unchanged jobs again.

    >>> find("kmeans").image
    'kmeans:1'
    """
    algorithms = _table()["algorithms"]
    if name not in algorithms:
        raise UnknownImageError(f"got the built-in algorithm {name!r}, {_choice(name, algorithms)}")
    versions = algorithms[name]
    if version is None:
        if len(versions) > 1:
            raise UnknownImageError(f"got no version of {name!r}, give one of {', '.join(versions)}")
        [version] = versions
    if version not in versions:
        raise UnknownImageError(f"got version {version!r} of {name!r}, {_choice(version, versions)}")
    return Algorithm(name, **versions[version])


def repository(image: str) -> str:
    """Return the repository of an image in ECR; an empty string for any other image.

    >>> repository("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1")
    'sagemaker-xgboost'
    """
    found = _IMAGE.fullmatch(image)
    return found["repository"] if found else ""


def region_of(image: str) -> str | None:
    """Return the region of an image in ECR, whose other parts may be tokens; None for any other image, or if a token
    hides the region.

    >>> region_of("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1")
    'us-east-1'
    """
    found = _REGISTRY.match(image)
    return found["region"] if found else None


def in_ecr(image: str) -> bool:
    """Return whether an image is in a private registry of Amazon ECR.

    >>> in_ecr("public.ecr.aws/docker/library/python:3.14")
    False
    """
    return image == OF_THE_APP or (region_of(image) is not None and "/" in image)


def is_built_in(image: str) -> bool:
    """Return whether an image is known to be a built-in algorithm, which defines its own metrics.

    >>> is_built_in("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1")
    True
    >>> is_built_in("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3")
    False
    """
    return algorithm_of(image) is not None


@lru_cache
def algorithm_of(image: str) -> str | None:
    """Return the name of the built-in algorithm that an image is known to be; None for any other image.

    >>> algorithm_of("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1")
    'xgboost'
    """
    found = _IMAGE.fullmatch(image)
    if found is None:
        return None
    accounts, repositories = _known()
    return repositories.get(found["repository"]) if found["account"] in accounts else None


@lru_cache
def version_of(image: str) -> str | None:
    """Return the version of the built-in algorithm that an image is known to be; None for any other image or tag.

    >>> version_of("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:0.90-2-cpu-py3")
    '0.90-2'
    """
    tag = image.rpartition(":")[2].removesuffix("-py3").removesuffix("-cpu").removesuffix("-gpu")
    return tag if tag in versions_of(algorithm_of(image)) else None


def versions_of(name: str | None) -> Sequence[str]:
    """Return the versions of a built-in algorithm, the oldest first."""
    return tuple(_table()["algorithms"].get(name, ()))


@lru_cache
def framework_of(image: str) -> str | None:
    """Return the repository of an image of AWS's that is known to run a user's script; None for any other image.

    >>> framework_of("763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.3.0-cpu-py311")
    'pytorch-training'
    """
    found = _IMAGE.fullmatch(image)
    if found is None or found["account"] not in _table()["frameworks"].get(found["repository"], ()):
        return None
    return found["repository"]


def built_in(image: str) -> tuple[str, ...] | None:
    """Return the name of the algorithm whose image a URI is, and its version if it has several; None for any other.

    >>> built_in("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1")
    ('xgboost', '1.7-1')
    >>> built_in("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:latest") is None
    True
    """
    name, region = algorithm_of(image), region_of(image)
    versions = _table()["algorithms"].get(name, {})
    for version in versions:
        algorithm = find(str(name), version)
        if region is not None and region in algorithm.accounts and algorithm.uri(region) == image:
            return (algorithm.name, version) if len(versions) > 1 else (algorithm.name,)
    return None


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="ascii"))
    return found


@cache
def _known() -> tuple[frozenset[str], Mapping[str, str]]:
    """Return every account, and the algorithm of every repository."""
    table = _table()
    accounts = (account for registry in table["registries"].values() for account in registry.values())
    repositories = {
        version["image"].partition(":")[0]: name
        for name, versions in table["algorithms"].items()
        for version in versions.values()
    }
    return frozenset(accounts), repositories


@cache
def partition(region: str) -> Mapping[str, str]:
    """Return what is known of a region's partition, such as its name and domain; nothing if none has such regions.

    >>> partition("cn-north-1")["dnsSuffix"]
    'amazonaws.com.cn'
    """
    path = function_code.FOLDER / "models" / "partitions.json"
    partitions = json.loads(path.read_text(encoding="utf-8"))["partitions"]
    return next((each["outputs"] for each in partitions if re.match(each["regionRegex"], region)), {})


def _choice(got: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(got.casefold(), names, n=1)
    return f"must be one of {', '.join(names)}{f'; did you mean {close[0]!r}?' if close else ''}"
