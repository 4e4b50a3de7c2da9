"""``job.grant_read`` gives what the commands that look at a job need."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import World

_PLACE = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "111122223333"}


def _granted() -> list[tuple[str, str]]:
    """The actions and resources of ``grant_read`` of the job ``tune``."""
    import aws_cdk as cdk  # noqa: PLC0415 – starts node
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 – the same
    from aws_cdk.assertions import Template  # noqa: PLC0415 – the same

    from hpt_construct import HyperparameterTuningJob  # noqa: PLC0415 – the same

    env = cdk.Environment(account=_PLACE["AWS::AccountId"], region=_PLACE["AWS::Region"])
    stack = cdk.Stack(cdk.App(), "Training", env=env)
    user = iam.Role(stack, "User", assumed_by=iam.AccountRootPrincipal())
    HyperparameterTuningJob.from_tuning_job_name(stack, "Job", "tune").grant_read(user)
    [policy] = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    granted = []
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        joined = statement["Resource"]["Fn::Join"][1]
        resource = "".join(part if isinstance(part, str) else _PLACE[part["Ref"]] for part in joined)
        granted += [(action, resource) for action in actions]
    return granted


def test_grant_read_is_what_looking_at_a_job_takes(world: World, tmp_path: Path) -> None:
    """No call of these commands is refused, and nothing is granted that none of them needs."""
    limits = {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600}
    world.start(definition={"EnableManagedSpotTraining": True, "StoppingCondition": limits})
    world.service.advance(99_999)
    world.asked.clear()
    for command in ("watch tune", "wait tune --json", "best tune", "convert --from-job tune"):
        assert world.hpt(*command.split()).exit_code == 0
    assert world.hpt("report", "tune", "-o", str(tmp_path / "report.html")).exit_code == 0
    granted, asked = _granted(), set(world.asked)
    covering = {each: [one for one in granted if one[0] == each[0] and fnmatchcase(each[1], one[1])] for each in asked}
    assert [each for each, by in covering.items() if not by] == []
    assert {one for by in covering.values() for one in by} == set(granted)
