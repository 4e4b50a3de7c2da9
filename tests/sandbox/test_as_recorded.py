"""What AWS was recorded to do, as the sandbox does it. Each test names the recording: who made it, and when."""

import contextlib
import io
import json
import re
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.exceptions import ClientError, WaiterError

from sandbox import Sandbox, SandboxSettings
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.service import SageMaker
from sandbox.sagemaker.trainings import FAILING_SHARE

_ACCOUNT = "111122223333"
_FAILING_CODE = """
import json
import time

def handler(event, context):
    print(json.dumps({"run of": event["message"], "request": context.aws_request_id, "at": time.time()}))
    raise Exception("intentional failure")
"""
# It answers what the properties say, without an id, and writes down each event.
_ANSWERING_CODE = """
import json
import urllib.request

def handler(event, context):
    wish = event["ResourceProperties"]
    with open(wish["Log"], "a") as log:
        log.write(json.dumps(event) + "\\n")
    if wish["Answer"] != "none":
        same = {key: event[key] for key in ("RequestId", "StackId", "LogicalResourceId")}
        body = {**same, "Status": wish["Answer"], "Reason": "intentional failure", "PhysicalResourceId": ""}
        request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
        urllib.request.urlopen(request).close()
"""
_SPEED = 600
_MILLISECONDS = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture(scope="module")
def hurried() -> Iterator[Sandbox]:
    """Answer a sandbox in which Lambda waits a tenth and two tenths of a second before it repeats a run."""
    with Sandbox(SandboxSettings(speed=_SPEED)) as sandbox:
        yield sandbox


def _policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


class _Function:
    """A function, with a role that may do nothing, and a queue."""

    def __init__(self, sandbox: Sandbox, name: str, code: str = _FAILING_CODE) -> None:
        self.name = name
        self.arn = f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:{name}"
        self.client = sandbox.client("lambda")
        self._logs = sandbox.client("logs")
        self._iam = sandbox.client("iam")
        self._queues = sandbox.client("sqs")
        self._queue = self._queues.create_queue(QueueName=name)["QueueUrl"]
        self.queue_arn = f"arn:aws:sqs:us-east-1:{_ACCOUNT}:{name}"
        trust = _policy(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
        role = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("index.py", code)
        self.client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": file.getvalue()},
            Timeout=60,
        )
        self.client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05})

    def allow(self, action: str) -> None:
        """Let its role do something."""
        self._iam.put_role_policy(
            RoleName=self.name, PolicyName="function", PolicyDocument=_policy(Action=action, Resource="*")
        )

    def put_settings(self, destination: str, **settings: int) -> None:
        """Send what is given up to a destination."""
        config = {"OnFailure": {"Destination": destination}}
        self.client.put_function_event_invoke_config(FunctionName=self.name, DestinationConfig=config, **settings)

    def give_up(self, message: str) -> dict[str, Any]:
        """Invoke it, and answer the record of the event that is given up."""
        payload = json.dumps({"message": message}).encode()
        self.client.invoke(FunctionName=self.name, InvocationType="Event", Payload=payload)
        # The queue waits for twenty seconds at most, and a machine may be slow.
        for _ in range(30):
            received = self._queues.receive_message(QueueUrl=self._queue, WaitTimeSeconds=20).get("Messages", [])
            for each in received:
                self._queues.delete_message(QueueUrl=self._queue, ReceiptHandle=each["ReceiptHandle"])
                record: dict[str, Any] = json.loads(each["Body"])
                return record
        pytest.fail("no record")

    def runs(self, message: str) -> list[dict[str, Any]]:
        """What its runs for a message have logged."""
        logged = self._logs.filter_log_events(logGroupName=f"/aws/lambda/{self.name}")["events"]
        found = [line for event in logged for line in event["message"].splitlines() if f'"run of": "{message}"' in line]
        return [json.loads(line) for line in found]


@pytest.fixture(scope="module")
def function(hurried: Sandbox) -> _Function:
    """Answer a function whose role may send to its queue."""
    function = _Function(hurried, "fails")
    function.allow("sqs:SendMessage")
    return function


def _error(caught: pytest.ExceptionInfo[ClientError]) -> tuple[int, str, str]:
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_a_destination_that_the_role_may_not_call_is_refused(hurried: Sandbox) -> None:
    """terraform-provider-aws, internal/service/lambda/function_event_invoke_config.go, which has met it in its tests.

    By whoever the settings are made: amplify-cli#10395 (2022-06-01) shows it of CloudFormation.
    """
    function = _Function(hurried, "powerless")
    denied = f"The function's execution role does not have permissions to call SendMessage on {function.queue_arn}"
    with pytest.raises(ClientError) as caught:
        function.put_settings(function.queue_arn)
    assert _error(caught) == (400, "InvalidParameterValueException", denied)

    stacks = hurried.client("cloudformation")
    settings = {
        "FunctionName": function.name,
        "Qualifier": "$LATEST",
        "DestinationConfig": {"OnFailure": {"Destination": function.queue_arn}},
    }
    resource = {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": settings}
    stacks.create_stack(StackName="Powerless", TemplateBody=json.dumps({"Resources": {"Settings": resource}}))
    with pytest.raises(WaiterError):
        stacks.get_waiter("stack_create_complete").wait(
            StackName="Powerless", WaiterConfig={"Delay": 0.05, "MaxAttempts": 12_000}
        )
    events = stacks.describe_stack_events(StackName="Powerless")["StackEvents"]
    assert any(denied in event.get("ResourceStatusReason", "") for event in events)

    function.allow("sqs:SendMessage")
    function.put_settings(function.queue_arn)


def test_a_destination_that_does_not_exist_is_refused(function: _Function) -> None:
    """localstack, test_lambda_api.py::test_lambda_eventinvokeconfig_exceptions, 2025-11-25."""
    missing = function.arn.replace("fails", "doesnotexist")
    with pytest.raises(ClientError) as caught:
        function.put_settings(missing)
    assert _error(caught) == (400, "InvalidParameterValueException", f"The destination ARN {missing} is invalid.")


def test_a_run_that_fails_is_repeated_twice_with_the_same_request(function: _Function) -> None:
    """localstack, test_lambda_destinations.py::test_retries, 2025-11-25: a minute after the first run, then two."""
    function.put_settings(function.queue_arn)
    record = function.give_up("retries")
    [first, second, third] = function.runs("retries")
    assert {run["request"] for run in (first, second, third)} == {record["requestContext"]["requestId"]}
    # The sandbox's minutes are a tenth of a second long, and its runs as long as anywhere.
    assert 60 / _SPEED <= second["at"] - first["at"] < 60
    assert 120 / _SPEED <= third["at"] - second["at"] < 60

    assert re.fullmatch(_MILLISECONDS, record.pop("timestamp"))
    assert record.pop("responsePayload")["errorMessage"] == "intentional failure"
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": first["request"],
            "functionArn": f"{function.arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"message": "retries"},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    }


@pytest.mark.parametrize(("age", "runs"), [(60, 1), (90, 2)])
def test_an_event_is_given_up_when_its_next_run_would_come_too_late(function: _Function, age: int, runs: int) -> None:
    """localstack, test_lambda_destinations.py::test_maxeventage, 2025-11-27: Lambda doesn't wait for its age."""
    function.put_settings(function.queue_arn, MaximumEventAgeInSeconds=age, MaximumRetryAttempts=2)
    record = function.give_up(f"age {age}")
    assert len(function.runs(f"age {age}")) == runs
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == runs
    assert record["responseContext"]["functionError"] == "Unhandled"


def test_a_name_of_an_execution_is_taken_once(hurried: Sandbox) -> None:
    """localstack, test_sfn_api.py::test_start_execution_idempotent, 2024-08-21.

    That the name stays taken after the end, for 90 days, is documented.
    """
    trust = _policy(Principal={"Service": "states.amazonaws.com"}, Action="sts:AssumeRole")
    role = hurried.client("iam").create_role(RoleName="machine", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    client = hurried.client("stepfunctions")
    waits = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 99_999_999, "End": True}}}
    machine = client.create_state_machine(name="machine", definition=json.dumps(waits), roleArn=role)["stateMachineArn"]
    execution: dict[str, str] = {"stateMachineArn": machine, "name": "once", "input": '{"a": 1}'}
    first, again = client.start_execution(**execution), client.start_execution(**execution)
    arn = first["executionArn"]
    assert (again["executionArn"], again["startDate"]) == (arn, first["startDate"])

    taken = (400, "ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
    with pytest.raises(ClientError) as caught:
        client.start_execution(**execution | {"input": "{}"})
    assert _error(caught) == taken
    client.stop_execution(executionArn=arn)
    with pytest.raises(ClientError) as caught:
        client.start_execution(**execution)
    assert _error(caught) == taken


class _Stacks:
    """Stacks of a custom resource whose function answers without an id."""

    def __init__(self, sandbox: Sandbox, log: Path) -> None:
        self._client = sandbox.client("cloudformation")
        self._log = log
        self._function = _Function(sandbox, "answers", _ANSWERING_CODE)

    def create(self, name: str, answer: str, **resources: dict[str, str]) -> None:
        """Create one, and wait for the end, be it good or bad."""
        properties = {
            "ServiceToken": self._function.arn,
            "ServiceTimeout": 1 if answer == "none" else 600,
            "Log": str(self._log),
            "Answer": answer,
        }
        thing = {"Type": "Custom::Thing", "Properties": properties}
        self._client.create_stack(
            StackName=name, TemplateBody=json.dumps({"Resources": {**resources, "Thing": thing}}), OnFailure="ROLLBACK"
        )
        with contextlib.suppress(WaiterError):
            waits = {"Delay": 0.05, "MaxAttempts": 12_000}
            self._client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=waits)

    def reasons(self, name: str, status: str) -> list[str]:
        """Why resources of a stack have a status."""
        events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        return [event.get("ResourceStatusReason", "") for event in events if event["ResourceStatus"] == status]

    def ids(self, name: str) -> dict[str, str]:
        """The physical ids of a stack."""
        found = self._client.describe_stack_resources(StackName=name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def event(self, name: str, request_type: str) -> dict[str, Any]:
        """The first event of a type that the function got from a stack."""
        # Where a machine is slow, the function gets it after the stack has ended.
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            lines = self._log.read_text(encoding="utf-8").splitlines()
            for event in map(json.loads, lines):
                if (event["StackId"].split("/")[1], event["RequestType"]) == (name, request_type):
                    return dict(event)
            time.sleep(0.05)
        pytest.fail("no such event")


@pytest.fixture(scope="module")
def stacks(hurried: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> _Stacks:
    """Answer stacks of the sandbox."""
    return _Stacks(hurried, tmp_path_factory.mktemp("stacks") / "log")


def _signed(url: str, seconds: int) -> str:
    """Check the signature of an address, and answer the names in its path."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    signature, scope, date = (query.pop(f"X-Amz-{name}") for name in ("Signature", "Credential", "Date"))
    assert query == {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Expires": str(seconds),
    }
    assert re.fullmatch("[0-9a-f]{64}", signature)
    assert re.fullmatch(r"\d{8}T\d{6}Z", date)
    assert re.fullmatch(rf"AKIA[A-Z0-9]{{16}}/{date[:8]}/us-east-1/s3/aws4_request", scope)
    return parts.path.partition("/arn%3Aaws%3Acloudformation%3Aus-east-1%3A111122223333%3Astack/")[2]


_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_an_answer_has_two_hours(stacks: _Stacks) -> None:
    """Events of custom resources that four users have shown, 2017 to 2023; the host is the sandbox's."""
    stacks.create("Answered", "SUCCESS")
    url = stacks.event("Answered", "Create")["ResponseURL"]
    assert re.fullmatch(f"Answered/{_UUID}%7CThing%7C{_UUID}", _signed(url, 7200))


def test_a_signal_has_a_day(stacks: _Stacks) -> None:
    """URLs of handles that two users have shown: rpers in us-east-2, 2018-06-02, and ANS in eu-west-3, 2025-11-22."""
    stacks.create("Signalled", "SUCCESS", Handle={"Type": "AWS::CloudFormation::WaitConditionHandle"})
    url = stacks.ids("Signalled")["Handle"]
    assert re.fullmatch(f"Signalled/{_UUID}/{_UUID}/Handle", _signed(url, 86_399))


def test_a_failure_without_an_id_loses_its_reason(stacks: _Stacks) -> None:
    """remind101/empire#918, 2016; custom-resource-helper#67, 2022-08-30."""
    stacks.create("Nameless", "FAILED")
    assert "Invalid PhysicalResourceId" in stacks.reasons("Nameless", "CREATE_FAILED")


def test_an_invented_id_has_twelve_capitals_and_digits(stacks: _Stacks) -> None:
    """cloudformation-coverage-roadmap#1814; an event that a user has shown in 2023."""
    stacks.create("Silent", "none")
    assert re.fullmatch("Silent-Thing-[A-Z0-9]{12}", stacks.event("Silent", "Delete")["PhysicalResourceId"])


@pytest.fixture
def client(service: SageMaker) -> Any:
    """Answer a client of it."""
    return service.client()


_XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.3-1"
_SCIKIT_LEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1"
_KMEANS = "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"
_NAME = {"HyperParameterTuningJobName": "Tune-1"}
_Request = dict[str, Any]


def _refusal(call: Callable[..., object], **arguments: object) -> tuple[int, str, str]:
    """Call, and answer how it is refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return _error(caught)


def _validation(message: str) -> tuple[int, str, str]:
    return 400, "ValidationException", message


def test_a_name_is_taken(client: Any, request_body: _Request) -> None:
    """Four users, 2021 to 2022, among them amazon-sagemaker-examples#2440 and #3353."""
    client.create_hyper_parameter_tuning_job(**request_body)
    assert _refusal(client.create_hyper_parameter_tuning_job, **request_body) == (
        400,
        "ResourceInUse",
        "A hyperparameter tuning job with the name, Tune-1, already exists. Choose a different name.",
    )


@pytest.mark.parametrize("call", ["describe_hyper_parameter_tuning_job", "stop_hyper_parameter_tuning_job"])
def test_there_is_no_such_tuning_job(client: Any, call: str) -> None:
    """amazon-sagemaker-examples#1540, 2020-09-18."""
    message = "Amazon SageMaker can't find a tuning job called Tune-1. Type another name."
    assert _refusal(getattr(client, call), **_NAME) == (400, "ResourceNotFound", message)


def test_there_is_no_such_training_job(client: Any) -> None:
    """amazon-sagemaker-operator-for-k8s, whose tests had to pass on AWS: it tells it by this beginning."""
    status, code, message = _refusal(client.describe_training_job, TrainingJobName="Tune-1-001-01234567")
    assert (status, code) == (400, "ValidationException")
    assert message.startswith("Requested resource not found")


def test_a_quota_is_used_up(service: SageMaker, client: Any, request_body: _Request) -> None:
    """The form, which six users have shown of instances, 2019 to 2023; data-science-on-aws#200 is one of them."""
    service.configure(max_tuning_jobs=0)
    status, code, message = _refusal(client.create_hyper_parameter_tuning_job, **request_body)
    assert (status, code) == (400, "ResourceLimitExceeded")
    form = (
        r"The account-level service limit '.+' is 0 (\w+), "
        r"with current utilization of 0 \1 and a request delta of 1 \1\."
        r" Please use AWS Service Quotas to request an increase for this quota\."
        r" If AWS Service Quotas is not available, contact AWS support to request an increase for this quota\."
    )
    assert re.fullmatch(form, message)


def test_an_image_that_brings_no_metrics_has_to_be_given_the_objectives(client: Any, request_body: _Request) -> None:
    """amazon-sagemaker-examples#1207, 2020-05-08; sagemaker-python-sdk#3932, 2023-06-14, of AWS's image for scripts."""
    specification = request_body["TrainingJobDefinition"]["AlgorithmSpecification"]
    del specification["MetricDefinitions"]
    for image in ("111122223333.dkr.ecr.us-east-1.amazonaws.com/image:1", _SCIKIT_LEARN):
        specification["TrainingImage"] = image
        assert _refusal(client.create_hyper_parameter_tuning_job, **request_body) == _validation(
            "A metric is required for this hyperparameter tuning job objective. "
            "Provide a metric in the metric definitions."
        )
    specification["TrainingImage"] = _XGBOOST
    client.create_hyper_parameter_tuning_job(**request_body)


def test_discrete_ranges_need_a_combination_for_each_training_job(client: Any, request_body: _Request) -> None:
    """amazon-sagemaker-operator-for-k8s#123, 2020-07-15."""
    config = request_body["HyperParameterTuningJobConfig"]
    config["ParameterRanges"] = {"IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "3"}]}
    config["ResourceLimits"]["MaxNumberOfTrainingJobs"] = 10
    assert _refusal(client.create_hyper_parameter_tuning_job, **request_body) == _validation(
        "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter combinations "
        "for the provided ranges [3.0] must be equal or greater than the value of MaxNumberOfJobs, [10]. "
        "Provide additional ranges."
    )
    config["ResourceLimits"]["MaxNumberOfTrainingJobs"] = 3
    client.create_hyper_parameter_tuning_job(**request_body)


def test_a_warm_start_keeps_the_names_of_hyperparameters(
    service: SageMaker, client: Any, request_body: _Request
) -> None:
    """amazon-sagemaker-examples#861, 2019-08-26: which of them are tuned may change."""
    static = request_body["TrainingJobDefinition"]["StaticHyperParameters"]
    static["alpha"] = "0"
    client.create_hyper_parameter_tuning_job(**request_body)
    service.advance(36_000)
    request_body["HyperParameterTuningJobName"] = "Tune-2"
    request_body["WarmStartConfig"] = {"ParentHyperParameterTuningJobs": [_NAME], "WarmStartType": "TransferLearning"}
    del static["alpha"]
    assert _refusal(client.create_hyper_parameter_tuning_job, **request_body) == _validation(
        "The set of tunable plus static HyperParameter names is not the same across current and parent tuning jobs. "
        "Please ensure this set is constant when warm starting. Note that previously static HyperParameters can be "
        "tuned in warm start jobs and vice versa."
    )
    ranges = request_body["HyperParameterTuningJobConfig"]["ParameterRanges"]["ContinuousParameterRanges"]
    ranges.append({"Name": "alpha", "MinValue": "0", "MaxValue": "1"})
    client.create_hyper_parameter_tuning_job(**request_body)


def test_describe_adds_to_the_request(client: Any, request_body: _Request) -> None:
    """cloud-custodian, placebo test_sagemaker_hyperparameter_tuning_job_stop, 2024-04-10."""
    definition = request_body["TrainingJobDefinition"]
    del definition["EnableNetworkIsolation"]
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train"}}
    definition["InputDataConfig"] = [{"ChannelName": "train", "DataSource": source}]
    definition["AlgorithmSpecification"] = {"TrainingImage": _XGBOOST, "TrainingInputMode": "File"}
    client.create_hyper_parameter_tuning_job(**request_body)
    description = client.describe_hyper_parameter_tuning_job(**_NAME)
    told = description["TrainingJobDefinition"]
    assert told["StaticHyperParameters"] == {"_tuning_objective_metric": "validation:auc", "num_round": "100"}
    assert told["InputDataConfig"] == [
        {"ChannelName": "train", "DataSource": source, "CompressionType": "None", "RecordWrapperType": "None"}
    ]
    switches = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
    assert {switch: told[switch] for switch in switches} == dict.fromkeys(switches, False)
    metrics = told["AlgorithmSpecification"]["MetricDefinitions"]
    regex = r".*\[[0-9]+\].*#011validation-auc:([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*"
    assert len(metrics) == 30
    assert {"Name": "validation:auc", "Regex": regex} in metrics
    assert metrics[-1] == {"Name": "ObjectiveMetric", "Regex": regex}
    assert description["TuningJobCompletionDetails"] == {"NumberOfTrainingJobsObjectiveNotImproving": 0}
    assert description["ConsumedResources"] == {"RuntimeInSeconds": 0}


def test_describe_adds_the_metrics_of_each_definition(client: Any, request_body: _Request) -> None:
    """cloud-custodian, placebo test_sagemaker_hyperparameter_tuning_job_query, 2024-04-06."""
    objective = {"Type": "Minimize", "MetricName": "test:msd"}
    ranges = {"IntegerParameterRanges": [{"Name": "mini_batch_size", "MinValue": "2", "MaxValue": "3"}]}
    config = {"Strategy": "Bayesian", "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2}}
    definition = {
        **request_body.pop("TrainingJobDefinition"),
        "DefinitionName": "one",
        "TuningObjective": objective,
        "HyperParameterRanges": ranges,
        "AlgorithmSpecification": {"TrainingImage": _KMEANS, "TrainingInputMode": "File"},
    }
    request_body |= {"HyperParameterTuningJobConfig": config, "TrainingJobDefinitions": [definition]}
    client.create_hyper_parameter_tuning_job(**request_body)
    [told] = client.describe_hyper_parameter_tuning_job(**_NAME)["TrainingJobDefinitions"]
    metrics = told["AlgorithmSpecification"]["MetricDefinitions"]
    names = ["train:progress", "test:msd", "train:msd", "train:throughput", "test:ssd", "ObjectiveMetric"]
    assert [metric["Name"] for metric in metrics] == names
    assert metrics[-1]["Regex"] == metrics[1]["Regex"]


def test_a_job_whose_trainings_all_fail_has_failed(service: SageMaker, client: Any, request_body: _Request) -> None:
    """cloud-custodian, placebo test_sagemaker_hyperparameter_tuning_job_query, 2024-04-06."""
    request_body["TrainingJobDefinition"]["StaticHyperParameters"][FAILING_SHARE] = "1"
    request_body["HyperParameterTuningJobConfig"]["ResourceLimits"] = {
        "MaxNumberOfTrainingJobs": 2,
        "MaxParallelTrainingJobs": 2,
    }
    client.create_hyper_parameter_tuning_job(**request_body)
    service.advance(36_000)
    description = client.describe_hyper_parameter_tuning_job(**_NAME)
    assert description["HyperParameterTuningJobStatus"] == "Failed"
    assert description["FailureReason"] == (
        "All training jobs failed. Please take a look at the training jobs failures to get more details."
    )
    assert description["TrainingJobStatusCounters"]["NonRetryableError"] == 2
    assert description["ObjectiveStatusCounters"] == {"Succeeded": 0, "Pending": 0, "Failed": 2}
    assert "BestTrainingJob" not in description


def test_the_objective_of_a_job_with_one_definition_has_no_direction(
    service: SageMaker, client: Any, request_body: _Request
) -> None:
    """A notebook of 2020, boston_housing_xgboost_hyperparameter_tuning_low_level; the ACK controller's test data.

    Its value is in single precision, in both.
    """
    client.create_hyper_parameter_tuning_job(**request_body)
    service.advance(36_000)
    best = client.describe_hyper_parameter_tuning_job(**_NAME)["BestTrainingJob"]
    metric = best["FinalHyperParameterTuningJobObjectiveMetric"]
    assert metric.keys() == {"MetricName", "Value"}
    assert struct.unpack("f", struct.pack("f", metric["Value"])) == (metric["Value"],)


def test_training_jobs_are_named_after_their_tuning_job(client: Any, request_body: _Request) -> None:
    """The same two; the same notebook has xgboost-…-017-a301f0d0."""
    client.create_hyper_parameter_tuning_job(**request_body)
    [*_, first] = client.list_training_jobs_for_hyper_parameter_tuning_job(**_NAME)["TrainingJobSummaries"]
    assert re.fullmatch("Tune-1-00[1-3]-[0-9a-f]{8}", first["TrainingJobName"])


def test_what_has_ended_can_not_be_stopped(service: SageMaker, client: Any, request_body: _Request) -> None:
    """awslabs/benchmark-ai#928, of a training job; the words for a tuning job were not seen."""
    client.create_hyper_parameter_tuning_job(**request_body)
    client.stop_hyper_parameter_tuning_job(**_NAME)
    service.advance(36_000)
    assert _refusal(client.stop_hyper_parameter_tuning_job, **_NAME) == _validation(
        "The request was rejected because the hyperparameter tuning job is in status Stopped."
    )


def test_a_running_job_can_not_be_deleted(client: Any, request_body: _Request) -> None:
    """terraform-provider-aws, internal/service/sagemaker/hyper_parameter_tuning_job.go, which tells it by these."""
    client.create_hyper_parameter_tuning_job(**request_body)
    status, code, message = _refusal(client.delete_hyper_parameter_tuning_job, **_NAME)
    assert (status, code) == (400, "ValidationException")
    assert "not in a terminal state" in message


def test_the_tags_of_an_event_are_a_map(request_body: _Request) -> None:
    """What Step Functions passed on from SageMaker in an account of 2020 ("mldemo-dev"); times are in milliseconds."""
    events: list[dict[str, Any]] = []
    service = SageMaker(clock=Clock(lambda: 1_800_000_000.0), notify=lambda _region, event: events.append(event))
    service.client().create_hyper_parameter_tuning_job(**request_body)
    detail = json.loads(events[0]["Detail"])
    assert (detail["Tags"], detail["CreationTime"]) == ({"team": "a"}, 1_800_000_000_000)
