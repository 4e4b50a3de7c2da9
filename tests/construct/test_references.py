"""What other constructs of an app get from a tuning job, one of the app or one that it refers to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template
from constructs import Construct
from ministack.services import eventbridge

from hpt_construct import HyperparameterTuningJob, IHyperparameterTuningJob, ValidationError
from tests.construct.jobs import TYPE, minimal

if TYPE_CHECKING:
    from collections.abc import Callable

ARN = "arn:aws-cn:sagemaker:cn-north-1:111122223333:hyper-parameter-tuning-job/Nightly-1"


def logical_id(stack: cdk.Stack) -> str:
    """The logical id of the one job of a stack."""
    [found] = Template.from_stack(stack).find_resources(TYPE)
    return found


def user(stack: cdk.Stack) -> iam.Role:
    """Somebody to grant something to."""
    return iam.Role(stack, "User", assumed_by=iam.AccountRootPrincipal())


def all_granted(stack: cdk.Stack) -> list[dict[str, Any]]:
    """The statements of that user's policy."""
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    [policy] = [policy for name, policy in policies.items() if name.startswith("User")]
    found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def granted(stack: cdk.Stack) -> dict[str, Any]:
    """The one statement of that user's policy."""
    [statement] = all_granted(stack)
    return statement


def local_arn(name: str) -> dict[str, Any]:
    """The ARN of a job in the account and region of the stack."""
    parts = ["arn:", {"Ref": "AWS::Partition"}, ":sagemaker:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    return {"Fn::Join": ["", [*parts, f":hyper-parameter-tuning-job/{name}"]]}


class TestImport:
    """A job that the app does not make."""

    def test_name_gives_an_arn_of_the_stack(self, stack: cdk.Stack) -> None:
        """Account, region and partition are where the stack is deployed."""
        job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        assert isinstance(job, IHyperparameterTuningJob)
        assert job.tuning_job_name == "nightly"
        assert stack.resolve(job.tuning_job_arn) == local_arn("nightly")

    def test_arn_gives_the_name(self, stack: cdk.Stack) -> None:
        """The ARN stays as it is, of whatever account, region and partition."""
        job = HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", ARN)
        assert (job.tuning_job_arn, job.tuning_job_name) == (ARN, "Nightly-1")

    def test_arn_that_is_a_token_gives_the_name_at_deployment(self, stack: cdk.Stack) -> None:
        """CloudFormation takes the name out of it."""
        job = HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", cdk.Fn.import_value("arn"))
        assert stack.resolve(job.tuning_job_name) == {
            "Fn::Select": [
                1,
                {"Fn::Split": ["/", {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::ImportValue": "arn"}]}]}]},
            ]
        }

    def test_import_adds_nothing_to_the_stack(self, stack: cdk.Stack) -> None:
        """No function, no resource, no output."""
        HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", cdk.Fn.import_value("name"))
        assert Template.from_stack(stack).to_json().keys() <= {"Parameters", "Rules"}

    @pytest.mark.parametrize("name", ["", "night_ly", "-nightly", "n" * 33, "n" + "-" * 31 + "y"])
    def test_impossible_name_is_refused(self, stack: cdk.Stack, name: str) -> None:
        """With what is allowed, and before there is a construct."""
        with pytest.raises(ValidationError) as caught:
            HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", name)
        allowed = "must be 1 to 32 letters, digits and inner hyphens"
        assert caught.value.problems == (f"tuning_job_name: got {name!r}, {allowed}",)
        assert stack.node.children == []

    @pytest.mark.parametrize(
        ("arn", "problem"),
        [
            ("nightly", "must be arn:aws:sagemaker:<region>:<account>:hyper-parameter-tuning-job/<name>"),
            (
                "arn:aws:sagemaker:us-east-1:111122223333:training-job/nightly",
                "must be arn:aws:sagemaker:<region>:<account>:hyper-parameter-tuning-job/<name>",
            ),
            (
                "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/a_b",
                "its name must be 1 to 32 letters, digits and inner hyphens",
            ),
        ],
    )
    def test_impossible_arn_is_refused(self, stack: cdk.Stack, arn: str, problem: str) -> None:
        """With what is allowed."""
        with pytest.raises(ValidationError) as caught:
            HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", arn)
        assert caught.value.problems == (f"tuning_job_arn: got {arn!r}, {problem}",)


class TestGrants:
    """Permissions on one job."""

    def test_grant_is_for_this_job_alone(self, stack: cdk.Stack) -> None:
        """Generated names are of lower case: the ARN has one spelling."""
        minimal(stack).grant(user(stack), "sagemaker:AddTags", "sagemaker:DeleteTags")
        assert granted(stack) == {
            "Action": ["sagemaker:AddTags", "sagemaker:DeleteTags"],
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": [logical_id(stack), "HyperParameterTuningJobArn"]},
        }

    def test_read_is_describe_and_lists(self, stack: cdk.Stack) -> None:
        """What it takes to follow a tuning and its trainings, and nothing that changes it."""
        minimal(stack).grant_read(user(stack))
        job = logical_id(stack)
        region, account = {"Ref": "AWS::Region"}, {"Ref": "AWS::AccountId"}
        place = ["arn:", {"Ref": "AWS::Partition"}, ":sagemaker:", region, ":", account]
        assert all_granted(stack) == [
            {
                "Action": [
                    "sagemaker:DescribeHyperParameterTuningJob",
                    "sagemaker:ListTags",
                    "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
                ],
                "Effect": "Allow",
                "Resource": {"Fn::GetAtt": [job, "HyperParameterTuningJobArn"]},
            },
            {
                "Action": "sagemaker:DescribeTrainingJob",
                "Effect": "Allow",
                "Resource": {"Fn::Join": ["", [*place, ":training-job/", {"Ref": job}, "-*"]]},
            },
        ]

    def test_read_of_a_job_elsewhere_is_of_its_trainings_there(self, stack: cdk.Stack) -> None:
        """In both spellings."""
        arn = ARN.replace("aws-cn", "aws").replace("cn-north-1", "eu-west-1")
        HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", arn).grant_read(user(stack))
        start = ["arn:", {"Ref": "AWS::Partition"}]
        [_, trainings] = all_granted(stack)
        assert trainings["Resource"] == [
            {"Fn::Join": ["", [*start, f":sagemaker:eu-west-1:111122223333:training-job/{name}-*"]]}
            for name in ("Nightly-1", "nightly-1")
        ]

    def test_stop_is_that_action(self, stack: cdk.Stack) -> None:
        """One action."""
        minimal(stack).grant_stop(user(stack))
        assert granted(stack)["Action"] == "sagemaker:StopHyperParameterTuningJob"

    def test_name_with_capitals_is_granted_in_both_spellings(self, stack: cdk.Stack) -> None:
        """The service shows the ARN in both, and which of them IAM compares is not documented."""
        minimal(stack, tuning_job_name="Nightly").grant_stop(user(stack))
        own = {"Fn::GetAtt": [logical_id(stack), "HyperParameterTuningJobArn"]}
        assert granted(stack)["Resource"] == [own, local_arn("nightly")]

    def test_imported_name_with_capitals_is_granted_in_both_spellings(self, stack: cdk.Stack) -> None:
        """So is a job that is only referred to."""
        HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "Nightly").grant_stop(user(stack))
        assert granted(stack)["Resource"] == [local_arn("Nightly"), local_arn("nightly")]

    def test_imported_arn_with_capitals_is_granted_in_both_spellings(self, stack: cdk.Stack) -> None:
        """In its own account and region."""
        HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", ARN).grant_stop(user(stack))
        assert granted(stack)["Resource"] == [ARN, ARN.replace("Nightly", "nightly")]

    def test_name_that_is_a_token_is_granted_as_it_will_be(self, stack: cdk.Stack) -> None:
        """Nothing can be said of its case."""
        minimal(stack, tuning_job_name=cdk.Fn.import_value("name")).grant_stop(user(stack))
        assert granted(stack)["Resource"] == {"Fn::GetAtt": [logical_id(stack), "HyperParameterTuningJobArn"]}


def patterns(stack: cdk.Stack) -> list[dict[str, Any]]:
    """The event patterns of the rules of a stack."""
    rules = Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
    return [rule["Properties"]["EventPattern"] for rule in rules]


STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/Training/1"


def event(name: str, *, status: str = "Completed", tags: Any = None) -> dict[str, Any]:
    """An event as SageMaker sends it."""
    detail: dict[str, Any] = {"HyperParameterTuningJobName": name, "HyperParameterTuningJobStatus": status}
    if tags is not None:
        detail["Tags"] = tags
    kind = "SageMaker HyperParameter Tuning Job State Change"
    return {"Source": "aws.sagemaker", "DetailType": kind, "Detail": json.dumps(detail)}


def heard(pattern: dict[str, Any], told: dict[str, Any]) -> bool:
    """Whether an event matches a pattern when it is deployed, as MiniStack evaluates it: fields of a list of objects
    have to be those of one of them.
    """
    deployed = json.dumps(pattern).replace('{"Ref": "AWS::StackId"}', json.dumps(STACK_ID))
    return bool(eventbridge._matches_pattern(deployed, told))


def as_map(tags: dict[str, str]) -> Any:
    """Tags as AWS's samples of the event have them."""
    return tags


def as_list(tags: dict[str, str]) -> Any:
    """Tags as AWS's schema of the event has them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class TestEvents:
    """EventBridge rules for one job."""

    def test_rule_hears_its_job_by_prefix_and_tag(self, stack: cdk.Stack) -> None:
        """It needs no reference to the job, and is there as early as the job is."""
        minimal(stack).on_state_change("Changed")
        [pattern] = patterns(stack)
        assert pattern == {
            "source": ["aws.sagemaker"],
            "detail-type": ["SageMaker HyperParameter Tuning Job State Change"],
            "detail": {
                "HyperParameterTuningJobName": [{"prefix": "training-36a7-tuning-"}],
                "$or": [
                    {
                        "Tags": {
                            "hpt-construct:logical-id": [logical_id(stack)],
                            "hpt-construct:stack-id": [{"Ref": "AWS::StackId"}],
                        }
                    },
                    {"Tags": {"Key": ["hpt-construct:logical-id"], "Value": [logical_id(stack)]}},
                    {"Tags": {"hpt-construct:logical-id": [{"exists": False}], "Key": [{"exists": False}]}},
                ],
            },
        }

    @pytest.mark.parametrize("on", ["on_state_change", "on_completed", "on_failed", "on_stopped"])
    def test_unknown_option_is_refused(self, stack: cdk.Stack, on: str) -> None:
        """As anywhere in Python: a misspelt target would else be a rule that calls nothing."""
        with pytest.raises(TypeError, match="targets"):
            getattr(minimal(stack), on)("Changed", targets=[])

    def test_target_of_another_stack_that_needs_the_job_has_the_rule(self) -> None:
        """In the job, the rule would make each of the two stacks wait for the other."""
        app = cdk.App()
        stack, other = cdk.Stack(app, "Training"), cdk.Stack(app, "Other")
        job = minimal(stack)
        topic = sns.Topic(other, "Topic", display_name=job.tuning_job_name)
        rule = job.on_completed("Completed", target=targets.SnsTopic(topic), cross_stack_scope=other)
        assert cdk.Stack.of(rule) is other
        app.synth()
        [pattern] = patterns(other)
        assert pattern["detail"]["HyperParameterTuningJobStatus"] == ["Completed"]

    @pytest.mark.parametrize("form", [as_map, as_list])
    def test_rule_does_not_hear_a_neighbour_whose_prefix_is_alike(
        self, stack: cdk.Stack, form: Callable[[dict[str, str]], Any]
    ) -> None:
        """The prefix shows eight characters of an id; jobs of the same beginning are told apart by their tag."""
        job = minimal(Construct(stack, "A"), "Tuning")
        minimal(Construct(stack, "B"), "Tuning")
        job.on_state_change("Changed")
        first, second = Template.from_stack(stack).find_resources(TYPE)
        [pattern] = patterns(stack)

        def hears(logical_id: str, name: str = "training-36a7-tuning-0123abcde") -> bool:
            # A user's tag may have the value of another's.
            tags = {"hpt-construct:stack-id": STACK_ID, "hpt-construct:logical-id": logical_id, "team": first}
            return heard(pattern, event(name, tags=form(tags)))

        assert hears(first)
        assert not hears(second)
        assert not hears(first, "training-36a7-other-0123abcde")

    @pytest.mark.parametrize("tags", [None, {}, []], ids=["none", "map", "list"])
    def test_rule_lets_through_what_has_no_tags(self, stack: cdk.Stack, tags: Any) -> None:
        """An event too many is better than none."""
        minimal(stack).on_state_change("Changed")
        [pattern] = patterns(stack)
        assert heard(pattern, event("training-36a7-tuning-0123abcde", tags=tags))

    def test_rule_does_not_hear_a_stack_whose_prefix_is_alike(self, stack: cdk.Stack) -> None:
        """Stacks are told apart by four digits of a hash, and by this."""
        minimal(stack).on_state_change("Changed")
        [pattern] = patterns(stack)
        tags = {"hpt-construct:stack-id": f"{STACK_ID}2", "hpt-construct:logical-id": logical_id(stack)}
        assert not heard(pattern, event("training-36a7-tuning-0123abcde", tags=tags))

    def test_nested_stacks_of_the_same_path_do_not_hear_each_other(self) -> None:
        """One app deployed under two names has the same paths twice; the name of the root is in the prefix."""
        told = []
        for name in ("dev", "prod"):
            root = cdk.Stack(cdk.App(), "Training", stack_name=name)
            nested = cdk.NestedStack(root, "Nested")
            minimal(nested).on_state_change("Changed")
            [pattern] = patterns(nested)
            [resource] = Template.from_stack(nested).find_resources(TYPE).values()
            told.append((pattern, event(f"{resource['Properties']['NamePrefix']}-0123abcde")))
        assert [[heard(pattern, each) for _, each in told] for pattern, _ in told] == [[True, False], [False, True]]

    def test_own_condition_on_the_tags_is_refused(self, stack: cdk.Stack) -> None:
        """The CDK would join the two lists, and the rule hear other jobs."""
        choice = events.EventPattern(detail={"$or": [{"FailureReason": [{"exists": True}]}]})
        with pytest.raises(ValidationError) as caught:
            minimal(stack).on_state_change("Changed", event_pattern=choice)
        assert caught.value.problems == (
            "event_pattern: got detail with $or, which the rule needs for itself; make a rule per alternative",
        )

    def test_rule_of_a_given_name_hears_that_name_in_any_case(self, stack: cdk.Stack) -> None:
        """SageMaker's names ignore case, and of a longer name it hears nothing."""
        minimal(stack, tuning_job_name="Nightly").on_state_change("Changed")
        [pattern] = patterns(stack)
        assert [heard(pattern, event(name)) for name in ("Nightly", "nightly", "nightly-2")] == [True, True, False]

    def test_rule_of_an_imported_job_hears_its_name(self, stack: cdk.Stack) -> None:
        """A name that is only known at deployment does as well."""
        job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", cdk.Fn.import_value("name"))
        job.on_state_change("Changed")
        [pattern] = patterns(stack)
        expected = {"HyperParameterTuningJobName": [{"equals-ignore-case": {"Fn::ImportValue": "name"}}]}
        assert pattern["detail"] == expected

    @pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
    def test_rule_of_an_end_hears_that_end_alone(self, stack: cdk.Stack, status: str) -> None:
        """One rule for each way to end."""
        job = minimal(stack, tuning_job_name="nightly")
        make = {"Completed": job.on_completed, "Failed": job.on_failed, "Stopped": job.on_stopped}[status]
        make("Ended", description="The end", rule_name="end")
        [rule] = Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
        properties = rule["Properties"]
        assert (properties["Description"], properties["Name"]) == ("The end", "end")
        statuses = ["InProgress", "Completed", "Failed", "Stopping", "Stopped"]
        found = [each for each in statuses if heard(properties["EventPattern"], event("nightly", status=each))]
        assert found == [status]

    def test_pattern_of_the_caller_comes_on_top(self, stack: cdk.Stack) -> None:
        """Two ends in one rule, for one target."""
        job = minimal(stack, tuning_job_name="nightly")
        ends = events.EventPattern(detail={"HyperParameterTuningJobStatus": ["Completed", "Stopped"]})
        job.on_state_change("Ended", event_pattern=ends)
        [pattern] = patterns(stack)
        found = [heard(pattern, event("nightly", status=each)) for each in ("Completed", "Failed", "Stopped")]
        assert found == [True, False, True]
        assert not heard(pattern, event("other"))

    def test_target_may_know_the_name_of_the_job(self, stack: cdk.Stack) -> None:
        """The job does not wait for the rule: no circle, whatever the rule calls."""
        job = minimal(stack)
        said = events.RuleTargetInput.from_text(job.tuning_job_name)
        job.on_completed("Done", target=targets.SnsTopic(sns.Topic(stack, "Topic"), message=said))
        template = Template.from_stack(stack)
        [rule] = template.find_resources("AWS::Events::Rule").values()
        assert {"Ref": logical_id(stack)} in rule["Properties"]["Targets"][0]["Input"]["Fn::Join"][1]
        [resource] = template.find_resources(TYPE).values()
        [_, settings] = sorted(template.find_resources("AWS::Lambda::EventInvokeConfig"))
        [_, policy, _] = sorted(template.find_resources("AWS::IAM::Policy"))
        assert resource["DependsOn"] == [settings, policy]

    def test_job_can_be_made_to_wait_for_its_rule(self, stack: cdk.Stack) -> None:
        """For those who need the very first event."""
        job = minimal(stack)
        job.node.add_dependency(job.on_state_change("Changed"))
        template = Template.from_stack(stack)
        [rule] = template.find_resources("AWS::Events::Rule")
        [resource] = template.find_resources(TYPE).values()
        assert rule in resource["DependsOn"]

    def test_rule_changes_nothing_of_the_job(self, stack: cdk.Stack) -> None:
        """To listen must not launch anything again."""
        minimal(stack)
        before = Template.from_stack(stack).find_resources(TYPE)
        other = cdk.Stack(cdk.App(), "Training")
        minimal(other).on_completed("Done")
        assert Template.from_stack(other).find_resources(TYPE) == before


def by(dimension: str, metric: str, *, job: str = "nightly", statistic: str = "Average") -> str:
    """CloudWatch's search for a metric of a job's trainings."""
    schema = f'{{"/aws/sagemaker/TrainingJobs",{dimension}}}'
    return f"""SEARCH('{schema} MetricName="{metric}" {dimension}={job}', '{statistic}')"""


class TestMetrics:
    """What CloudWatch has of a job's trainings."""

    @pytest.mark.parametrize(
        ("name", "expression"),
        [
            (
                "validation:auc",
                by("TrainingJobName", "validation:auc"),
            ),
            (
                "GPUUtilization",
                by("Host", "GPUUtilization"),
            ),
            (
                'f1 ("macro")',
                by("TrainingJobName", r"f1 \(\"macro\"\)"),
            ),
        ],
    )
    def test_metric_searches_by_the_jobs_name(self, stack: cdk.Stack, name: str, expression: str) -> None:
        """Metrics of the algorithm are published by training, those of the instances by host."""
        job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly")
        assert job.metric(name).expression == expression

    def test_metric_stands_in_a_dashboard(self, stack: cdk.Stack) -> None:
        """With the name that the job will have, and as the caller wants it shown."""
        metric = minimal(stack).metric(
            "loss", statistic="Minimum", period=cdk.Duration.minutes(1), label="Loss", color="#ff0000"
        )
        cloudwatch.Dashboard(stack, "Board", widgets=[[cloudwatch.GraphWidget(left=[metric])]])
        [board] = Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard").values()
        body = board["Properties"]["DashboardBody"]["Fn::Join"][1]
        assert {"Ref": logical_id(stack)} in body
        [shown] = json.loads("".join(part if isinstance(part, str) else "x" for part in body))["widgets"]
        [[line]] = shown["properties"]["metrics"]
        assert line == {
            "expression": by("TrainingJobName", "loss", job="x", statistic="Minimum"),
            "label": "Loss",
            "period": 60,
            "color": "#ff0000",
        }

    def test_name_that_would_end_the_search_is_refused(self, stack: cdk.Stack) -> None:
        """CloudWatch describes no way to write an apostrophe in a search."""
        with pytest.raises(ValidationError, match='metric_name: got "it\'s", must have no apostrophe'):
            minimal(stack).metric("it's")

    @pytest.mark.parametrize("name", [5, None])
    def test_name_that_is_none_is_refused(self, stack: cdk.Stack, name: Any) -> None:
        """No traceback of ours."""
        with pytest.raises(ValidationError, match=f"metric_name: got {name}, must be a metric's name, like 'validati"):
            minimal(stack).metric(name)


@pytest.mark.parametrize("jobs", [1, 60])
def test_app_loads_no_module_that_it_does_not_use(jobs: int) -> None:
    """Every loaded service module of the CDK makes each synth slower, and so does doctest with unittest and pdb;
    what the CDK deprecates is not used.
    """
    code = f"""
import sys
import aws_cdk as cdk
from tests.construct.jobs import minimal
app = cdk.App()
stack = cdk.Stack(app, "Training")
for number in range({jobs}):
    minimal(stack, f"Tuning{{number}}")
app.synth()
print(*(name for name in sys.modules if name.startswith("aws_cdk.aws_") and name.count(".") == 1))
print(*({{"doctest"}} & set(sys.modules)))
"""
    environment = {**os.environ, "JSII_DEPRECATED": "fail"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) == {"aws_cdk.aws_iam", "aws_cdk.aws_s3_assets"}
