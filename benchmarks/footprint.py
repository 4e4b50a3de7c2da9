"""Counts what a job adds to a template, and what the product adds to an app; nothing here is timed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from benchmarks import stacks

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


@dataclass(frozen=True)
class Size:
    """Resources and bytes of a template: what a stack has once, and what each job adds."""

    resources_once: int
    resources_a_job: float
    bytes_once: int
    bytes_a_job: float


def size(key: str, jobs: int = 20) -> Size:
    """The size of one of the stacks, from its template with one job and with so many."""
    one, many = (stacks.template(stacks.FILLS[key], count) for count in (1, jobs))
    added = len(many["Resources"]) - len(one["Resources"])
    bytes_added = template_bytes(many) - template_bytes(one)
    a_job, bytes_a_job = added / (jobs - 1), bytes_added / (jobs - 1)
    return Size(
        round(len(one["Resources"]) - a_job), a_job, round(template_bytes(one) - bytes_a_job), round(bytes_a_job)
    )


def template_bytes(template: Mapping[str, Any], indent: int | None = None) -> int:
    """The size of a template as CloudFormation gets it, by default without indentation."""
    return len(json.dumps(template, indent=indent, separators=(",", ":")).encode())


def zipped_function() -> int:
    """The bytes of the function's code as Lambda gets it."""
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder)
        stacks.hpt_construct(stacks.app_stack(app), 1)
        app.synth()
        (asset,) = Path(folder).glob("asset.*")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(asset.rglob("*")):
                file.write(path, path.relative_to(asset))
        return len(archive.getvalue())


def history(template: Mapping[str, Any]) -> tuple[int, int]:
    """The events in the history of an execution that polls for twelve hours, and how many there may be.

    A round is a wait and a choice, with an event at the entry and one at the exit of each, and a task, with three more.
    """
    [machine] = [each for each in template["Resources"].values() if each["Type"] == "AWS::StepFunctions::StateMachine"]
    states = machine["Properties"]["Definition"]["States"].values()
    events = {"Wait": 2, "Choice": 2, "Task": 5}
    # Of the two waits one is in a round.
    a_round = sum(events.get(kind, 0) for kind in {state["Type"] for state in states})
    return 12 * 60 * a_round, 25_000


def largest_policy(template: Mapping[str, Any]) -> int:
    """The characters of the largest policy in a template, without white space, as IAM counts."""
    documents = [
        item["Properties"]["PolicyDocument"] for item in template["Resources"].values() if item["Type"] in _POLICIES
    ]
    return max(len(json.dumps(document, separators=(",", ":"))) for document in documents)


def modules_loaded() -> list[str]:
    """The modules of the CDK that ``import hpt_construct`` loads and ``import aws_cdk`` does not."""
    code = (
        "import sys, aws_cdk; before = set(sys.modules); import hpt_construct; "
        "print(*sorted(name for name in set(sys.modules) - before if name.startswith('aws_cdk.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 – ours
    return done.stdout.split()
