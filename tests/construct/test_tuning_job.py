"""What the construct puts into a stack, and what it says to a request that can't work."""

from __future__ import annotations

import copy
import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct

import hpt_construct
from app import XgboostTuning
from hpt_construct import (
    AlgorithmSpecification,
    HyperparameterTuningJob,
    Objective,
    OutputDataConfig,
    ResourceConfig,
    ResourceLimits,
    StoppingCondition,
    TrainingJobDefinition,
    ValidationError,
)
from hpt_construct.checking import TuningJobOptions
from hpt_construct.request import _part, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TYPE = "Custom::SageMakerHyperParameterTuningJob"
DEFINITION = TrainingJobDefinition(
    algorithm_specification=AlgorithmSpecification(algorithm_name="algorithm"),
    role="arn:aws:iam::111122223333:role/R",
    output_data_config=OutputDataConfig(s3_output_path="s3://bucket/out"),
    stopping_condition=StoppingCondition(max_runtime=3600),
    resource_config=ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size=1),
)


def properties(stack: cdk.Stack) -> dict[str, Any]:
    """The properties of the one tuning job of a stack."""
    [resource] = Template.from_stack(stack).find_resources(TYPE).values()
    found: dict[str, Any] = resource["Properties"]
    return found


def sent(stack: cdk.Stack) -> dict[str, Any]:
    """The same without what is not the request's."""
    ours = ("ServiceToken", "ServiceTimeout", "NamePrefix", "Run", "RemovalPolicy")
    return {key: value for key, value in properties(stack).items() if key not in ours}


def as_text(value: Any) -> Any:
    """A request with every scalar a string."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return str(value)


class TestTemplate:
    """What is reviewed and deployed."""

    def test_typed_and_plain_request_lead_to_the_same_template(self, guide_request: dict[str, Any]) -> None:
        """The example app and the guide's dict are one job."""
        typed = XgboostTuning(cdk.App(), "XgboostTuning")
        plain = cdk.Stack(cdk.App(), "XgboostTuning")
        HyperparameterTuningJob.from_request(plain, "Xgboost", guide_request)
        assert Template.from_stack(typed).to_json() == Template.from_stack(plain).to_json()

    def test_properties_are_the_request_in_strings(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """SageMaker's own names, nothing left out, nothing added: the diff of a template is the diff of the request."""
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        assert sent(stack) == as_text(guide_request)

    def test_stack_gets_nine_resources_and_a_job_one_and_an_output(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """Two functions with their settings, role, three policies and log group are shared by however many jobs."""
        for number in range(3):
            HyperparameterTuningJob.from_request(stack, f"Tuning{number}", guide_request)
        template = Template.from_stack(stack).to_json()
        assert sorted(resource["Type"] for resource in template["Resources"].values()) == [
            *["AWS::IAM::Policy"] * 3,
            "AWS::IAM::Role",
            "AWS::Lambda::EventInvokeConfig",
            "AWS::Lambda::EventInvokeConfig",
            "AWS::Lambda::Function",
            "AWS::Lambda::Function",
            "AWS::Logs::LogGroup",
            *[TYPE] * 3,
        ]
        assert list(template["Outputs"]) == [f"Tuning{number}TuningJobArn" for number in range(3)]

    def test_jobs_with_generated_names_share_one_policy(self, guide_request: dict[str, Any]) -> None:
        """The policy does not grow with them: IAM's limit would end that at some fifty jobs."""
        policies = []
        for count in (1, 30):
            stack = cdk.Stack(cdk.App(), "Training")
            for number in range(count):
                HyperparameterTuningJob.from_request(stack, f"Tuning{number}", guide_request)
            policies.append(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))
        assert policies[0] == policies[1]

    def test_job_waits_for_the_policy_of_the_function(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """The job needs the functions, and these their policy: they are made and deleted in that order. By a policy of
        its own the function changes jobs: it goes after the last of them.
        """
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        template = Template.from_stack(stack)
        [_, of_jobs, policy] = sorted(template.find_resources("AWS::IAM::Policy"))
        [job] = template.find_resources(TYPE).values()
        [_, (settings_id, _)] = sorted(template.find_resources("AWS::Lambda::EventInvokeConfig").items())
        for function in template.find_resources("AWS::Lambda::Function").values():
            assert policy in function["DependsOn"]
        assert job["DependsOn"] == [settings_id, of_jobs]

    def test_event_that_lambda_gives_up_goes_to_a_second_function(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """It answers, so that no stack waits for its service timeout. It has no destination itself."""
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        template = Template.from_stack(stack)
        [(destination, answers), (function, starts)] = sorted(template.find_resources("AWS::Lambda::Function").items())
        assert properties(stack)["ServiceToken"] == {"Fn::GetAtt": [function, "Arn"]}
        del answers["Properties"]["Description"], starts["Properties"]["Description"]
        assert answers["Properties"] == starts["Properties"]
        arn = {"Fn::GetAtt": [destination, "Arn"]}
        [its_settings, settings] = [
            settings["Properties"]
            for _, settings in sorted(template.find_resources("AWS::Lambda::EventInvokeConfig").items())
        ]
        assert settings.pop("DestinationConfig") == {"OnFailure": {"Destination": arn}}
        assert settings == {**its_settings, "FunctionName": {"Ref": function}}
        [policy] = [
            policy["Properties"]["PolicyDocument"]["Statement"]
            for name, policy in template.find_resources("AWS::IAM::Policy").items()
            if "InvokeDestination" in name
        ]
        assert policy == [{"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": arn}]

    def test_permission_for_the_destination_has_time_to_spread(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """Lambda checks it when it takes the settings, which come after a function that comes after the policy."""
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        template = Template.from_stack(stack)
        [policy, *_] = sorted(template.find_resources("AWS::IAM::Policy"))
        [_, function] = [made for _, made in sorted(template.find_resources("AWS::Lambda::Function").items())]
        [destinations, (_, settings)] = sorted(template.find_resources("AWS::Lambda::EventInvokeConfig").items())
        assert policy in function["DependsOn"]
        assert settings["DependsOn"] == [destinations[0]]

    def test_job_waits_for_the_policies_of_its_role(self, stack: cdk.Stack) -> None:
        """They come before the job starts, and go only after it has stopped."""
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::bucket/*"]))
        minimal(stack, training_job=dataclasses.replace(DEFINITION, role=role))
        template = Template.from_stack(stack)
        [job] = template.find_resources(TYPE).values()
        assert {"RoleDefaultPolicy5FFB7DAB", "Role1ABCC5F0"} <= set(job["DependsOn"])

    def test_imported_role_needs_no_waiting(self, stack: cdk.Stack) -> None:
        """It is there already."""
        role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/R")
        minimal(stack, training_job=dataclasses.replace(DEFINITION, role=role))
        assert sent(stack)["TrainingJobDefinition"]["RoleArn"] == "arn:aws:iam::111122223333:role/R"

    def test_service_timeout_outlasts_every_try_of_the_function(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """A try begins while the event is young enough: after the last one has ended, nothing is left to wait for."""
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        template = Template.from_stack(stack)
        [_, function] = template.find_resources("AWS::Lambda::Function").values()
        [_, settings] = template.find_resources("AWS::Lambda::EventInvokeConfig").values()
        last_try_ends = settings["Properties"]["MaximumEventAgeInSeconds"] + function["Properties"]["Timeout"]
        assert last_try_ends < int(properties(stack)["ServiceTimeout"]) <= last_try_ends + 60

    def test_name_prefix_is_short_and_of_the_stack(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """A digest of ten characters still fits into SageMaker's 32."""
        HyperparameterTuningJob.from_request(stack, "A Very Long Construct Id!", guide_request)
        assert properties(stack)["NamePrefix"] == "training-36a7-a-very-l"

    def test_given_name_is_used(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """The name is part of the request, and the function is allowed that name only."""
        HyperparameterTuningJob.from_request(
            stack, "Tuning", {**guide_request, "HyperParameterTuningJobName": "Nightly"}
        )
        assert properties(stack)["HyperParameterTuningJobName"] == "Nightly"
        assert "NamePrefix" not in properties(stack)
        policy = str(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))
        assert ":hyper-parameter-tuning-job/Nightly'" in policy
        assert ":hyper-parameter-tuning-job/nightly'" in policy

    def test_options_are_in_the_properties_only_when_given(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """A default that changes nothing must not show in a diff."""
        HyperparameterTuningJob.from_request(
            stack, "Tuning", guide_request, run="2", removal_policy=cdk.RemovalPolicy.DESTROY, arn_output=False
        )
        assert (properties(stack)["Run"], properties(stack)["RemovalPolicy"]) == ("2", "destroy")
        assert "Outputs" not in Template.from_stack(stack).to_json()

    def test_retained_job_stays_with_cloudformation(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """CloudFormation sends no Delete for it, and the function knows that its job may be there to stay."""
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request, removal_policy=cdk.RemovalPolicy.RETAIN)
        [resource] = Template.from_stack(stack).find_resources(TYPE).values()
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
        # The function marks the job: no deletion that has to look for one takes it.
        assert resource["Properties"]["RemovalPolicy"] == "retain"

    def test_output_key_tells_the_path_of_the_job(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Readable and stable; where two paths read the same, the later one gets a hash."""
        HyperparameterTuningJob.from_request(Construct(stack, "Churn"), "Deep-1", guide_request)
        HyperparameterTuningJob.from_request(stack, "ChurnDeep1", guide_request)
        first, second = Template.from_stack(stack).to_json()["Outputs"]
        assert first == "ChurnDeep1TuningJobArn"
        assert second.startswith("ChurnDeep1")
        assert second.endswith("TuningJobArn")

    def test_output_keeps_its_key_in_a_stack_that_names_everything_itself(self, guide_request: dict[str, Any]) -> None:
        """Scripts that read it don't depend on who wrote the stack."""

        class Prefixed(cdk.Stack):
            def _allocate_logical_id(self, cfn_element: cdk.CfnElement) -> str:
                return f"Acme{super()._allocate_logical_id(cfn_element)}"

        stack = Prefixed(cdk.App(), "Training")
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        template = Template.from_stack(stack).to_json()
        assert list(template["Outputs"]) == ["TuningTuningJobArn"]
        assert all(logical_id.startswith("Acme") for logical_id in template["Resources"])

    def test_attributes_refer_to_the_resource(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Name and ARN can be given to other resources."""
        job = HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        logical_id = next(iter(Template.from_stack(stack).find_resources(TYPE)))
        assert stack.resolve(job.tuning_job_name) == {"Ref": logical_id}
        assert stack.resolve(job.tuning_job_arn) == {"Fn::GetAtt": [logical_id, "HyperParameterTuningJobArn"]}

    def test_other_stacks_of_the_app_have_functions_of_their_own(self, guide_request: dict[str, Any]) -> None:
        """A nested stack and another stack can be deployed and deleted for themselves."""
        app = cdk.App()
        stacks = [cdk.Stack(app, "A"), cdk.Stack(app, "B")]
        nested = cdk.NestedStack(stacks[0], "Nested")
        prefixes = set()
        for stack in (*stacks, nested):
            HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        for stack in (*stacks, nested):
            Template.from_stack(stack).resource_count_is("AWS::Lambda::Function", 2)
            prefixes.add(properties(stack)["NamePrefix"])
        assert len(prefixes) == 3

    def test_tokens_work_at_every_depth(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Values that CloudFormation will only know later pass the checks and stay what they are."""
        parameter = cdk.CfnParameter(stack, "Jobs", type="Number")
        definition = guide_request["TrainingJobDefinition"]
        definition["RoleArn"] = cdk.Fn.import_value("role")
        definition["StaticHyperParameters"]["rounds"] = parameter.value_as_string
        definition["VpcConfig"] = {
            "Subnets": cdk.Fn.split(",", cdk.Fn.import_value("subnets")),
            "SecurityGroupIds": [cdk.Fn.import_value("group")],
        }
        definition["StoppingCondition"] = cdk.Token.as_any({"MaxRuntimeInSeconds": cdk.Aws.NO_VALUE})
        limits = guide_request["HyperParameterTuningJobConfig"]["ResourceLimits"]
        limits["MaxNumberOfTrainingJobs"] = parameter.value_as_number
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        found = properties(stack)
        resolved = found["TrainingJobDefinition"]
        assert resolved["RoleArn"] == {"Fn::ImportValue": "role"}
        assert resolved["StaticHyperParameters"]["rounds"] == {"Ref": "Jobs"}
        assert resolved["VpcConfig"]["Subnets"] == {"Fn::Split": [",", {"Fn::ImportValue": "subnets"}]}
        assert resolved["StoppingCondition"] == {"MaxRuntimeInSeconds": {"Ref": "AWS::NoValue"}}
        limits = found["HyperParameterTuningJobConfig"]["ResourceLimits"]
        assert limits["MaxNumberOfTrainingJobs"] == {"Ref": "Jobs"}


class TestTags:
    """``Tags.of(...)`` and the tags of the request."""

    def test_tags_of_the_app_are_on_everything_that_can_have_some(self, stack: cdk.Stack) -> None:
        """Accounts that refuse what has no tags take the function, its role and its log group too."""
        minimal(stack)
        cdk.Tags.of(stack.node.root).add("team", "ml")
        tagged = {
            resource["Type"]: resource["Properties"].get("Tags")
            for resource in Template.from_stack(stack).to_json()["Resources"].values()
        }
        without = ("AWS::IAM::Policy", "AWS::Lambda::EventInvokeConfig")
        assert tagged == {type_: None if type_ in without else [{"Key": "team", "Value": "ml"}] for type_ in tagged}
        assert len(tagged) == 6

    def test_tags_of_the_app_reach_the_job(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Cost allocation is mostly done with one line for the whole app."""
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        cdk.Tags.of(stack.node.root).add("team", "ml")
        assert properties(stack)["Tags"] == [{"Key": "team", "Value": "ml"}]

    def test_tags_of_the_app_end_at_a_stage(self) -> None:
        """So do all aspects of the CDK; a stage is tagged by itself."""
        app = cdk.App()
        stage = cdk.Stage(app, "Prod")
        stack = cdk.Stack(stage, "Training")
        minimal(stack)
        cdk.Tags.of(app).add("app", "1")
        cdk.Tags.of(stage).add("stage", "2")
        assert properties(stack)["Tags"] == [{"Key": "stage", "Value": "2"}]

    def test_tags_of_a_stack_itself_are_cloudformations(self) -> None:
        """It puts them on what it makes itself, and the job is made by the function: ``Tags.of(stack)`` is the way."""
        stack = cdk.Stack(cdk.App(), "Training", tags={"team": "ml"})
        minimal(stack)
        assert "Tags" not in properties(stack)
        stack = cdk.Stack(cdk.App(), "Training", tags={"team": "ml"})
        minimal(stack)
        cdk.Tags.of(stack).add("team", "ml")
        assert properties(stack)["Tags"] == [{"Key": "team", "Value": "ml"}]

    def test_untagged_job_has_no_tags_property(self, stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
        """Nothing is written that nobody asked for."""
        HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
        assert "Tags" not in properties(stack)

    @pytest.mark.parametrize("tags", [{"b": "1", "a": "2"}, [{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}]])
    def test_tags_of_the_request_keep_their_order(self, stack: cdk.Stack, tags: Any) -> None:
        """A mapping or the API's list, as written; what the stack adds comes after."""
        job = minimal(stack, tags=tags)
        cdk.Tags.of(job).add("0", "3")
        cdk.Tags.of(job).add("a", "4")
        assert properties(stack)["Tags"] == [
            {"Key": "b", "Value": "1"},
            {"Key": "a", "Value": "4"},
            {"Key": "0", "Value": "3"},
        ]

    def test_tags_can_be_removed_and_excluded(self, stack: cdk.Stack) -> None:
        """The rules of every other CloudFormation resource."""
        job = minimal(stack, tags={"a": "1", "b": "2"})
        cdk.Tags.of(job).remove("a")
        cdk.Tags.of(stack).add("c", "3", exclude_resource_types=[TYPE])
        assert properties(stack)["Tags"] == [{"Key": "b", "Value": "2"}]


def minimal(stack: cdk.Stack, **arguments: Any) -> HyperparameterTuningJob:
    """A job with as little as there can be, and what else is given."""
    defaults: Mapping[str, Any] = {
        "strategy": "Random",
        "objective": Objective.minimize("loss"),
        "parameter_ranges": [hpt_construct.IntegerRange("depth", 1, 10)],
        "resource_limits": ResourceLimits(max_parallel_training_jobs=1, max_training_jobs=2),
        "training_job": DEFINITION,
    }
    return HyperparameterTuningJob(stack, "Tuning", **{**defaults, **arguments})


class TestMistakes:
    """What can't work is said at synth, all of it, in the words of the caller."""

    def test_all_problems_of_a_plain_request_come_at_once(
        self, stack: cdk.Stack, guide_request: dict[str, Any]
    ) -> None:
        """With the API's own paths, the value got, what is allowed, and the way out."""
        request = copy.deepcopy(guide_request)
        request["HyperParameterTuningJobName"] = "not@valid"
        request["HyperParameterTuningJobConfig"]["Strategy"] = "bayesian"
        request["HyperParameterTuningJobConfig"]["ResourceLimits"] = {"MaxParallelTrainingJobs": "3"}
        request["TrainingJobDefinition"]["OutputDataConfig"]["KmsKey"] = "k"
        del request["TrainingJobDefinition"]["RoleArn"]
        with pytest.raises(ValidationError) as caught:
            HyperparameterTuningJob.from_request(stack, "Tuning", request)
        assert sorted(caught.value.problems) == [
            "HyperParameterTuningJobConfig.ResourceLimits.MaxParallelTrainingJobs: got '3', must be a whole number",
            (
                "HyperParameterTuningJobConfig.Strategy: got 'bayesian', must be one of Bayesian, Random, Hyperband, "
                "Grid; did you mean 'Bayesian'?"
            ),
            "HyperParameterTuningJobName: got 'not@valid', must be 1 to 32 letters, digits and inner hyphens",
            "TrainingJobDefinition.OutputDataConfig.KmsKey: not a member of OutputDataConfig; did you mean 'KmsKeyId'?",
            "TrainingJobDefinition.RoleArn: missing; the API requires it",
        ]
        assert str(caught.value).startswith("5 problems in the hyperparameter tuning job 'Training/Tuning':\n  - ")

    def test_problems_of_typed_parts_are_told_in_their_names(self, stack: cdk.Stack) -> None:
        """Who wrote snake_case reads snake_case."""
        with pytest.raises(ValidationError) as caught:
            minimal(
                stack,
                tuning_job_name="-",
                random_seed=-1,
                resource_limits=ResourceLimits(max_parallel_training_jobs=0, max_runtime=cdk.Duration.seconds(5)),
                parameter_ranges=[hpt_construct.ContinuousRange("eta", 0, 1, "log")],
            )
        assert sorted(caught.value.problems) == [
            "parameter_ranges[0].scaling_type: got 'log', must be one of Auto, Linear, Logarithmic, ReverseLogarithmic",
            "random_seed: got -1, must be at least 0",
            "resource_limits.max_parallel_training_jobs: got 0, must be at least 1",
            "resource_limits.max_runtime: got 5, must be 120 to 15,768,000",
            "tuning_job_name: got '-', must be 1 to 32 letters, digits and inner hyphens",
        ]

    @pytest.mark.parametrize(
        ("argument", "value", "problem"),
        [
            (
                "completion_criteria",
                hpt_construct.TuningJobCompletionCriteria(target_objective_metric_value=float("nan")),
                "completion_criteria.target_objective_metric_value: got nan, must be a finite number",
            ),
            ("objective", "loss", "objective: got 'loss', must be an Objective, like "),
            ("random_seed", True, "random_seed: got True, must be a whole number"),
            ("random_seed", 2**31, "random_seed: got 2,147,483,648, must be 0 to 2,147,483,647"),
            ("tags", {"a": 1}, "tags['a']: got 1, must be a string; write '1' in quotes"),
            ("training_job", None, "training_job: "),
        ],
        ids=lambda value: value if isinstance(value, str) and "_" in value else "",
    )
    def test_wrong_value_is_a_problem_and_no_traceback(
        self, stack: cdk.Stack, argument: str, value: Any, problem: str
    ) -> None:
        """NaN would kill the jsii kernel, a wrong type end in its traceback: neither gets that far."""
        with pytest.raises(ValidationError) as caught:
            minimal(stack, **{argument: value})
        assert problem in caught.value.problems[0]

    @pytest.mark.parametrize("given", [{"a": 1}, {}])
    def test_value_of_another_class_is_one_problem(self, stack: cdk.Stack, given: dict[str, int]) -> None:
        """What a rule misses in it says no more."""
        with pytest.raises(ValidationError) as caught:
            minimal(stack, training_job=given)
        [problem] = caught.value.problems
        assert problem.startswith(f"training_job: got {given}, must be a TrainingJobDefinition, like ")

    @pytest.mark.parametrize("make", [cdk.Duration.minutes, cdk.Duration.hours])
    def test_duration_of_a_token_is_told_as_what_it_is(
        self, stack: cdk.Stack, make: Callable[[float], cdk.Duration]
    ) -> None:
        """Its seconds can be a token; no template can calculate them of minutes."""
        token = cdk.Token.as_number(cdk.Fn.import_value("time"))

        def limits(time: cdk.Duration) -> ResourceLimits:
            return ResourceLimits(max_parallel_training_jobs=1, max_training_jobs=1, max_runtime=time)

        with pytest.raises(ValidationError) as caught:
            minimal(stack, resource_limits=limits(make(token)))
        [problem] = caught.value.problems
        assert problem == (
            "resource_limits.max_runtime: got a Duration of a token that isn't in seconds, which no template can "
            "convert; use Duration.seconds(token)"
        )
        minimal(stack, resource_limits=limits(cdk.Duration.seconds(token)))

    def test_parent_given_as_an_arn_is_told_by_its_name(self, stack: cdk.Stack) -> None:
        """SageMaker takes names, of its own account and region."""
        arn = "arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/nightly"
        with pytest.raises(ValidationError) as caught:
            minimal(stack, warm_start=hpt_construct.WarmStart.transfer_learning(parents=[arn]))
        assert caught.value.problems == (
            f"warm_start.parents[0]: got '{arn}', must be a tuning job or its name, like 'nightly'",
        )

    def test_refused_job_leaves_the_stack_as_it_was(self, stack: cdk.Stack) -> None:
        """Bad input loses nothing: the same id can be used for a better one."""
        with pytest.raises(ValidationError):
            minimal(stack, random_seed=-1)
        minimal(stack, random_seed=1)
        Template.from_stack(stack).resource_count_is(TYPE, 1)

    @pytest.mark.parametrize("several", [False, True])
    def test_definition_behind_a_token_is_a_problem(
        self, stack: cdk.Stack, guide_request: dict[str, Any], *, several: bool
    ) -> None:
        """The function may pass the roles that the jobs name, and no other: they have to be seen."""
        token = cdk.Token.as_any({"Ref": "Definition"})
        definition = guide_request.pop("TrainingJobDefinition")
        hidden = {"TrainingJobDefinitions": [definition, token]} if several else {"TrainingJobDefinition": token}
        del guide_request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        guide_request["Autotune"] = {"Mode": "Enabled"}
        del guide_request["HyperParameterTuningJobConfig"]["ParameterRanges"]
        definition["DefinitionName"] = "first"
        with pytest.raises(ValidationError, match=r"TrainingJobDefinition.*: got a token, must be known at synth"):
            HyperparameterTuningJob.from_request(stack, "Tuning", {**guide_request, **hidden})

    def test_part_without_a_whole_second_is_a_problem(self, stack: cdk.Stack) -> None:
        """A duration that the API can't express is reported, not rounded."""
        with pytest.raises(
            ValidationError,
            match=r"resource_limits\.max_runtime: got Duration\.millis\(1\), must be a Duration of whole seconds",
        ):
            minimal(
                stack, resource_limits=ResourceLimits(max_parallel_training_jobs=1, max_runtime=cdk.Duration.millis(1))
            )


def test_doubt_is_a_warning_that_can_be_acknowledged(stack: cdk.Stack, guide_request: dict[str, Any]) -> None:
    """What may be right is no error: it has an id, and a user who knows better says so once."""
    limits = guide_request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    limits["MaxParallelTrainingJobs"] = 11
    job = HyperparameterTuningJob.from_request(stack, "Tuning", guide_request)
    warning = Match.string_like_regexp("ResourceLimits.MaxParallelTrainingJobs: .*hpt-construct:L3")
    Annotations.from_stack(stack).has_warning("*", warning)
    cdk.Annotations.of(job).acknowledge_warning("hpt-construct:L3")
    Annotations.from_stack(stack).has_no_warning("*", warning)


def test_construct_takes_every_member_of_the_request() -> None:
    """The flat arguments of the construct and the members of the request are the same names."""
    arguments = inspect.signature(HyperparameterTuningJob.__init__).parameters
    members = {field.name for field in _part.fields(whole.TuningJobRequest)}
    others = {"self", "scope", "id"} | TuningJobOptions.__annotations__.keys()
    assert set(arguments) - others == members


def test_help_shows_the_arguments_of_a_job() -> None:
    """Of a subclass, its own; the metaclass of jsii alone would show that anything is taken."""

    class Inherited(HyperparameterTuningJob):
        """Another name."""

    class WithATeam(HyperparameterTuningJob):
        """Another constructor."""

        def __init__(self, scope: Construct, id: str, *, team: str) -> None:  # noqa: A002
            raise NotImplementedError

    own = inspect.signature(HyperparameterTuningJob)
    assert list(own.parameters) == list(inspect.signature(HyperparameterTuningJob.__init__).parameters)[1:]
    assert inspect.signature(Inherited) == own
    assert list(inspect.signature(WithATeam).parameters) == ["scope", "id", "team"]


def test_no_private_argument_is_offered() -> None:
    """By an editor, to who calls anything that is exported."""
    exported = [getattr(hpt_construct, name) for name in hpt_construct.__all__]
    called = [each for part in exported if isinstance(part, type) for each in (part, *vars(part).values())]
    named = [inspect.signature(each).parameters for each in called if inspect.isfunction(each) or each in exported]
    assert [name for parameters in named for name in parameters if name.startswith("_")] == []
