"""Repeats the asynchronous runs of functions, gives them up and tells their destination, as Lambda does."""

import contextvars
import datetime as dt
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.arn import parse_arn
from ministack.core.responses import new_uuid
from ministack.services import lambda_svc

_FIRST_PAUSE, _LONGEST_PAUSE = 60, 300
_OLDEST = 21_600
_SPEED = float(os.environ["SANDBOX_SPEED"])
# All runs for one event have the same id.
_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
_Record = dict[str, Any]


def amend() -> None:
    """Replace MiniStack's, which gives each run an id of its own and gives no event up for its age."""
    lambda_svc._execute_function_dispatch = _with_its_id(lambda_svc._execute_function_dispatch)
    lambda_svc.invoke_async_with_retry = _invoke


def _with_its_id(dispatch: Callable[..., _Record]) -> Callable[..., _Record]:
    def execute_function_dispatch(
        function: _Record, config: _Record, event: object, request_id: str, started: float
    ) -> _Record:
        return dispatch(function, config, event, _request_id.get() or request_id, started)

    return execute_function_dispatch


def _invoke(function: _Record, event: object) -> None:
    """Run a function in the background, until a run ends without an error or the event is given up."""
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=[_run, function, event], daemon=True).start()


def _run(function: _Record, event: object) -> None:
    config = function["config"]
    settings = lambda_svc._event_invoke_config(function, None) or lambda_svc._event_invoke_config(function, "$LATEST")
    settings = settings or {}
    oldest = int(settings.get("MaximumEventAgeInSeconds") or _OLDEST)
    retries = settings.get("MaximumRetryAttempts")
    runs = 1 + (2 if retries is None else int(retries))
    _request_id.set(new_uuid())
    age, pause = 0.0, _FIRST_PAUSE
    for run in range(1, runs + 1):
        began = time.monotonic()
        result = lambda_svc._execute_function(function, event)
        if not result.get("error"):
            return
        # Only the pauses are shorter than in life: an event is as old as if they had been as long.
        age += time.monotonic() - began + pause
        if run == runs or age > oldest:
            condition = "RetriesExhausted" if run == runs else "EventAgeExceeded"
            _give_up(config, settings, _record(config, event, result, condition, run))
            if dead_letters := (config.get("DeadLetterConfig") or {}).get("TargetArn"):
                lambda_svc._route_async_failure(dead_letters, config["FunctionName"], event, result)
            return
        time.sleep(pause / _SPEED)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _record(config: _Record, event: object, result: _Record, condition: str, runs: int) -> _Record:
    arn = config["FunctionArn"]
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return {
        "version": "1.0",
        "timestamp": f"{now}Z",
        "requestContext": {
            "requestId": _request_id.get(),
            "functionArn": arn if arn.count(":") > 6 else f"{arn}:$LATEST",  # noqa: PLR2004 - it has a qualifier
            "condition": condition,
            "approximateInvokeCount": runs,
        },
        "requestPayload": event,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": config.get("Version", "$LATEST"),
            "functionError": result.get("function_error") or "Unhandled",
        },
        "responsePayload": result.get("body"),
    }


def _give_up(config: _Record, settings: _Record, record: _Record) -> None:
    destination = ((settings.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if not destination:
        return
    try:
        _deliver(config, destination, json.dumps(record))
    except (BotoCoreError, ClientError):
        logging.getLogger("lambda").exception("the record of a given-up event does not reach %s", destination)


def _deliver(config: _Record, destination: str, record: str) -> None:
    """Send a record to a destination in the name of the function's role."""
    credentials = lambda_svc.execution_credentials(config)
    session = boto3.Session(
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=credentials["AWS_SESSION_TOKEN"],
    )
    arn = parse_arn(destination)
    client = session.client(arn.service, region_name=arn.region, endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    if arn.service == "lambda":
        client.invoke(FunctionName=destination, InvocationType="Event", Payload=record)
    elif arn.service == "sqs":
        queue = f"{os.environ['AWS_ENDPOINT_URL']}/{arn.account_id}/{arn.resource}"
        client.send_message(QueueUrl=queue, MessageBody=record)
    elif arn.service == "sns":
        client.publish(TopicArn=destination, Message=record)
    elif arn.service == "events":
        entry = {
            "Source": "lambda",
            "DetailType": "Lambda Function Invocation Result - Failure",
            "Resources": [destination, json.loads(record)["requestContext"]["functionArn"]],
            "Detail": record,
            "EventBusName": destination,
        }
        client.put_events(Entries=[entry])
