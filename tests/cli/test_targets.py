"""What a target may be, and what is said when there is none, or nobody to ask."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hpt_construct.cli.sagemaker import SageMaker
from hpt_construct.cli.target import RESOURCE_TYPE, _logical_id
from sandbox.sagemaker.settings import Fault

if TYPE_CHECKING:
    from tests.cli.conftest import World

_ARN = "arn:aws:sagemaker:{}:111122223333:hyper-parameter-tuning-job/tune"
_STACK_ARN = "arn:aws:cloudformation:{}:111122223333:stack/Training/12345678-1234-1234-1234-123456789012"
DESCRIBE = "DescribeHyperParameterTuningJob"


def _assert_one_sentence(world: World, *arguments: str, says: str) -> None:
    """The command ends with 2 and says something in one line on standard error."""
    result = world.hpt(*arguments)
    assert result.exit_code == 2, result.output
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    assert says in result.stderr


@pytest.mark.parametrize(
    "target", ["tune", "TUNE", _ARN.format("us-east-1"), "Training", "Training/Tuning79A926AD", "Training/Tuning"]
)
def test_a_job_is_named_in_five_ways(world: World, target: str) -> None:
    """By its name in any case, its ARN, its stack, its resource, or its construct."""
    world.start()
    world.cloudformation.add("Training", Tuning79A926AD="tune")
    world.service.advance(99_999)
    assert world.hpt("wait", target).output.startswith("tune is Completed")


def test_an_arn_says_where_the_job_is(world: World) -> None:
    """Its region is asked, whatever is configured; another one by --region is a contradiction."""
    world.service.client("eu-west-1").create_hyper_parameter_tuning_job(
        **world.body | {"HyperParameterTuningJobName": "tune"}
    )
    world.service.advance(99_999)
    assert world.hpt("wait", _ARN.format("eu-west-1")).exit_code == 0
    arguments = ("wait", _ARN.format("eu-west-1"), "--region", "us-east-1")
    _assert_one_sentence(world, *arguments, says="that is in eu-west-1, but --region says 'us-east-1'")


def test_a_stack_is_named_by_its_arn(world: World) -> None:
    """Like its name; its region is asked, whatever is configured, and --region can't contradict it."""
    arn = _STACK_ARN.format("eu-west-1")
    world.service.client("eu-west-1").create_hyper_parameter_tuning_job(
        **world.body | {"HyperParameterTuningJobName": "tune"}
    )
    world.cloudformation.add(arn, Job="tune")
    world.service.advance(99_999)
    assert world.hpt("wait", arn).output.startswith("tune is Completed")
    _assert_one_sentence(world, "wait", arn, "--region", "us-east-1", says="that is in eu-west-1, but --region says")
    gone = _STACK_ARN.format("us-east-1")
    _assert_one_sentence(world, "wait", gone, says=f"in us-east-1 there is neither a tuning job nor a stack {gone!r}")


@pytest.mark.parametrize(
    "path", ["Tuning", "Search/Tuning", "Search/Default", "a-b/Ä 1/b", "Tuning/Tuning", "Resource/x"]
)
def test_a_construct_has_the_logical_id_that_the_cdk_gives(path: str) -> None:
    """Of its path, whatever is in it."""
    import aws_cdk as cdk  # noqa: PLC0415 – starts node
    from constructs import Construct  # noqa: PLC0415 – the same

    stack = cdk.Stack(cdk.App(), "Training")
    scope: Construct = stack
    for part in path.split("/"):
        scope = Construct(scope, part)
    resource = cdk.CfnResource(scope, "Resource", type=RESOURCE_TYPE)
    assert stack.resolve(resource.logical_id) == _logical_id(path)


def test_a_training_job_is_told_with_its_tuning_job(world: World) -> None:
    """Whoever copies an ARN from the console may have the wrong one."""
    world.start()
    world.service.advance(3600)
    best = world.sagemaker.tuning("tune").best
    assert best is not None
    says = f"hpt: '{best.name}' is a training job; its tuning job is 'tune', so name that one\n"
    _assert_one_sentence(world, "best", best.arn, says=says)
    _assert_one_sentence(world, "best", f"{best.arn}x", says=f"the training job '{best.name}x' does not exist")


def test_a_training_job_of_its_own_has_no_tuning_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to look at here."""
    monkeypatch.setattr(SageMaker, "described_training", lambda _self, _name: {"TrainingJobName": "alone"})
    arn = _ARN.format("us-east-1").replace("hyper-parameter-tuning-job/tune", "training-job/alone")
    _assert_one_sentence(world, "best", arn, says="'alone' is a training job, and of no tuning job; name a tuning job")


@pytest.mark.parametrize(
    ("typed", "says"), [("wathc", " Did you mean 'watch'?"), ("bset", " Did you mean 'best'?"), ("x", "")]
)
def test_a_command_that_is_misspelled_is_told_with_one_like_it(world: World, typed: str, says: str) -> None:
    """2, as for every wrong input."""
    result = world.hpt(typed)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"Error: No such command {typed!r}.{says}")


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (
            "nobody",
            "in us-east-1 there is neither a tuning job nor a stack 'nobody'; `hpt list` lists those that exist",
        ),
        ("Not/There", "the stack 'Not' does not exist"),
        ("Empty", "the stack 'Empty' has no tuning job"),
        ("Training/Other", "the stack 'Training' has no tuning job 'Other'; it has: 'Job', 'Refused'"),
        ("Training/Refused", "Training/Refused has started no tuning job"),
        ("no\x1b[2Jbody!", "neither a tuning job nor a stack 'no\\x1b[2Jbody!'"),
    ],
)
def test_what_is_not_there_is_told_with_the_way_out(world: World, target: str, says: str) -> None:
    """2, and one sentence."""
    world.cloudformation.add("Training", Job="tune", Refused="not-created:4711")
    world.cloudformation.add("Empty")
    _assert_one_sentence(world, "best", target, says=says)


def test_no_credentials(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log in."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    _assert_one_sentence(world, "best", "tune", says="without AWS credentials")


def test_no_region(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name one."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    _assert_one_sentence(world, "best", "tune", says="name a region with --region or AWS_REGION")


@pytest.mark.parametrize("default", [None, "us-east-1"])
def test_aws_region_counts(world: World, monkeypatch: pytest.MonkeyPatch, default: str | None) -> None:
    """As for the AWS CLI: more than AWS_DEFAULT_REGION, less than --region."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    if default:
        monkeypatch.setenv("AWS_DEFAULT_REGION", default)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    _assert_one_sentence(world, "best", "tune", says="in eu-west-1 there is neither")
    _assert_one_sentence(world, "best", "tune", "--region", "ap-south-1", says="in ap-south-1 there is neither")


def test_no_such_profile(world: World) -> None:
    """See which there are."""
    _assert_one_sentence(
        world, "best", "tune", "--profile", "x", says="the profile 'x' is not in your AWS configuration"
    )


def test_no_network(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", "http://127.0.0.1:9")
    _assert_one_sentence(world, "best", "tune", says="AWS does not answer")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDeniedException", f"ask for the permission {DESCRIBE}"),
        ("ExpiredTokenException", "the AWS credentials have expired"),
        ("UnrecognizedClientException", "AWS does not know these credentials"),
        ("SomethingElse", "AWS returned an error for the tuning job 'tune': SomethingElse"),
    ],
)
def test_a_refusal_of_sagemaker(world: World, code: str, says: str) -> None:
    """Each with what to do about it."""
    world.service.add_fault(Fault(operation=DESCRIBE, code=code, message="\x1b[2J no"))
    _assert_one_sentence(world, "best", "tune", says=says)


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        ("AccessDeniedException", 400, f"; ask for the permission {DESCRIBE}\n"),
        ("InternalFailure", 500, "AWS reports an internal error (InternalFailure, without a message); try again"),
        ("SomethingElse", 400, "an error for the tuning job 'tune': SomethingElse, without a message\n"),
    ],
)
def test_a_refusal_without_a_message(world: World, code: str, status: int, says: str) -> None:
    """The sentence ends as a sentence, not in a colon or empty brackets."""
    world.service.add_fault(Fault(operation=DESCRIBE, code=code, message="", status=status))
    _assert_one_sentence(world, "best", "tune", says=says)


def test_a_refusal_of_cloudformation(world: World) -> None:
    """Whoever may look at tuning jobs may not look at stacks, perhaps."""
    world.cloudformation.refuses = "AccessDenied"
    _assert_one_sentence(world, "best", "tune/job", says="ask for the permission ListStackResources")


def test_help_needs_neither_the_cdk_nor_boto3() -> None:
    """It is there at once: nothing that takes long to load is loaded."""
    script = (
        "import sys; from hpt_construct.cli import commands\n"
        "try: commands.run()\n"
        "finally: print(sorted({'aws_cdk', 'jsii', 'boto3', 'rich', 'optuna'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, "--help"], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: hpt ")
    assert done.stdout.endswith("[]\n")


def test_without_its_extra_it_says_what_to_install(tmp_path: Path) -> None:
    """The package alone has the command, but not what it needs."""
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError('no click', name='click')")
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{root}"}
    done = subprocess.run(
        [sys.executable, "-m", "hpt_construct.cli"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        "hpt needs click, which is not installed: pip install 'hpt-construct[cli]', "
        "or 'hpt-construct[report]' for reports too\n"
    )
