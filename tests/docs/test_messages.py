"""What docs/messages.md says of mistakes is what is said of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

import hpt_construct
from benchmarks import requests
from hpt_construct import ValidationError
from tests.construct import jobs

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "messages.md"


class Row(NamedTuple):
    """Code, what is said of it, and code of which that is not said."""

    written: str
    told: str
    way_out: str


ROWS = [
    Row(*cells)
    for cells in re.findall(r"^\| `(.+?)` \| `(.+?)` \| `(.+?)` \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
]


class Said(NamedTuple):
    """Of code."""

    errors: list[str]
    warnings: list[str]


def said(code: str) -> Said:
    """By what is raised, or in the annotations of the stack."""
    stack = cdk.Stack(cdk.App(), "Training", env=cdk.Environment(region="us-east-1"))
    request = requests.guide_request()
    name = "nightly"
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/{name}"
    names: dict[str, Any] = {
        **{each: getattr(hpt_construct, each) for each in hpt_construct.__all__},
        "cdk": cdk, "ec2": ec2, "ecr": ecr, "iam": iam, "s3": s3, "stack": stack,
        "bucket": s3.Bucket(stack, "Bucket"),
        "number": cdk.Token.as_number(cdk.Fn.import_value("seconds")),
        "pytorch": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.3.0-cpu-py311",
        "request": request,
        "described": {**request, "HyperParameterTuningJobName": name, "HyperParameterTuningJobArn": arn},
        "job": lambda **arguments: jobs.minimal(stack, **arguments),
        "training": jobs.definition,
    }  # fmt: skip
    try:
        exec(compile(code, str(DOCUMENT), "exec"), names)  # noqa: S102 – our own document
    except ValidationError as error:
        return Said(list(error.problems), [])
    except ImportError as error:
        return Said([str(error)], [])
    warnings = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    return Said([], [str(warning.entry.data).rpartition(" [ack: ")[0] for warning in warnings])


def test_every_row_of_the_tables_is_read() -> None:
    """A row of another form would be tested by nobody."""
    lines = DOCUMENT.read_text("utf-8").splitlines()
    assert len(ROWS) == len([line for line in lines if line.startswith("| `")]) > 0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.written)
def test_mistake_is_told_as_the_document_says(row: Row) -> None:
    """Word for word."""
    assert row.told in [*said(row.written).errors, *said(row.written).warnings]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.way_out)
def test_way_out_is_one(row: Row) -> None:
    """No error is left, and the place is not warned of."""
    told = said(row.way_out)
    assert told.errors == []
    assert [message for message in told.warnings if message.startswith(row.told.partition(": ")[0])] == []
