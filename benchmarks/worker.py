"""The process in which pyperf times some Python code: a synth, an import, or the validation of one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyperf

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def synth(loops: int, fill_name: str, jobs: int) -> float:
    """Build an app with one stack of so many jobs and synthesize it, from the first line of the app on."""
    import aws_cdk as cdk  # noqa: PLC0415 – the process that only starts this one has no use for it

    from benchmarks.stacks import FILLS, app_stack  # noqa: PLC0415 – the same

    if fill_name in ("hpt_construct", "from_request"):
        import hpt_construct  # noqa: F401, PLC0415 – its import has a figure of its own

    start = pyperf.perf_counter()
    for _ in range(loops):
        app = cdk.App()
        FILLS[fill_name](app_stack(app), jobs)
        app.synth()
    return float(pyperf.perf_counter() - start)


def import_aws_cdk(_loops: int) -> float:
    """Import the CDK."""
    start = pyperf.perf_counter()
    import aws_cdk  # noqa: F401, PLC0415 – what is timed

    return float(pyperf.perf_counter() - start)


def import_hpt_construct(_loops: int) -> float:
    """Import the product where the CDK is imported already."""
    import aws_cdk  # noqa: F401, PLC0415 – not what is timed

    start = pyperf.perf_counter()
    import hpt_construct  # noqa: F401, PLC0415 – what is timed

    return float(pyperf.perf_counter() - start)


def check() -> Callable[[], object]:
    """Validate one request and render it, as the construct does before its first call of jsii."""
    from benchmarks.requests import guide_request  # noqa: PLC0415 – the process that only starts this one has no use
    from hpt_construct import rendering, validation  # noqa: PLC0415 – the same

    request = guide_request()

    def once() -> object:
        parsed = rendering.parse(request)
        api_request = rendering.render(parsed)
        return list(validation.check(api_request)), rendering.template(api_request)

    return once


def main() -> None:
    """Time the task that the command line names."""
    runner = pyperf.Runner(add_cmdline_args=lambda command, options: command.extend(("--task", options.task)))
    runner.argparser.add_argument("--task", required=True)
    options: argparse.Namespace = runner.parse_args()
    name, _, jobs = options.task.partition(":")
    if name == "check":
        once = check() if options.worker else lambda: None
        runner.bench_func(options.task, once, inner_loops=1)
    elif name == "import":
        timed = {"aws_cdk": import_aws_cdk, "hpt_construct": import_hpt_construct}[jobs]
        runner.bench_time_func(options.task, timed)
    else:
        runner.bench_time_func(options.task, synth, name, int(jobs))


if __name__ == "__main__":
    main()
