"""Measures ``hpt report`` on a tuning job of a thousand training jobs, beside a script with boto3 and Optuna.

``python -m benchmarks.trainings`` measures this alone, and prints it.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from moto.core.request import Request

from benchmarks import measure, report
from benchmarks.requests import guide_request
from sandbox.sagemaker.clock import Clock
from sandbox.sagemaker.service import SageMaker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.report import Row

TRAININGS = 1000
JOB = "tune"
HOW = (
    f"A completed tuning of {TRAININGS:,} trainings with four hyperparameters: `hpt report` from the start of the "
    "interpreter to its exit, with all pages read; one processor, the commands in turn, medians, by pyperf. SageMaker "
    "is the sandbox's, on the other processor, with its answers ready. “By hand” is a script with boto3's paginator; "
    "for a page it also has Optuna's `add_trials` and the same six plots, with the same way to judge importance. It "
    "draws the contour of all trainings, where the report takes a hundred, and has neither a table nor costs."
)
_PEERS = Path(__file__).parent / "peers"
_OURS, _THEIRS = "hpt report", "by hand"


def rows(rounds: int) -> list[Row]:
    """The lines of the table.

    :param rounds: How often each command is run.
    """
    endings = {"html": "plain_optuna.py", "csv": "plain_pages.py"}
    with tempfile.TemporaryDirectory() as folder, _sagemaker() as endpoint:
        compared = {}
        for ending, peer in endings.items():
            report_to = [sys.executable, "-m", "hpt_construct.cli", "report", JOB, "-o"]
            compared[f"{_OURS}, .{ending}"] = [*report_to, f"{folder}/ours.{ending}"]
            compared[f"{_THEIRS}, .{ending}"] = [sys.executable, str(_PEERS / peer), JOB, f"{folder}/theirs.{ending}"]
        environment = _environment(folder, endpoint)
        # The first compiles, and makes SageMaker's answers.
        measure.commands(compared, 1, environment)
        measured = measure.commands(compared, rounds, environment)
        for written in ("ours.csv", "theirs.csv"):
            lines = len(Path(folder, written).read_text(encoding="utf-8").splitlines()) - 1
            if lines != TRAININGS:
                raise RuntimeError(f"{written} has {lines} trainings")
    told = [report.at_most("report of a page, to the exit", measured[f"{_OURS}, .html"].median, 10.0, "s")]
    for ending in endings:
        ours, theirs = (measured[f"{who}, .{ending}"].median for who in (_OURS, _THEIRS))
        told.append(report.at_most(f".{ending}: {_OURS} / {_THEIRS}", ours / theirs))
    told += [
        report.Row(name, f"{each.median:.2f} s, {each.median_bytes / 2**20:.0f} MB") for name, each in measured.items()
    ]
    return told


def _environment(folder: str, endpoint: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": folder,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(measure.ROOT),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_SAGEMAKER": endpoint,
    }


@contextmanager
def _sagemaker() -> Iterator[str]:
    """Yield the address of a SageMaker that has the completed tuning job."""
    service = SageMaker(clock=Clock(lambda: 1_800_000_000.0))
    service.client().create_hyper_parameter_tuning_job(**_request())
    service.advance(10_000_000)
    server = _Server(service)
    listening = Thread(target=server.serve_forever, daemon=True)
    listening.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        listening.join()


def _request() -> dict[str, Any]:
    request = guide_request() | {"HyperParameterTuningJobName": JOB}
    request["HyperParameterTuningJobConfig"] |= {
        "Strategy": "Random",
        "RandomSeed": 1,
        "ResourceLimits": {"MaxNumberOfTrainingJobs": TRAININGS, "MaxParallelTrainingJobs": 10},
    }
    return request


class _Server(ThreadingHTTPServer):
    """SageMaker over HTTP, which works out each answer once."""

    daemon_threads = True

    def __init__(self, service: SageMaker) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service
        self.ready: dict[tuple[str, bytes], tuple[int, dict[str, str], bytes]] = {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it the second of an answer's packets waits 40 ms for the first one's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        question = self.headers["X-Amz-Target"], body
        if question not in self.server.ready:
            url = f"http://127.0.0.1:{self.server.server_port}{self.path}"
            request = Request.from_primitives(self.command, url, dict(self.headers), body)
            status, headers, text = self.server.service.answer(request)
            self.server.ready[question] = status, headers, text.encode()
        status, headers, content = self.server.ready[question]
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 – the name is the base class's
        pass


if __name__ == "__main__":
    print(report.terminal({"A thousand trainings": rows(5)}))  # noqa: T201 – the point of it
