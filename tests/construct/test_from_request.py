"""A plain request becomes a job of the class that it is asked of, with what is given in place of its own members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match, Template

from hpt_construct import HyperparameterTuningJob, ResourceLimits, ValidationError
from hpt_construct.checking import check
from tests.construct.jobs import TYPE, minimal

if TYPE_CHECKING:
    from constructs import Construct

ARN = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/Nightly"
ROLE = "arn:aws:iam::111122223333:role/Other"


def properties(stack: cdk.Stack) -> dict[str, Any]:
    """Of the one job of a stack."""
    [resource] = Template.from_stack(stack).find_resources(TYPE).values()
    found: dict[str, Any] = resource["Properties"]
    return found


def described(guide_request: dict[str, Any]) -> dict[str, Any]:
    """An answer of Describe."""
    status = {"HyperParameterTuningJobStatus": "Completed"}
    return {**guide_request, **status, "HyperParameterTuningJobName": "Nightly", "HyperParameterTuningJobArn": ARN}


class Guarded(HyperparameterTuningJob):
    """One instance-hour at most."""

    def __init__(self, scope: Construct, id: str, **arguments: Any) -> None:  # noqa: A002
        super().__init__(scope, id, **{**arguments, "max_instance_hours": 1})


class Changing(HyperparameterTuningJob):
    """Other limits than those of the request, and a note of what the constructor got."""

    limits = ResourceLimits(max_training_jobs=3, max_parallel_training_jobs=3)

    def __init__(self, scope: Construct, id: str, **arguments: Any) -> None:  # noqa: A002
        self.got = arguments
        super().__init__(scope, id, **{**arguments, "resource_limits": self.limits})


class TestSubclass:
    """The constructor of a subclass is the only way to a job of it."""

    def test_guard_holds(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Also where the request alone is right."""
        with pytest.raises(ValidationError, match=r"max_instance_hours: got 1, the request allows"):
            Guarded.from_request(stack, "Tuning", guide_request)

    def test_what_it_changes_is_checked(
        self, stack: cdk.Stack, guide_request: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In the words of the request, which are the caller's."""
        monkeypatch.setattr(Changing, "limits", ResourceLimits(max_training_jobs=2, max_parallel_training_jobs=3))
        with pytest.raises(ValidationError) as caught:
            Changing.from_request(stack, "Tuning", guide_request)
        [problem] = caught.value.problems
        assert problem.startswith("HyperParameterTuningJobConfig.ResourceLimits.MaxParallelTrainingJobs: got 3, must")

    def test_what_it_mends_is_no_problem(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """What the request says does not matter where the subclass says something else."""
        limits = guide_request["HyperParameterTuningJobConfig"]["ResourceLimits"]
        limits["MaxParallelTrainingJobs"] = limits["MaxNumberOfTrainingJobs"] + 1
        Changing.from_request(stack, "Tuning", guide_request)
        sent = properties(stack)["HyperParameterTuningJobConfig"]["ResourceLimits"]
        assert sent == {"MaxNumberOfTrainingJobs": "3", "MaxParallelTrainingJobs": "3"}

    def test_it_gets_only_what_is_given(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """A default of its own for the tags is one."""
        job = Changing.from_request(stack, "Tuning", guide_request, run="2")
        assert job.got.keys() == {
            "strategy", "resource_limits", "objective", "parameter_ranges", "training_job", "run",
        }  # fmt: skip

    def test_structure_is_told_before_it_gets_anything(self, stack: cdk.Stack) -> None:
        """There are no typed parts of half a request."""
        with pytest.raises(ValidationError, match=r"HyperParameterTuningJobConfig: missing"):
            Changing.from_request(stack, "Tuning", {})

    def test_job_that_it_makes_beside_its_own_has_its_own_words(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """And its own checks."""

        class Pair(HyperparameterTuningJob):
            def __init__(self, scope: Construct, id: str, **arguments: Any) -> None:  # noqa: A002
                minimal(scope, f"{id}-first", random_seed=-1)
                super().__init__(scope, id, **arguments)

        with pytest.raises(ValidationError, match=r"- random_seed: got -1"):
            Pair.from_request(stack, "Tuning", guide_request)


def test_request_is_checked_once(
    stack: cdk.Stack, guide_request: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a class without a constructor of its own too: the checks are most of what a job costs in Python."""
    checks = []

    def counted(*arguments: Any, **named: Any) -> Any:
        checks.append(arguments)
        return check(*arguments, **named)

    monkeypatch.setattr("hpt_construct.tuning_job.check", counted)
    HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)

    class Renamed(HyperparameterTuningJob):
        """No constructor."""

    Renamed.from_request(stack, "Other", guide_request)
    assert len(checks) == 2


class TestInPlace:
    """What is given stands in place of what the request has."""

    def test_name_of_a_description_used_again_is_a_warning(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """The deployment would fail in the account and region where that job is."""
        job = HyperparameterTuningJob.from_request(stack, "Tuning", described(guide_request))
        message = (
            "HyperParameterTuningJobName: got 'Nightly', the name of the job that Describe returned, which stays "
            "taken; pass tuning_job_name=None to have a name generated, or another name"
        )
        Annotations.from_stack(stack).has_warning(f"/{job.node.path}", Match.string_like_regexp(message))

    @pytest.mark.parametrize("name", [None, "another"])
    def test_name_is_replaced(self, stack: cdk.Stack, guide_request: dict[str, Any], name: str | None) -> None:
        """None has one made up; there is nothing left to warn of."""
        HyperparameterTuningJob.from_request(stack, "Tuning", described(guide_request), tuning_job_name=name)
        assert properties(stack).get("HyperParameterTuningJobName") == name
        assert ("NamePrefix" in properties(stack)) is (name is None)
        assert Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("Describe")) == []

    def test_tags_are_replaced(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """In either form."""
        request = {**guide_request, "Tags": [{"Key": "team", "Value": "old"}]}
        HyperparameterTuningJob.from_request(stack, "Tuning", request, tags={"team": "new"})
        assert properties(stack)["Tags"] == [{"Key": "team", "Value": "new"}]

    def test_no_tags_is_none_of_them(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """None takes those of the request away."""
        request = {**guide_request, "Tags": [{"Key": "team", "Value": "old"}]}
        HyperparameterTuningJob.from_request(stack, "Tuning", request, tags=None)
        assert "Tags" not in properties(stack)

    @pytest.mark.parametrize("without", [True, False])
    def test_role_is_that_of_every_definition(
        self, stack: cdk.Stack, guide_request: dict[str, Any], *, without: bool
    ) -> None:
        """Of one with a role of another account, and of one with none."""
        if without:
            del guide_request["TrainingJobDefinition"]["RoleArn"]
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request, role=ROLE)
        assert properties(stack)["TrainingJobDefinition"]["RoleArn"] == ROLE

    def test_job_waits_for_the_role(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """A role of the app comes with its policies before the job starts, as in the typed form."""
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        job = HyperparameterTuningJob.from_request(stack, "Tuning", guide_request, role=role)
        assert job.role is role
        [resource] = Template.from_stack(stack).find_resources(TYPE).values()
        assert stack.get_logical_id(role.node.default_child) in resource["DependsOn"]  # type: ignore[arg-type]

    def test_no_role_is_one_that_the_job_makes(self, guide_request: dict[str, Any]) -> None:
        """The same template as of the typed form without a role, for one definition or several."""
        request = {key: value for key, value in guide_request.items() if key != "TrainingJobDefinition"}
        config = guide_request["HyperParameterTuningJobConfig"]
        ranges, objective = config.pop("ParameterRanges"), config.pop("HyperParameterTuningJobObjective")
        own = {"HyperParameterRanges": ranges, "TuningObjective": objective}
        config.pop("TrainingJobEarlyStoppingType", None)
        request["TrainingJobDefinitions"] = [
            {**guide_request["TrainingJobDefinition"], **own, "DefinitionName": name} for name in ("a", "b")
        ]
        stack = cdk.Stack(cdk.App(), "Training")
        job = HyperparameterTuningJob.from_request(stack, "Tuning", request, role=None)
        assert job.role is not None
        arns = [definition["RoleArn"] for definition in properties(stack)["TrainingJobDefinitions"]]
        assert arns == [stack.resolve(job.role.role_arn)] * 2

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            ({"role": "Name"}, "role: got 'Name', must be an iam.IRole or an ARN, like "),
            ({"role": 5}, "role: got 5, must be an iam.IRole or an ARN, like "),
            ({"tags": 5}, "tags: got 5, must be a mapping, like {'team': 'churn'}"),
            ({"tags": {"team": 5}}, "tags['team']: got 5, must be a string"),
            (
                {"tuning_job_name": "a_b"},
                "tuning_job_name: got 'a_b', must be 1 to 32 letters, digits and inner hyphens",
            ),
        ],
        ids=str,
    )
    def test_wrong_argument_is_told_as_in_the_typed_form(
        self, stack: cdk.Stack, guide_request: dict[str, Any], arguments: dict[str, Any], problem: str
    ) -> None:
        """With the class that belongs there."""
        with pytest.raises(ValidationError) as caught:
            HyperparameterTuningJob.from_request(stack, "Tuning", guide_request, **arguments)
        [told] = caught.value.problems
        assert told.startswith(problem)

    def test_problems_are_told_by_the_argument(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """What the caller has written as arguments is named so, and each once."""
        request = {**guide_request, "RandomSeed": 1}
        del request["TrainingJobDefinition"]
        definition = guide_request["TrainingJobDefinition"]
        request["TrainingJobDefinitions"] = [definition, definition]
        with pytest.raises(ValidationError) as caught:
            HyperparameterTuningJob.from_request(
                stack, "Tuning", request, tuning_job_name="a_b", tags={"aws:x": "y"}, role="Name"
            )
        paths = [problem.partition(": ")[0] for problem in caught.value.problems]
        assert {"tuning_job_name", "tags['aws:x']", "role", "RandomSeed"} <= set(paths)
        assert len(set(caught.value.problems)) == len(caught.value.problems)
