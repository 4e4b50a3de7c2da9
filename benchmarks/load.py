"""Starts many jobs at once: the real handler against a SageMaker that limits the creations per second."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import local
from typing import Any

from hpt_handler import cloudformation, handler, sagemaker
from hpt_handler.clock import LambdaClock

from benchmarks import cold
from sandbox.control import Control
from sandbox.sagemaker.server import SageMakerServer
from sandbox.sagemaker.settings import ServiceSettings


@dataclass(frozen=True)
class Load:
    """How it went."""

    succeeded: int
    jobs: int
    """How many were created; with the number of those that succeeded, none was twice."""
    seconds: float
    """By SageMaker's own clock, from the first call to the last job."""
    share: float
    """The rate that was reached, of the one that was allowed; the burst aside, which is free."""


def load(events: int = 100, functions: int = 50, rate: float = 5, burst: int = 10) -> Load:
    """Run so many Creates, so many functions at a time."""
    settings = ServiceSettings(create_rate=rate, create_burst=burst, max_tuning_jobs=events)
    with SageMakerServer(settings, "111122223333") as server:
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_SAGEMAKER": server.url,
        }
        properties = cold.function_properties()
        with ThreadPoolExecutor(functions) as pool:
            answers = list(pool.map(_Function(properties), range(events)))
        calls = Control(server.control_url).calls()
    creates = [call for call in calls if call.operation == "CreateHyperParameterTuningJob"]
    made = [call for call in creates if call.error is None]
    seconds = made[-1].time - creates[0].time
    return Load(
        succeeded=sum(answer["Status"] == "SUCCESS" for answer in answers),
        jobs=len({call.parameters["HyperParameterTuningJobName"] for call in made}),
        seconds=seconds,
        share=(len(made) - burst) / seconds / rate,
    )


class _Function:
    """A Lambda function: an environment, here a thread, has a client of its own that its events share."""

    def __init__(self, properties: dict[str, Any]) -> None:
        self._properties = properties
        self._environment = local()

    def __call__(self, index: int) -> Any:
        if not hasattr(self._environment, "client"):
            # Without the cache, which is one for the whole process.
            self._environment.client = sagemaker.client.__wrapped__()
        event = cold.event(self._properties, "") | {"LogicalResourceId": f"Job{index}", "RequestId": f"request-{index}"}
        clock = LambdaClock(lambda: 900_000)
        stack = cloudformation.Stack(event["StackId"], cloudformation.client, clock)
        return cold.answer_of(handler.answer_to(event, lambda: self._environment.client, stack, clock))
