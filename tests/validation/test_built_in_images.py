"""The table of built-in algorithms: what it knows, and what it says where it knows nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hpt_construct import built_in_images
from hpt_construct.built_in_images import UnknownImageError, find, is_built_in
from tools import built_in_images as tool

TABLE: dict[str, Any] = json.loads(tool.TARGET.read_text(encoding="ascii"))
VERSIONS = [(name, version) for name, versions in TABLE["algorithms"].items() for version in versions]


@pytest.mark.parametrize(
    ("name", "version", "region", "uri"),
    [
        ("xgboost", "1.7-1", "us-east-1", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"),
        (
            "xgboost",
            "0.90-2",
            "us-west-2",
            "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:0.90-2-cpu-py3",
        ),
        ("xgboost", "1", "us-west-2", "433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1"),
        ("kmeans", None, "us-east-1", "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"),
        ("blazingtext", "1", "eu-west-1", "685385470294.dkr.ecr.eu-west-1.amazonaws.com/blazingtext:1"),
        ("xgboost", "3.0-5", "cn-north-1", "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:3.0-5"),
        ("xgboost", "3.2-0", "eu-west-1", "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"),
        ("pca", None, "us-gov-west-1", "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/pca:1"),
        ("pca", None, "us-iso-east-1", "490574956308.dkr.ecr.us-iso-east-1.c2s.ic.gov/pca:1"),
    ],
)
def test_image_is_the_one_of_the_region(name: str, version: str | None, region: str, uri: str) -> None:
    """Account, domain, repository and tag, as AWS documents them."""
    assert find(name, version).uri(region) == uri


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_image_is_known_to_bring_its_metrics(name: str, version: str) -> None:
    """In every region of the table the rules take it for the built-in algorithm that it is."""
    algorithm = find(name, version)
    assert [region for region in algorithm.accounts if not is_built_in(algorithm.uri(region))] == []


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("XGBoost", "1.7-1", r"got the built-in algorithm 'XGBoost', must be one of .*; did you mean 'xgboost'\?"),
        ("lightgbm", None, r"got the built-in algorithm 'lightgbm', must be one of blazingtext, .*, xgboost$"),
        ("xgboost", "1.7", r"got version '1\.7' of 'xgboost', must be one of 1, .*; did you mean '1\.7-1'\?"),
        ("xgboost", None, r"got no version of 'xgboost', give one of 1, 0\.90-1, .*, 3\.0-5, 3\.2-0$"),
        ("kmeans", "latest", r"got version 'latest' of 'kmeans', must be one of 1$"),
    ],
)
def test_unknown_image_is_told_with_the_nearest(name: str, version: str | None, message: str) -> None:
    """A typo leads to what was meant; without a version nothing may change with a release of this library."""
    with pytest.raises(UnknownImageError, match=message):
        find(name, version)


def test_unknown_region_is_told_with_the_way_out() -> None:
    """AWS may have the image there: its URI is then as good."""
    with pytest.raises(UnknownImageError, match=r"in region 'eu-north-1', known in .*; give the image with .*from_uri"):
        find("lda").uri("eu-north-1")


def test_tool_writes_the_table_from_the_sdks_files() -> None:
    """What has the same accounts everywhere is one registry; tags of the oldest XGBoost tell processor and Python."""
    one, other = {"us-east-1": "111122223333"}, {"us-east-1": "444455556666"}
    old = {"registries": other, "repository": "sagemaker-xgboost", "processors": ["cpu"], "py_versions": ["py3"]}
    made = tool.table(
        {
            "xgboost": {"training": {"versions": {"1": {"registries": one, "repository": "xgboost"}, "0.90-1": old}}},
            "pca": {"scope": ["training"], "versions": {"1": {"registries": one, "repository": "pca"}}},
            "pytorch": {
                "training": {
                    "versions": {
                        "1.1.0": {"registries": other, "repository": "sagemaker-pytorch"},
                        "1.2.0": {"registries": one, "repository": "pytorch-training"},
                        "2.9.0": {"registries": {**one, **other}, "repository": "pytorch-training"},
                    }
                },
                "inference": {"versions": {"1.2.0": {"registries": one, "repository": "pytorch-inference"}}},
            },
            "huggingface": {
                "training": {
                    "versions": {
                        "4.17": {
                            "version_aliases": {"pytorch1.10": "pytorch1.10.2"},
                            "pytorch1.10.2": {"registries": other, "repository": "huggingface-pytorch-training"},
                        }
                    }
                },
            },
        }
    )
    assert made == {
        "registries": {"pca": one, "sagemaker-xgboost": other},
        "algorithms": {
            "pca": {"1": {"registry": "pca", "image": "pca:1"}},
            "xgboost": {
                "1": {"registry": "pca", "image": "xgboost:1"},
                "0.90-1": {"registry": "sagemaker-xgboost", "image": "sagemaker-xgboost:0.90-1-cpu-py3"},
            },
        },
        "frameworks": {
            "huggingface-pytorch-training": ["444455556666"],
            "pytorch-training": ["111122223333", "444455556666"],
            "sagemaker-pytorch": ["444455556666"],
        },
    }
    assert json.loads(tool.text(made)) == made


def test_committed_table_is_the_tools() -> None:
    """Written by hand it would soon be spelled differently, and diffs of an update would not be read."""
    assert tool.TARGET.read_text(encoding="ascii") == tool.text(TABLE)
    assert tuple(TABLE["algorithms"]) == tool.ALGORITHMS
    assert built_in_images.repository("no image of ECR") == ""
