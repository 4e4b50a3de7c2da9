"""``hpt init``: a new CDK app, ready to deploy."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from . import request_file
from .python_code import construct_code
from .words import NO_ANSWER, AskError, clean, exit_with

if TYPE_CHECKING:
    from collections.abc import Mapping

_APP: Final = '''\
"""A stack with a hyperparameter tuning job; `cdk deploy` starts it."""

from typing import Any

import aws_cdk as cdk
{imports}import hpt_construct as hpt
from constructs import Construct


class TuningStack(cdk.Stack):
    """Change the request and deploy: a new job starts, and the old one is stopped."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
{body}

if __name__ == "__main__":
    app = cdk.App()
    TuningStack(app, "Tuning")
    app.synth()
'''

_OWN_REQUEST: Final = """\
        # Your data: upload it under train/ and validation/ before you deploy the job.
        data = s3.Bucket.from_bucket_name(self, "Data", "amzn-s3-demo-bucket")
        models = s3.Bucket(self, "Models", enforce_ssl=True)
        hpt.HyperparameterTuningJob(
            self,
            "Tuning",
            strategy=hpt.Strategy.BAYESIAN,
            objective=hpt.Objective.maximize("validation:auc"),
            parameter_ranges=[
                hpt.ContinuousRange("eta", 0.01, 0.5, hpt.ScalingType.LOGARITHMIC),
                hpt.IntegerRange("max_depth", 2, 10),
            ],
            resource_limits=hpt.ResourceLimits(
                max_training_jobs=20, max_parallel_training_jobs=3
            ),
            training_job=hpt.TrainingJobDefinition(
                algorithm_specification=hpt.AlgorithmSpecification(
                    training_image=hpt.TrainingImage.built_in("xgboost", "1.7-1"),
                ),
                static_hyperparameters={
                    "objective": "binary:logistic",
                    "eval_metric": "auc",
                    "num_round": 100,
                },
                input_data_config=[
                    hpt.Channel(
                        name,
                        hpt.S3DataSource(hpt.S3Location(data, name)),
                        content_type="text/csv",
                    )
                    for name in ("train", "validation")
                ],
                output_data_config=hpt.OutputDataConfig(
                    s3_output_path=hpt.S3Location(models, "models")
                ),
                resource_config=hpt.ResourceConfig(
                    instance_type="ml.m5.xlarge",
                    instance_count=1,
                    volume_size=cdk.Size.gibibytes(10),
                ),
                stopping_condition=hpt.StoppingCondition(
                    max_runtime=cdk.Duration.hours(1)
                ),
            ),
        )
"""

_TEST: Final = '''\
"""Checks the stack, and that SageMaker would not refuse the request."""

import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk.assertions import Template

sys.path.insert(0, str(Path(__file__).parents[1]))

from app import TuningStack


def test_the_stack_starts_one_tuning_job() -> None:
    """A request that SageMaker would refuse fails here, with all of its problems."""
    template = Template.from_stack(TuningStack(cdk.App(), "Tuning"))
    template.resource_count_is("Custom::SageMakerHyperParameterTuningJob", 1)
'''

_README: Final = """\
# A tuning job as a stack

Put your own bucket, roles and ranges into `app.py`, then:

    pip install -r requirements.txt
    pytest                            # check the request
    npx cdk deploy                    # start the tuning job
    hpt watch Tuning                  # follow it, or hpt wait Tuning --at-least 0.85
    hpt best Tuning                   # show its best hyperparameters and model
    hpt report Tuning -o report.html
"""

_FILES: Final = {
    "cdk.json": '{"app": "python app.py"}\n',
    "requirements.txt": "hpt-construct[report]\npytest\n",
    ".gitignore": "cdk.out/\n__pycache__/\n.venv/\nnode_modules/\n",
    "tests/test_app.py": _TEST,
    "README.md": _README,
}


@click.command("init")
@click.argument("folder", metavar="DIR")
@click.option(
    "--from", "request", metavar="FILE", help="Start from the request in a JSON file, or - for standard input."
)
def command(folder: str, request: str | None) -> None:
    """Create a CDK app with a tuning job in the new or empty folder DIR.

    The app synthesizes and its test passes without changes. Without --from, the job is an example with XGBoost. A
    request that synth would refuse is refused, with all its problems.
    """
    files = {"app.py": _app(request), **_FILES}
    root = Path(folder)
    try:
        if root.exists() and any(root.iterdir()):
            raise AskError(f"{folder!r} is not empty; name a new folder, so that nothing of yours is overwritten")
        _write(root, files)
    except OSError as error:
        raise AskError(f"{folder!r} can't be written: {error.strerror}; name another folder") from error
    click.echo(f"{clean(folder)} has an app with a tuning job; {clean(root / 'README.md')} says what to do next")


def _write(root: Path, files: Mapping[str, str]) -> None:
    """Write all files, or leave everything as it was."""
    made: list[Path] = []
    try:
        for name, content in files.items():
            path = root / name
            missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
            for folder in reversed(missing):
                folder.mkdir()
                made.append(folder)
            made.append(path)
            path.write_text(content, encoding="utf-8")
    except BaseException:
        for each in reversed(made):
            with suppress(OSError):
                remove = each.rmdir if each.is_dir() else each.unlink
                remove()
        raise


def _app(request: str | None) -> str:
    if request is None:
        return _APP.format(imports="import aws_cdk.aws_s3 as s3\n", body=_OWN_REQUEST)
    given = request_file.read(request)
    problems = request_file.problems(given)
    code = construct_code(given, "Tuning", indent=2)
    if problems or code is None:
        request_file.tell(problems, request_file.name(request), "so no app is made of it")
        exit_with(NO_ANSWER)
    return _APP.format(imports="", body=f"        {code}\n")
