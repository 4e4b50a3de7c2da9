"""What a job that is waited for has in its template, and what may be asked of it."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct

from hpt_construct import (
    BestTrainingJob,
    CategoricalRange,
    ContinuousRange,
    HyperparameterTuningJob,
    Objective,
    OutputCompressionType,
    OutputDataConfig,
    ResourceLimits,
    ValidationError,
    WaitForCompletion,
    WarmStart,
)
from hpt_construct.resource import JobResource
from tests.construct.jobs import TYPE, definition, minimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import IConstruct

WAIT = f"{TYPE}Wait"
RESULT = f"{TYPE}Result"
HANDLE = "AWS::CloudFormation::WaitConditionHandle"
CONDITION = "AWS::CloudFormation::WaitCondition"
NEW_EACH_TIME = (HANDLE, WAIT, CONDITION)
SIX_HOURS = WaitForCompletion(timeout=cdk.Duration.hours(6))


def waiting(scope: Any, name: str = "Tuning", **arguments: Any) -> HyperparameterTuningJob:
    """A job that is waited for."""
    given = {"objective": Objective.maximize("auc"), "wait_for_completion": SIX_HOURS, **arguments}
    return minimal(scope, name, **given)


def template(fill: Callable[[cdk.Stack], object]) -> dict[str, Any]:
    """The template of a stack that is filled so."""
    app = cdk.App()
    stack = cdk.Stack(app, "Training")
    fill(stack)
    found: dict[str, Any] = app.synth().get_stack_by_name("Training").template
    return found


def ids(made: dict[str, Any], *types: str) -> list[str]:
    """The logical ids of the one resource of each type."""
    found = []
    for kind in types:
        [name] = ids_of(made, kind)
        found.append(name)
    return found


def ids_of(made: dict[str, Any], kind: str) -> list[str]:
    """The logical ids of all resources of a type."""
    return [name for name, each in made["Resources"].items() if each["Type"] == kind]


def refers(value: Any) -> set[str]:
    """The resources that a part of a template refers to."""
    if isinstance(value, dict):
        if set(value) == {"Ref"}:
            return {value["Ref"]}
        if set(value) == {"Fn::GetAtt"}:
            return {value["Fn::GetAtt"][0]}
        return set().union(*map(refers, value.values()))
    return set().union(*map(refers, value)) if isinstance(value, list) else set()


def needs(made: dict[str, Any]) -> dict[str, set[str]]:
    """What each resource waits for, by logical ids."""
    resources = made["Resources"]
    return {
        name: (refers(each.get("Properties", {})) | set(each.get("DependsOn", []))) & set(resources)
        for name, each in resources.items()
    }


def before(graph: dict[str, set[str]], name: str) -> set[str]:
    """Everything that is made before a resource; a circle never ends."""
    found: set[str] = set()
    todo = set(graph[name])
    while todo:
        each = todo.pop()
        assert each != name, f"{name} waits for itself"
        if each not in found:
            found.add(each)
            todo |= graph[each]
    return found


class TestTemplate:
    """Four resources a job, and three a stack."""

    def test_each_comes_after_the_one_before(self) -> None:
        """Job, handle, starter, condition, result, and then what uses it; nothing waits for itself."""
        users = {}

        def fill(stack: cdk.Stack) -> None:
            users["model"] = cdk.CfnResource(
                stack,
                "Model",
                type="AWS::SageMaker::Model",
                properties={"ModelDataUrl": waiting(stack).best_training_job.model_data_url},
            )

        made = template(fill)
        graph = needs(made)
        job, handle, starter, condition, result, model = ids(
            made, TYPE, HANDLE, WAIT, CONDITION, RESULT, "AWS::SageMaker::Model"
        )
        assert {job, handle, starter, condition, result} <= before(graph, model)
        assert {job, handle, starter, condition} <= before(graph, result)
        assert condition not in before(graph, starter)
        assert {job, handle, starter} <= before(graph, condition)
        assert {job, handle} <= before(graph, starter)
        assert job in before(graph, handle)
        for name in graph:
            before(graph, name)

    def test_properties_are_what_the_function_reads(self) -> None:
        """Every scalar a string, as everywhere."""
        made = template(
            lambda stack: waiting(
                stack, wait_for_completion=WaitForCompletion(timeout=cdk.Duration.minutes(90), objective_at_least=0.85)
            )
        )
        [job, handle, starter, condition, result] = ids(made, TYPE, HANDLE, WAIT, CONDITION, RESULT)
        [machine] = ids(made, "AWS::StepFunctions::StateMachine")
        properties = made["Resources"][starter]["Properties"]
        token = properties.pop("ServiceToken")
        assert properties == {
            "ServiceTimeout": "1560",
            "TuningJobName": {"Ref": job},
            "HandleUrl": {"Ref": handle},
            "TimeoutInSeconds": "5400",
            "ObjectiveAtLeast": "0.85",
            "StateMachineArn": {"Ref": machine},
        }
        assert made["Resources"][result]["Properties"] == {
            "ServiceToken": token,
            "ServiceTimeout": "1560",
            "TuningJobName": {"Ref": job},
            "Waited": "true",
            "ObjectiveAtLeast": "0.85",
        }
        assert made["Resources"][condition]["Properties"] == {"Count": 1, "Handle": {"Ref": handle}, "Timeout": "5400"}

    def test_machine_is_there_once_and_only_where_a_job_is_waited_for(self) -> None:
        """Beside the jobs' own resources a stack has the machine, its role, and the function's policy to run it."""
        without = template(lambda stack: minimal(stack, "A"))
        one = template(lambda stack: waiting(stack, "A"))
        two = template(lambda stack: [waiting(stack, "A"), waiting(stack, "B")])
        assert not any("StepFunctions" in str(each) for each in without["Resources"].values())
        assert len(one["Resources"]) == len(without["Resources"]) + 4 + 3
        assert len(two["Resources"]) == len(one["Resources"]) + 5

    def test_job_itself_and_its_output_are_as_without(self) -> None:
        """To wait is no reason to launch it again."""
        without = template(lambda stack: minimal(stack, objective=Objective.maximize("auc")))
        made = template(waiting)
        [job] = ids(made, TYPE)
        assert made["Resources"][job] == without["Resources"][job]
        assert made["Outputs"] == without["Outputs"]

    def test_history_of_twelve_hours_fits(self) -> None:
        """25,000 events, even if every poll is tried four times and fails: two for a wait, and for a task its entry,
        its exit, and three a try.
        """
        made = template(waiting)
        [machine] = ids(made, "AWS::StepFunctions::StateMachine")
        definition_ = made["Resources"][machine]["Properties"]["Definition"]
        assert definition_["StartAt"] == "Wait"
        poll = definition_["States"]["Poll"]
        [retry], [catch] = poll["Retry"], poll["Catch"]
        assert definition_["States"][catch["Next"]] == {"Type": "Wait", "Seconds": 60, "Next": "Poll"}
        a_round = 2 + 2 + 3 * (1 + retry["MaxAttempts"])
        assert definition_["TimeoutSeconds"] / 60 * a_round < 25_000
        # One poll a minute that succeeds: wait, task and choice.
        assert 720 * (2 + 5 + 2) < 25_000

    def test_condition_of_the_job_is_that_of_the_wait(self) -> None:
        """Where the job is left out there is nothing to wait for."""

        def fill(stack: cdk.Stack) -> None:
            condition = cdk.CfnCondition(stack, "Wanted", expression=cdk.Fn.condition_equals("a", "b"))
            child = waiting(stack).node.default_child
            assert isinstance(child, cdk.CfnResource)
            child.cfn_options.condition = condition

        made = template(fill)
        for name in ids(made, TYPE, *NEW_EACH_TIME, RESULT):
            assert made["Resources"][name]["Condition"] == "Wanted"

    def test_machine_may_only_ask_the_function_and_the_function_only_run_the_machine(self) -> None:
        """And look at the trainings of its own jobs."""
        made = template(lambda stack: [waiting(stack, "A"), waiting(stack, "B", tuning_job_name="Nightly")])
        text = str(made["Resources"])
        [machine] = ids(made, "AWS::StepFunctions::StateMachine")
        [role] = refers(made["Resources"][machine]["Properties"]["RoleArn"])
        [policy] = made["Resources"][role]["Properties"]["Policies"]
        [statement] = policy["PolicyDocument"]["Statement"]
        [job, _] = [made["Resources"][each] for each in made["Resources"] if made["Resources"][each]["Type"] == TYPE]
        assert (statement["Action"], statement["Resource"]) == (
            "lambda:InvokeFunction",
            job["Properties"]["ServiceToken"],
        )
        assert set(re.findall(r"states:[A-Z]\w+", text)) == {"states:StartExecution", "states:StopExecution"}
        looks = [
            statement
            for each in made["Resources"].values()
            if each["Type"] == "AWS::IAM::Policy"
            for statement in each["Properties"]["PolicyDocument"]["Statement"]
            if statement["Action"] == "sagemaker:DescribeTrainingJob"
        ]
        [looks_at] = [statement["Resource"] for statement in looks]
        ends = [resource["Fn::Join"][1][-1] for resource in looks_at]
        assert ends == [":training-job/training-36a7-*", ":training-job/Nightly-*", ":training-job/nightly-*"]

    def test_app_that_does_not_wait_loads_nothing_for_it(self) -> None:
        """Nor does one that waits load the CDK's modules for Step Functions."""
        code = (
            "import sys, aws_cdk as cdk; from tests.construct.test_waiting import waiting; waiting(cdk.Stack(cdk.App())"
            "); print('aws_cdk.aws_stepfunctions' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "False"


class TestNewIds:
    """A wait condition can't be updated: what is waited for anew has new ids, and nothing else."""

    def same(self, **arguments: Any) -> tuple[bool, bool]:
        """Whether handle, starter and condition keep their ids with other arguments, and whether the result does."""
        first, second = template(waiting), template(lambda stack: waiting(stack, **arguments))
        kept = {a == b for a, b in zip(ids(first, *NEW_EACH_TIME), ids(second, *NEW_EACH_TIME), strict=True)}
        [is_kept] = kept
        return is_kept, ids(first, RESULT) == ids(second, RESULT)

    @pytest.mark.parametrize(
        "arguments",
        [
            {"resource_limits": ResourceLimits(max_parallel_training_jobs=2, max_training_jobs=2)},
            {"run": "2"},
            {"tuning_job_name": "nightly"},
            {"wait_for_completion": WaitForCompletion(timeout=cdk.Duration.hours(5))},
            {"wait_for_completion": WaitForCompletion(timeout=cdk.Duration.hours(6), objective_at_least=0)},
        ],
        ids=["request", "run", "name", "timeout", "threshold"],
    )
    def test_another_wait_has_other_ids(self, arguments: dict[str, Any]) -> None:
        """The result keeps its own: what uses it sees other values, and no other resource."""
        assert self.same(**arguments) == (False, True)

    @pytest.mark.parametrize(
        "arguments",
        [
            {"tags": {"team": "ml"}},
            {"removal_policy": cdk.RemovalPolicy.RETAIN},
            {"arn_output": False},
            {"wait_for_completion": WaitForCompletion(timeout=cdk.Duration.minutes(360))},
        ],
        ids=["tags", "removal-policy", "output", "nothing"],
    )
    def test_what_launches_nothing_keeps_the_ids(self, arguments: dict[str, Any]) -> None:
        """No deployment waits for it."""
        assert self.same(**arguments) == (True, True)

    def test_tags_of_the_stack_keep_the_ids(self) -> None:
        """They come later than the job."""

        def tagged(stack: cdk.Stack) -> None:
            waiting(stack)
            cdk.Tags.of(stack).add("team", "ml")

        assert ids(template(waiting), *NEW_EACH_TIME) == ids(template(tagged), *NEW_EACH_TIME)

    def test_token_counts_as_what_it_is_at_the_end_of_the_synth(self) -> None:
        """Its resource may get another id until then."""

        def fill(stack: cdk.Stack, name: str) -> None:
            role = iam.Role(stack, "R", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
            waiting(stack, training_job=definition(role=role))
            child = role.node.default_child
            assert isinstance(child, cdk.CfnResource)
            child.override_logical_id(name)

        one, other = (template(lambda stack, name=name: fill(stack, name)) for name in ("One", "Other"))  # type: ignore[misc]
        assert ids(one, *NEW_EACH_TIME) != ids(other, *NEW_EACH_TIME)
        again = template(lambda stack: fill(stack, "One"))
        assert ids(one, *NEW_EACH_TIME) == ids(again, *NEW_EACH_TIME)

    def test_longest_ids_have_room(self) -> None:
        """CloudFormation takes 255 characters."""

        def fill(stack: cdk.Stack) -> None:
            scope: Construct = stack
            for letter in "abcdef":
                scope = Construct(scope, letter * 50)
            waiting(scope)

        made = template(fill)
        for name in ids(made, *NEW_EACH_TIME):
            assert len(name) <= 255
            assert re.fullmatch("[A-Za-z][A-Za-z0-9]*", name)


def resource_of(job: HyperparameterTuningJob) -> JobResource:
    """The job's default child, which users change by the CDK's escape hatches."""
    child = job.node.default_child
    assert isinstance(child, JobResource)
    return child


@jsii.implements(cdk.IAspect)
class Isolate:
    """An aspect that changes every job of a stack, as those of a platform team do."""

    def visit(self, node: IConstruct) -> None:
        """Change a job."""
        if isinstance(node, cdk.CfnResource) and node.cfn_resource_type == TYPE:
            node.add_property_override("TrainingJobDefinition.EnableNetworkIsolation", "true")


CHANGES: dict[str, Callable[[HyperparameterTuningJob], object]] = {
    "member": lambda job: resource_of(job).add_property_override(
        "HyperParameterTuningJobConfig.ResourceLimits.MaxNumberOfTrainingJobs", "9"
    ),
    "item": lambda job: resource_of(job).add_property_override(
        "HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges.0.MaxValue", "9"
    ),
    "deletion": lambda job: resource_of(job).add_property_deletion_override(
        "TrainingJobDefinition.OutputDataConfig.CompressionType"
    ),
    "several": lambda job: [
        resource_of(job).add_property_override("TrainingJobDefinition.Environment", {"a": "1", "b": "1"}),
        resource_of(job).add_property_override("TrainingJobDefinition.Environment", {"a\\.b": "1"}),
        resource_of(job).add_property_override(r"TrainingJobDefinition.Environment.c\.d", "1"),
        resource_of(job).add_property_override("TrainingJobDefinition.Environment.b.c", "1"),
        resource_of(job).add_property_override("TrainingJobDefinition.Environment.b", "2"),
    ],
    "function": lambda job: [
        resource_of(job).add_property_override("TrainingJobDefinition.RoleArn", {"Ref": "AWS::StackId"}),
        resource_of(job).add_property_override("TrainingJobDefinition.RoleArn", {"Fn::Sub": "x"}),
    ],
    "token": lambda job: resource_of(job).add_property_override(
        "TrainingJobDefinition.OutputDataConfig.S3OutputPath", f"s3://bucket/{cdk.Aws.STACK_NAME}"
    ),
    "list": lambda job: resource_of(job).add_property_override(
        "TrainingJobDefinition.ResourceConfig", {"InstanceGroups": [None, {"InstanceType": "ml.m5.large"}], "X": {}}
    ),
    "all": lambda job: resource_of(job).add_override("Properties", {"Run": "2", "Tags": [{"Key": "a", "Value": "b"}]}),
    "aspect": lambda job: cdk.Aspects.of(job).add(Isolate()),
}


class TestWhatTheTemplateSays:
    """The template has the last word on what a job is, and so on what is waited for."""

    @staticmethod
    def fill(change: Callable[[HyperparameterTuningJob], object]) -> Callable[[cdk.Stack], object]:
        """A stack with one job, which is changed after it was made."""
        output = OutputDataConfig(s3_output_path="s3://bucket/out", compression_type=OutputCompressionType.NONE)
        return lambda stack: change(waiting(stack, training_job=definition(output_data_config=output)))

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_change_of_the_resource_is_waited_for(self, change: Callable[[HyperparameterTuningJob], object]) -> None:
        """However it came there, the job starts anew."""
        plain, changed = template(self.fill(lambda _: None)), template(self.fill(change))
        assert not set(ids(plain, *NEW_EACH_TIME)) & set(ids(changed, *NEW_EACH_TIME))
        assert ids(plain, RESULT) == ids(changed, RESULT)

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
    def test_resource_knows_what_the_template_has(self, change: Callable[[HyperparameterTuningJob], object]) -> None:
        """Word for word."""
        app = cdk.App()
        stack = cdk.Stack(app, "Training")
        self.fill(change)(stack)
        made = app.synth().get_stack_by_name("Training").template
        [name] = ids(made, TYPE)
        told = dict(made["Resources"][name]["Properties"])
        for own in ("ServiceToken", "ServiceTimeout"):
            del told[own]
        job = stack.node.find_child("Tuning")
        assert isinstance(job, HyperparameterTuningJob)
        assert resource_of(job).final_properties(without=()) == told

    @pytest.mark.parametrize(
        "change",
        [
            lambda job: resource_of(job).add_property_override("TrainingJobDefinition.RoleArn", definition().role),
            lambda job: resource_of(job).add_property_override("Tags", [{"Key": "a", "Value": "b"}]),
            lambda job: resource_of(job).add_override("Metadata.why", "because"),
            lambda job: resource_of(job).add_override("Properties", None),
            lambda job: resource_of(job).add_property_override(
                "TrainingJobDefinition.OutputDataConfig", {"CompressionType": None}
            ),
            lambda job: resource_of(job).override_logical_id("Tuning79A926AD"),
        ],
        ids=["same", "tags", "metadata", "nothing", "nothing-within", "same-id"],
    )
    def test_change_that_starts_nothing_is_not(self, change: Callable[[HyperparameterTuningJob], object]) -> None:
        """Nobody would know why the deployment waits."""
        plain, changed = template(self.fill(lambda _: None)), template(self.fill(change))
        assert ids(plain, *NEW_EACH_TIME) == ids(changed, *NEW_EACH_TIME)

    def test_another_logical_id_is_another_job(self) -> None:
        """To CloudFormation it is another resource."""
        plain = template(self.fill(lambda _: None))
        changed = template(self.fill(lambda job: resource_of(job).override_logical_id("Other")))
        assert not set(ids(plain, *NEW_EACH_TIME)) & set(ids(changed, *NEW_EACH_TIME))

    def test_list_of_an_override_counts_as_it_was(self) -> None:
        """The template has it as it was when it was given."""

        def change(job: HyperparameterTuningJob, *, later: bool) -> None:
            values = ["a"]
            resource_of(job).add_property_override("TrainingJobDefinition.Environment", {"a": values})
            if later:
                values.append("b")

        one, other = (
            template(self.fill(lambda job, later=later: change(job, later=later)))  # type: ignore[misc]
            for later in (False, True)
        )
        assert ids(one, *NEW_EACH_TIME) == ids(other, *NEW_EACH_TIME)

    def test_early_look_is_not_remembered(self) -> None:
        """What was asked for before the last change is looked at once more."""

        def change(job: HyperparameterTuningJob, *, early: bool) -> None:
            resource_of(job).add_property_override("Run", "2")
            handle = job.node.find_child("WaitHandle")
            assert isinstance(handle, cdk.CfnWaitConditionHandle)
            if early:
                job.stack.resolve(handle.ref)
            resource_of(job).add_property_override("Run", "3")

        one, other = (
            template(self.fill(lambda job, early=early: change(job, early=early)))  # type: ignore[misc]
            for early in (False, True)
        )
        assert ids(one, *NEW_EACH_TIME) == ids(other, *NEW_EACH_TIME)


FIVE_HOURS = WaitForCompletion(timeout=cdk.Duration.hours(5))


class TestJobsBefore:
    """A job that is begun with what another has found starts anew whenever that one does."""

    @staticmethod
    def ids_by_job(fill: Callable[[cdk.Stack], object]) -> dict[str, set[str]]:
        """The logical ids of handles, starters and conditions by the jobs' own names."""
        made = template(fill)
        names = [name for kind in NEW_EACH_TIME for name in ids_of(made, kind)]
        return {job: {name for name in names if name.startswith(job)} for job in ("Coarse", "Fine", "Last")}

    @staticmethod
    def three(stack: cdk.Stack, link: Callable[[HyperparameterTuningJob], dict[str, Any]], **coarse: Any) -> None:
        """Each from what the one before has found."""
        before = waiting(stack, "Coarse", **coarse)
        for name in ("Fine", "Last"):
            before = waiting(stack, name, **link(before))

    @pytest.mark.parametrize(
        "link",
        [
            lambda job: {"warm_start": WarmStart.transfer_learning(parents=[job])},
            lambda job: {
                "training_job": definition(
                    static_hyperparameters={"depth0": f"about {job.best_training_job.hyperparameter('depth')}"}
                )
            },
            lambda job: {
                "training_job": definition(
                    static_hyperparameters={
                        "bucket": cdk.Fn.select(2, cdk.Fn.split("/", job.best_training_job.model_data_url))
                    }
                )
            },
        ],
        ids=["warm-start", "hyperparameter", "function"],
    )
    def test_changed_first_job_is_waited_for_by_all(
        self, link: Callable[[HyperparameterTuningJob], dict[str, Any]]
    ) -> None:
        """Over any number of generations."""
        plain = self.ids_by_job(lambda stack: self.three(stack, link))
        changed = self.ids_by_job(lambda stack: self.three(stack, link, run="2"))
        assert all(len(names) == 3 for names in plain.values())
        assert not any(plain[job] & changed[job] for job in plain)

    def test_first_job_that_is_only_judged_anew_starts_none(self) -> None:
        """With another timeout it is the same job."""

        def link(job: HyperparameterTuningJob) -> dict[str, Any]:
            return {"warm_start": WarmStart.transfer_learning(parents=[job])}

        plain = self.ids_by_job(lambda stack: self.three(stack, link))
        judged = self.ids_by_job(lambda stack: self.three(stack, link, wait_for_completion=FIVE_HOURS))
        assert not plain["Coarse"] & judged["Coarse"]
        assert (plain["Fine"], plain["Last"]) == (judged["Fine"], judged["Last"])

    def test_first_job_may_be_in_another_stack(self) -> None:
        """And be changed by an override."""

        def child(change: Callable[[HyperparameterTuningJob], object]) -> list[str]:
            app = cdk.App()
            parent = waiting(cdk.Stack(app, "First"), "Coarse")
            waiting(cdk.Stack(app, "Second"), "Fine", warm_start=WarmStart.transfer_learning(parents=[parent]))
            change(parent)
            return ids(app.synth().get_stack_by_name("Second").template, *NEW_EACH_TIME)

        plain = child(lambda _: None)
        assert plain == child(lambda _: None)
        assert plain != child(CHANGES["member"])

    def test_circle_ends(self) -> None:
        """CloudFormation says what is wrong with it."""

        def fill(stack: cdk.Stack) -> None:
            one, other = waiting(stack, "Coarse"), waiting(stack, "Fine")
            for job, of in ((one, other), (other, one)):
                resource_of(job).add_property_override("Run", of.best_training_job.objective_value)

        assert all(template(fill)["Resources"])


class TestChangesAlone:
    """A value that changes without the template starts a job that nobody waits for."""

    @pytest.mark.parametrize(
        "value",
        [
            lambda stack: cdk.CfnParameter(stack, "P").value_as_string,
            lambda stack: cdk.Fn.join("-", ["x", cdk.CfnParameter(stack, "P").value_as_string]),
            lambda stack: ssm.StringParameter.value_for_string_parameter(stack, "/x"),
            lambda _: cdk.CfnDynamicReference(cdk.CfnDynamicReferenceService.SSM, "x").to_string(),
        ],
        ids=["parameter", "joined", "ssm", "dynamic"],
    )
    def test_is_warned_of(self, stack: cdk.Stack, value: Callable[[cdk.Stack], str]) -> None:
        """With the way out."""
        waiting(stack, training_job=definition(static_hyperparameters={"x": value(stack)}))
        pattern = Match.string_like_regexp("may change without the template .* change run='...' with it")
        assert Annotations.from_stack(stack).find_warning("*", pattern)

    def test_is_no_worry_of_tags_and_resources(self, stack: cdk.Stack) -> None:
        """The one starts nothing, and the others are in the template."""
        role = iam.Role(stack, "R", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        waiting(
            stack,
            tags={"x": cdk.CfnParameter(stack, "P").value_as_string},
            training_job=definition(role=role, static_hyperparameters={"x": stack.region, "y": "{{resolve:ssm:x}}"}),
        )
        assert Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("without the template")) == []


class TestBestTrainingJob:
    """The tokens for the rest of the stack."""

    def test_has_an_attribute_each(self, stack: cdk.Stack) -> None:
        """By the names that the function answers with."""
        best = waiting(stack).best_training_job
        assert isinstance(best, BestTrainingJob)
        found = {
            "TrainingJobName": best.training_job_name,
            "TrainingJobArn": best.training_job_arn,
            "ModelDataUrl": best.model_data_url,
            "ObjectiveValue": best.objective_value,
            "DefinitionName": best.definition_name,
            "HyperParameters": best.hyperparameters,
            "HyperParameters.depth": best.hyperparameter("depth"),
        }
        for name, token in found.items():
            assert stack.resolve(token)["Fn::GetAtt"][1] == name

    def test_knows_which_hyperparameters_the_tuning_chooses(self, stack: cdk.Stack) -> None:
        """Of several definitions those of all."""
        several = [
            definition(
                definition_name=name,
                objective=Objective.maximize("auc"),
                parameter_ranges=[ContinuousRange(name, 0, 1)],
            )
            for name in ("eta", "alpha")
        ]
        best = waiting(stack, training_jobs=several, objective=None, parameter_ranges=None).best_training_job
        best.hyperparameter("eta")
        with pytest.raises(ValidationError) as caught:
            best.hyperparameter("depth")
        assert caught.value.problems == (
            "hyperparameter: got 'depth', must be one that the tuning job chooses: alpha, eta",
        )

    def test_leaves_names_that_it_can_t_know(self, stack: cdk.Stack) -> None:
        """A token in a range may hide any."""
        name = cdk.CfnParameter(stack, "P").value_as_string
        best = waiting(stack, parameter_ranges=[CategoricalRange(name, ["a", "b"])]).best_training_job
        best.hyperparameter("depth")

    @pytest.mark.parametrize("name", ["learning rate", "optimizer/lr", "größe"])
    def test_name_that_may_be_no_attribute_is_warned_of(self, stack: cdk.Stack, name: str) -> None:
        """What CloudFormation takes as an attribute's name is not documented."""
        best = waiting(stack, parameter_ranges=[ContinuousRange(name, 0, 1)]).best_training_job
        assert stack.resolve(best.hyperparameter(name))["Fn::GetAtt"][1] == f"HyperParameters.{name}"
        [warning] = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(".*unusual-attribute.*"))
        assert warning.entry.data == (
            f"hyperparameter: got '{name}', and CloudFormation may refuse Fn::GetAtt with such a name; take it from "
            "hyperparameters, or acknowledge this if a deployment has shown that it works "
            "[ack: hpt-construct:unusual-attribute]"
        )

    @pytest.mark.parametrize("name", ["max_depth", "model.layers", "--learning-rate"])
    def test_usual_name_is_not_warned_of(self, stack: cdk.Stack, name: str) -> None:
        """Dots are known to work: CloudFormation looks for the key as it is written."""
        waiting(stack, parameter_ranges=[ContinuousRange(name, 0, 1)]).best_training_job.hyperparameter(name)
        assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []

    def test_is_not_there_without_waiting(self, stack: cdk.Stack) -> None:
        """It says what to do."""
        job = minimal(stack)
        with pytest.raises(
            ValidationError, match="does not wait for this job, and can't know its training jobs; give it"
        ):
            _ = job.best_training_job

    def test_of_a_job_elsewhere_needs_no_waiting(self, stack: cdk.Stack) -> None:
        """It has to have ended when the stack is deployed."""
        job = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "Nightly")
        best = job.best_training_job
        assert best is job.best_training_job
        made = Template.from_stack(stack)
        [(name, result)] = made.find_resources(RESULT).items()
        assert result["Properties"]["TuningJobName"] == "Nightly"
        assert "Waited" not in result["Properties"]
        assert stack.resolve(best.hyperparameter("any"))["Fn::GetAtt"] == [name, "HyperParameters.any"]
        graph = needs(dict(made.to_json()))
        assert {each for each in before(graph, name) if "InvokeDestination" in each or "EventInvokeConfig" in each}
        assert not made.find_resources("AWS::StepFunctions::StateMachine")

    def test_of_a_job_in_another_region_is_refused(self) -> None:
        """The function looks in its own."""
        stack = cdk.Stack(cdk.App(), "S", env=cdk.Environment(account="111122223333", region="eu-west-1"))
        arn = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/nightly"
        job = HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", arn)
        with pytest.raises(
            ValidationError, match="region us-east-1, and the stack in account 111122223333, region eu-"
        ):
            _ = job.best_training_job

    @pytest.mark.parametrize("arn", ["arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/n", None])
    def test_of_a_job_that_may_be_here_is_taken(self, stack: cdk.Stack, arn: str | None) -> None:
        """A stack that may go anywhere goes there."""
        token = arn or cdk.CfnParameter(stack, "P").value_as_string
        best = HyperparameterTuningJob.from_tuning_job_arn(stack, "Nightly", token).best_training_job
        assert stack.resolve(best.model_data_url)["Fn::GetAtt"][1] == "ModelDataUrl"


STRONG = "another stack imports a value of it"


def strength(name: str) -> Any:
    """How strong a reference is, by a name that older releases of the CDK lack."""
    return getattr(cdk.ReferenceStrength, name)


HAS_STRENGTHS = pytest.mark.skipif(
    not hasattr(cdk, "ReferenceStrength"), reason="older releases of the CDK have strong references only"
)


class TestOtherStacks:
    """Who uses the result in another stack may lock it."""

    @staticmethod
    def use(change: Callable[[HyperparameterTuningJob], object], **context: Any) -> tuple[Any, list[Any]]:
        """The reference in the other stack, and the warnings in the job's."""
        app = cdk.App(context=context)
        here, there = cdk.Stack(app, "Here"), cdk.Stack(app, "There")
        job = waiting(here)
        change(job)
        cdk.CfnOutput(there, "Model", value=job.best_training_job.model_data_url)
        [output] = app.synth().get_stack_by_name("There").template["Outputs"].values()
        found = Annotations.from_stack(here).find_warning("/Here/Tuning", Match.string_like_regexp(STRONG))
        return [*output["Value"]], found

    def test_strong_reference_is_warned_of(self) -> None:
        """With the way out, for CloudFormation would refuse it only after the whole tuning."""
        reference, [warning] = self.use(lambda _: None)
        assert reference == ["Fn::ImportValue"]
        assert "apply_cross_stack_reference_strength(cdk.ReferenceStrength.WEAK)" in str(warning.entry.data)

    def test_warning_can_be_acknowledged(self) -> None:
        """By somebody who never changes the request."""
        name = "hpt-construct:strong-reference"
        assert self.use(lambda job: cdk.Annotations.of(job).acknowledge_warning(name))[1] == []

    @HAS_STRENGTHS
    @pytest.mark.parametrize("name", ["WEAK", "BOTH"])
    @pytest.mark.parametrize(
        "apply",
        [
            lambda job, value: job.apply_cross_stack_reference_strength(value),
            lambda job, value: resource_of(job).apply_cross_stack_reference_strength(value),
            lambda job, value: cdk.CrossStackReferences.of(job).produce(value),
        ],
        ids=["job", "resource", "cdk"],
    )
    def test_strength_reaches_the_result(self, apply: Callable[..., object], name: str) -> None:
        """Whoever says it, and also in the time between the two."""
        assert self.use(lambda job: apply(job, strength(name))) == (["Fn::GetStackOutput"], [])

    @HAS_STRENGTHS
    @pytest.mark.parametrize("value", ["weak", "both"])
    def test_strength_of_the_app_reaches_the_result(self, value: str) -> None:
        """The CDK sees to it."""
        context = {"@aws-cdk/core:defaultCrossStackReferences": value}
        assert self.use(lambda _: None, **context) == (["Fn::GetStackOutput"], [])

    def test_other_exports_are_no_worry(self, stack: cdk.Stack) -> None:
        """The CDK's own, and those of people."""
        job = waiting(stack)
        stack.export_value(job.tuning_job_name)
        stack.export_value("text", name="Text")
        cdk.CfnOutput(stack, "Value", value=job.best_training_job.objective_value)
        assert Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(STRONG)) == []

    @pytest.mark.parametrize("name", [None, pytest.param("WEAK", marks=HAS_STRENGTHS)])
    @pytest.mark.parametrize("early", [True, False])
    def test_reference_to_a_job_elsewhere_is_the_same(self, name: str | None, *, early: bool) -> None:
        """Its result is a resource of the stack too."""
        app = cdk.App()
        here, there = cdk.Stack(app, "Here"), cdk.Stack(app, "There")
        job = HyperparameterTuningJob.from_tuning_job_name(here, "Nightly", "nightly")
        best = job.best_training_job if early else None
        if name:
            job.apply_cross_stack_reference_strength(strength(name))
        cdk.CfnOutput(there, "Model", value=(best or job.best_training_job).model_data_url)
        [output] = app.synth().get_stack_by_name("There").template["Outputs"].values()
        found = Annotations.from_stack(here).find_warning("*", Match.string_like_regexp(STRONG))
        assert ([*output["Value"]], len(found)) == ((["Fn::GetStackOutput"], 0) if name else (["Fn::ImportValue"], 1))


class TestParents:
    """A warm start takes parents that have ended."""

    def test_child_comes_after_the_end_of_a_parent_that_is_waited_for(self) -> None:
        """In one deployment, and without a doubt."""
        warned = []

        def fill(stack: cdk.Stack) -> None:
            parent = waiting(stack, "Parent")
            waiting(
                stack,
                "Child",
                warm_start=WarmStart.transfer_learning(parents=[parent]),
                wait_for_completion=None,
            )
            warned.extend(Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("running-parent")))

        made = template(fill)
        assert warned == []
        graph = needs(made)
        [child] = [name for name in ids_of(made, TYPE) if name.startswith("Child")]
        [result] = ids_of(made, RESULT)
        assert result in before(graph, child)


class TestBadInput:
    """Told with all other problems, in the caller's words."""

    @pytest.mark.parametrize(
        ("wait", "told"),
        [
            (
                6,
                "wait_for_completion: got 6, must be a WaitForCompletion, like WaitForCompletion(timeout=cdk.Duration.",
            ),
            (
                WaitForCompletion(timeout=cast("cdk.Duration", 6)),
                "wait_for_completion.timeout: got 6, must be a Duration, like cdk.Duration.",
            ),
            (
                WaitForCompletion(timeout=cdk.Duration.hours(13)),
                "wait_for_completion.timeout: got 13 hours, must be 1 minute to 12 hours, which is CloudFormation's",
            ),
            (WaitForCompletion(timeout=cdk.Duration.seconds(59)), "wait_for_completion.timeout: got 59 seconds, must"),
            (
                WaitForCompletion(timeout=cdk.Duration.seconds(cdk.Token.as_number({"Ref": "P"}))),
                "wait_for_completion.timeout: got a token, must be known at synth",
            ),
            (
                WaitForCompletion(timeout=cdk.Duration.hours(1), objective_at_most=1),
                "wait_for_completion.objective_at_most: got 1, but the objective is not one to minimize; use",
            ),
            (
                WaitForCompletion(timeout=cdk.Duration.hours(1), objective_at_least=float("nan")),
                "wait_for_completion.objective_at_least: got nan, must be a finite number, known at synth",
            ),
            (
                WaitForCompletion(timeout=cdk.Duration.hours(1), objective_at_least=cast("float", "0.8")),
                "wait_for_completion.objective_at_least: got '0.8', must be a finite number, known at synth",
            ),
            (
                WaitForCompletion(timeout=cdk.Duration.hours(1), objective_at_least=cdk.Token.as_number({"Ref": "P"})),
                "wait_for_completion.objective_at_least: got a token, must be a finite number, known at synth",
            ),
        ],
        ids=["no-part", "no-duration", "long", "short", "token", "direction", "nan", "text", "token-threshold"],
    )
    def test_is_refused(self, stack: cdk.Stack, wait: Any, told: str) -> None:
        """With the path, the value and the way out."""
        with pytest.raises(ValidationError) as caught:
            waiting(stack, wait_for_completion=wait)
        [problem] = caught.value.problems
        assert problem.startswith(told)

    def test_is_refused_from_a_plain_request_too(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """The same words, for an option is not the request's."""
        wait = WaitForCompletion(timeout=cdk.Duration.hours(1), objective_at_most=1)
        with pytest.raises(ValidationError, match=r"wait_for_completion\.objective_at_most: got 1, but the objective"):
            HyperparameterTuningJob.from_request(stack, "Tuning", guide_request, wait_for_completion=wait)

    @pytest.mark.parametrize(("threshold", "times"), [({"objective_at_least": 0.5}, 1), ({}, 0)])
    def test_direction_that_seems_wrong_is_told_with_what_a_gate_makes_of_it(
        self, stack: cdk.Stack, threshold: dict[str, float], times: int
    ) -> None:
        """A loss that is maximized lets the worst model through; without a threshold every model passes anyway."""
        wait = WaitForCompletion(timeout=cdk.Duration.hours(1), **threshold)
        waiting(stack, objective=Objective.maximize("validation:loss"), wait_for_completion=wait)
        pattern = Match.string_like_regexp(r"^objective\.type: got 'Maximize'")
        [warning] = Annotations.from_stack(stack).find_warning("*", pattern)
        assert str(warning.entry.data).count("; as it is, wait_for_completion lets the worst model pass") == times

    def test_least_and_longest_are_taken(self, stack: cdk.Stack) -> None:
        """The bounds themselves."""
        for name, timeout in (("A", cdk.Duration.minutes(1)), ("B", cdk.Duration.hours(12))):
            waiting(stack, name, wait_for_completion=WaitForCompletion(timeout=timeout))

    def test_definitions_that_differ_need_both_thresholds(self, stack: cdk.Stack) -> None:
        """The best may be of either kind."""
        ranges = [ContinuousRange("eta", 0, 1)]
        several = [
            definition(definition_name="a", objective=Objective.maximize("auc"), parameter_ranges=ranges),
            definition(definition_name="b", objective=Objective.minimize("loss"), parameter_ranges=ranges),
        ]

        def make(name: str, **thresholds: float) -> None:
            wait = WaitForCompletion(timeout=cdk.Duration.hours(1), **thresholds)
            given: Any = {"training_jobs": several, "objective": None, "parameter_ranges": None}
            waiting(stack, name, wait_for_completion=wait, **given)

        make("None")
        make("Both", objective_at_least=0.8, objective_at_most=0.3)
        with pytest.raises(
            ValidationError, match=r"objective_at_most: must be given beside objective_at_least, because an obj"
        ):
            make("One", objective_at_least=0.8)

    def test_direction_that_is_not_known_is_believed(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """A token may be either."""
        request = copy.deepcopy(guide_request)
        objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        objective["Type"] = cdk.CfnParameter(stack, "P").value_as_string
        wait = WaitForCompletion(timeout=cdk.Duration.hours(1), objective_at_most=1)
        HyperparameterTuningJob.from_request(stack, "Tuning", request, wait_for_completion=wait)
