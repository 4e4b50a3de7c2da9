"""The command line: `python -m benchmarks [--quick]` measures, prints a table, and writes docs/benchmarks/."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import platform
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

# The function's code is imported as Lambda does it: from its folder.
sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "lambda"))

from benchmarks import calls, cold, footprint, load, marginal, measure, report, stacks, trainings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.report import Row

PRODUCT, BARE, AWS, PROVIDER = "hpt_construct", "CustomResource", "AwsCustomResource", "Provider"

_MOST_RESOURCES = 500
"""CloudFormation's limit for a stack."""

HOW = {
    "Cold path": (
        "Start the interpreter, import the handler, carry out one Create, answer over TLS; one processor, every start "
        "a process of its own, the three in turn, medians; timed by pyperf. SageMaker is a local server in another "
        "process. The function's own code is compiled at every start, as on Lambda's read-only disk; `boto3` and "
        "`botocore` are compiled already. “To the exit” has the interpreter's end in it; “to the answer” does not, "
        "and is what a deployment waits for. The handler of `AwsCustomResource` finds the SDK beside it and installs "
        "nothing."
    ),
    "Synth": (
        "Build an app with one stack, the jobs one by one, and `app.synth()`; every value from a new process, the "
        "import of the CDK and of the product left out (it has lines of its own), the first use of each of the CDK's "
        "modules included; medians of runs in turn, by pyperf. The same request and an output a job for all. "
        "`CDK_VALIDATION=false`: what the CDK checks in a finished template takes a second whatever is in it. “A "
        "further job” is the growth from the step before, divided by its jobs. `AwsCustomResource` starts a job on "
        "creation and on a change, stops it on deletion, and is allowed just that; 400 of them are more than a stack "
        "may have. `Provider` has the CDK's framework in front of an empty function."
    ),
    "A further job": (
        "(200 jobs − 1 job) / 199, as an app has them: each job with another request, by `from_request`, a role of the "
        "app, an output. All kinds in one process, in turn and back; what is loaded once is loaded before. "
        "Processor time of Python and its jsii kernel; ratios are medians of the rounds' own. `AwsCustomResource` has "
        "a call on creation and one on deletion. “1 job” is a whole `python app.py`, beside one whose stack is empty. "
        "Two rows without a target show the least that the product's template costs: its calls of the CDK alone, "
        "without checks, typed parts or a class of its own; and the resources of one job, made by hand with the same "
        "modules of the CDK."
    ),
    "Footprint": "Of templates as CloudFormation gets them, without indentation; what a job adds includes its output.",
    "Calls": "The operations that the sandbox's SageMaker has recorded for one event.",
    "Load": (
        "100 Creates at once, 50 functions at a time (threads, a client each), the real handler against the sandbox's "
        "SageMaker, which lets 5 be created a second after a burst of 10."
    ),
    "A thousand trainings": trainings.HOW,
}


def main() -> int:
    """Measure, tell, and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few runs, fewer sizes, and nothing written")
    quick: bool = parser.parse_args().quick
    cold_rows, cold_metrics = _cold(3 if quick else 20)
    synth_rows, synth_metrics = _synth(2 if quick else 7, (1, 200) if quick else (1, 20, 200, 400))
    further_rows, further_metrics = _further(2 if quick else 9)
    size_rows, size_metrics = _footprint()
    sections = {
        "Cold path": cold_rows,
        "Synth": synth_rows,
        "A further job": further_rows,
        "Footprint": size_rows,
        "Calls": _calls(),
        "Load": _load(),
        "A thousand trainings": trainings.rows(1 if quick else 5),
    }
    print(report.terminal(sections))  # noqa: T201 – the point of it
    if not quick:
        folder = measure.ROOT / "docs" / "benchmarks"
        folder.mkdir(parents=True, exist_ok=True)
        machine = f"{platform.machine()}, Python {platform.python_version()}, {len(os.sched_getaffinity(0))} processors"
        page = report.markdown(sections, HOW, "bars.svg", machine)
        (folder / "README.md").write_text(page, encoding="utf-8")
        report.picture(
            folder / "bars.svg", PRODUCT, {**cold_metrics, **synth_metrics, **further_metrics, **size_metrics}
        )
    return 0


def _cold(rounds: int) -> tuple[list[Row], dict[str, Mapping[str, float]]]:
    rows: list[Row] = []
    metrics: dict[str, Mapping[str, float]] = {}
    for end, words in (("as-usual", "to the exit"), ("at-once", "to the answer")):
        measured = cold.cold_path(rounds, "https", end)
        ours, boto3, aws = (measured[name] for name in (cold.OURS, cold.BOTO3, cold.CDK))
        exits = end == "as-usual"
        rows += [
            report.at_most(f"time {words} / plain boto3 handler", ours.median / boto3.median, 0.55 if exits else None),
            report.at_most(
                f"time {words} / AwsCustomResource's handler", ours.median / aws.median, 1.10 if exits else None
            ),
        ]
        rows += [report.Row(f"{name}, {words}", f"{each.median * 1000:.0f} ms") for name, each in measured.items()]
        metrics[f"cold path {words}"] = {_peer(name): each.median for name, each in measured.items()}
    rows.append(report.at_most("peak memory / AwsCustomResource's handler", ours.median_bytes / aws.median_bytes, 0.40))
    rows += [
        report.Row(f"{name}, peak memory", f"{each.median_bytes / 2**20:.0f} MB") for name, each in measured.items()
    ]
    metrics["memory of the function"] = {_peer(name): each.median_bytes for name, each in measured.items()}
    return rows, metrics


def _peer(handler: str) -> str:
    """The name in the picture: a peer of the function and of the construct is one."""
    return AWS if handler == cold.CDK else handler


def _synth(rounds: int, sizes: Sequence[int]) -> tuple[list[Row], dict[str, Mapping[str, float]]]:
    kinds = (PRODUCT, "from_request", BARE, AWS, PROVIDER)
    # Two resources each: more than 249 AwsCustomResources are more than a stack can have.
    sizes_of = {kind: [size for size in sizes if kind != AWS or size < _MOST_RESOURCES / 2] for kind in kinds}
    tasks = [f"{kind}:{size}" for size in sizes for kind in kinds if size in sizes_of[kind]]
    measured = measure.tasks([*tasks, "check", "import:aws_cdk", "import:hpt_construct"], rounds)
    ours, bare, aws = (measured[f"{kind}:200"].median for kind in (PRODUCT, BARE, AWS))
    one, one_aws, one_provider = (measured[f"{kind}:1"].median for kind in (PRODUCT, AWS, PROVIDER))
    rows = [
        report.at_most("200 jobs / 200 CustomResources", ours / bare, 2.1),
        report.at_most("200 jobs / 200 AwsCustomResources", ours / aws, 0.9),
        report.at_most("1 job / 1 AwsCustomResource", one / one_aws, 0.95),
        report.at_most("1 job / Provider with 1 CustomResource", one / one_provider),
        report.at_most(
            "import hpt_construct, over import aws_cdk", measured["import:hpt_construct"].median * 1000, 50.0, "ms"
        ),
        report.Row("import aws_cdk", f"{measured['import:aws_cdk'].median * 1000:.0f} ms"),
        report.Row("validate and render a request, in a new process", f"{measured['check'].median * 1000:.1f} ms"),
    ]
    for kind, its in sizes_of.items():
        times = [measured[f"{kind}:{size}"].median * 1000 for size in its]
        rows.append(report.Row(f"{kind}, {its[0]} job", f"{times[0]:.0f} ms"))
        for (few, many), (less, more) in zip(pairwise(its), pairwise(times), strict=True):
            # Without their outputs they are not further jobs of the same kind.
            further = f" (a further job {(more - less) / (many - few):.2f})" if many <= stacks.MOST_OUTPUTS else ""
            rows.append(report.Row(f"{kind}, {many} jobs", f"{more:.0f} ms{further or ', without outputs'}"))
    shown = (PRODUCT, BARE, AWS, PROVIDER)
    return rows, {
        words: {kind: measured[f"{kind}:{size}"].median for kind in shown}
        for words, size in (("synth of 1 job", 1), ("synth of 200 jobs", 200))
    }


def _further(rounds: int) -> tuple[list[Row], dict[str, Mapping[str, float]]]:
    measured = marginal.further_job(rounds)
    apps = marginal.first_job(rounds)
    one, empty, by_hand = (apps[app] for app in (marginal.ONE, marginal.EMPTY, marginal.BY_HAND))
    kinds = (marginal.OURS, marginal.NAMED, marginal.BARE, marginal.AWS, marginal.CALLS)
    ours, named, bare, aws, calls_alone = (measured[kind] for kind in kinds)
    rows = [
        report.at_most("a job / a CustomResource", ours.ratio(bare), 2.2),
        report.at_most("a job / an AwsCustomResource", ours.ratio(aws), 0.95),
        report.at_most("a job with a given name / one without", named.ratio(ours), 1.1),
        report.at_most("1 job / an empty stack, whole processes", one.ratio(empty), 1.3),
        report.at_most(f"{marginal.CALLS} / a CustomResource", calls_alone.ratio(bare)),
        report.at_most(f"{marginal.BY_HAND} / an empty stack", by_hand.ratio(empty)),
    ]
    rows += [report.Row(kind, f"{each.median * 1000:.2f} ms") for kind, each in measured.items()]
    rows += [report.Row(what, f"{each.median:.2f} s") for what, each in apps.items()]
    return rows, {"synth of a further job": {PRODUCT: ours.median, BARE: bare.median, AWS: aws.median}}


def _footprint() -> tuple[list[Row], dict[str, Mapping[str, float]]]:
    sizes = {key: footprint.size(key) for key in (PRODUCT, AWS, PROVIDER, BARE)}
    ours, aws = sizes[PRODUCT], sizes[AWS]
    many = stacks.template(stacks.hpt_construct, 400)
    awaited, waited = stacks.template(stacks.waiting, 98), footprint.size("waiting")
    loaded = footprint.modules_loaded()
    rows = [
        report.at_most("resources of a stack, once", ours.resources_once, 9, ""),
        report.at_most("resources of a job", ours.resources_a_job, 1, ""),
        report.at_most("bytes of a job / AwsCustomResource", ours.bytes_a_job / aws.bytes_a_job, 0.55),
        report.at_most("function, zipped", footprint.zipped_function() / 1024, 64.0, "KB"),
        report.at_most("400 jobs: largest policy", footprint.largest_policy(many), 10_240, "characters"),
        report.at_most("400 jobs: resources", len(many["Resources"]), _MOST_RESOURCES, ""),
        report.at_most("400 jobs: template", footprint.template_bytes(many), 1_000_000, "bytes"),
        report.at_most("resources that a job has more to be waited for", waited.resources_a_job - 1, 4, ""),
        report.Row("bytes that it has more", f"{waited.bytes_a_job - ours.bytes_a_job:,}"),
        report.Row("resources that a stack has more if a job is waited for", f"{_more_once(waited, ours)}"),
        report.at_most("98 jobs that are waited for: resources", len(awaited["Resources"]), _MOST_RESOURCES, ""),
        report.at_most("98 jobs that are waited for: template", footprint.template_bytes(awaited), 1_000_000, "bytes"),
        report.at_most("events of an execution in 12 hours", *footprint.history(awaited), ""),
        report.at_most(
            "modules of the CDK that import hpt_construct loads",
            len(loaded),
            0,
            "",
            f" ({', '.join(_services(loaded))})",
        ),
    ]
    rows += [
        report.Row(
            f"{key}", f"{each.resources_once} + {each.resources_a_job:g} resources a job, {each.bytes_once:,} + "
            f"{each.bytes_a_job:,} bytes"
        )
        for key, each in sizes.items()
    ]  # fmt: skip
    return rows, {"template bytes of a job": {key: each.bytes_a_job for key, each in sizes.items()}}


def _more_once(waited: footprint.Size, ours: footprint.Size) -> int:
    return waited.resources_once - ours.resources_once


def _services(modules: Sequence[str]) -> list[str]:
    return sorted({name.split(".")[1] for name in modules} - {"interfaces"}) or ["none"]


def _calls() -> list[Row]:
    with contextlib.redirect_stdout(io.StringIO()):
        recorded = calls.calls()
    return [
        report.at_most(what, len(operations), calls.MOST[what], "", f" ({', '.join(operations)})")
        for what, operations in recorded.items()
    ]


def _load() -> list[Row]:
    with contextlib.redirect_stdout(io.StringIO()):
        done = load.load()
    return [
        report.at_least("succeeded", done.succeeded, 100, ""),
        report.at_most("jobs created", done.jobs, 100, ""),
        report.at_least("rate / allowed rate", done.share, 0.8),
        report.Row("time", f"{done.seconds:.1f} s"),
    ]


if __name__ == "__main__":
    sys.exit(main())
