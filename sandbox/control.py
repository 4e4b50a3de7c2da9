"""Lets a test configure and read the sandbox's SageMaker, from any process inside the sandbox."""

import dataclasses
import json
import os
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from sandbox.sagemaker.settings import Call, Fault

URL_VARIABLE = "SANDBOX_CONTROL_URL"


class Control:
    """The control of a sandbox's SageMaker.

    url: where it is controlled, with the token that allows it.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = build_opener(ProxyHandler({}))

    @classmethod
    def from_environment(cls) -> Self:
        """Return the control of the sandbox that this process runs in.

        Raises LookupError outside of a sandbox.
        """
        if URL_VARIABLE not in os.environ:
            raise LookupError(f"{URL_VARIABLE} is not set: this process does not run in a sandbox")
        return cls(os.environ[URL_VARIABLE])

    def configure(self, **changes: float | None) -> None:
        """Change some of the settings (the fields of ServiceSettings), for what happens from now on."""
        self._command("configure", **changes)

    def add_fault(self, fault: Fault) -> None:
        """Have the next calls of an operation answered with an error; faults of one operation are used up in order."""
        self._command("add_fault", **dataclasses.asdict(fault))

    def clear_faults(self) -> None:
        """Forget the faults that have not been used up."""
        self._command("clear_faults")

    def advance(self, seconds: float) -> None:
        """Put SageMaker's clock forward by a number of seconds."""
        self._command("advance", seconds=seconds)

    def fail_job(self, name: str, reason: str, region: str = "us-east-1") -> None:
        """End a tuning job as Failed, now, with a failure reason."""
        self._command("fail_job", name=name, reason=reason, region=region)

    def fail_training(self, name: str, reason: str, region: str = "us-east-1") -> None:
        """End a running training job of a tuning job as Failed, now, with a failure reason."""
        self._command("fail_training", name=name, reason=reason, region=region)

    def calls(self) -> list[Call]:
        """Return the calls so far, oldest first."""
        return [Call(**call) for call in self._command("calls")]

    def clear_calls(self) -> None:
        """Forget the calls so far."""
        self._command("clear_calls")

    def _command(self, command: str, **arguments: object) -> Any:
        request = Request(f"{self._url}{command}", json.dumps(arguments).encode(), method="POST")  # noqa: S310 - the sandbox's own address
        try:
            with self._opener.open(request) as response:
                return json.load(response)
        except HTTPError as error:
            with error:
                message = json.load(error)["error"]
            raise ValueError(message) from None
