"""``hpt report``: pages, tables, studies and pictures of jobs in every state."""

from __future__ import annotations

import csv
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
import pytest

from hpt_construct.cli import page
from hpt_construct.cli.study import study_of
from sandbox.sagemaker.trainings import FAILING_SHARE
from tests.cli.conftest import almost_full_disk

if TYPE_CHECKING:
    from tests.cli.conftest import World

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
_SECTIONS = [
    "Objective over training jobs",
    "Importance of hyperparameters",
    "Each hyperparameter",
    "All hyperparameters together",
    "The two that matter most",
    "Timeline",
    "Training jobs",
]


def _report(world: World, path: Path, target: str = "tune") -> str:
    result = world.hpt("report", target, "-o", str(path))
    assert result.exit_code == 0, result.output
    return path.read_text(encoding="utf-8") if path.suffix not in {".db", ".png"} else ""


def _sections(html: str) -> list[str]:
    return re.findall(r"<h2>([^<]*)</h2>", html)


def _facts(html: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", html))


def test_a_page_has_everything_in_it(world: World, tmp_path: Path) -> None:
    """Facts, six pictures and a table with links to the console; nothing is loaded from elsewhere."""
    world.start(
        config={"TrainingJobEarlyStoppingType": "Auto"},
        definition={"EnableManagedSpotTraining": True, "StaticHyperParameters": {FAILING_SHARE: "0.1"}},
    )
    world.service.advance(99_999)
    html = _report(world, tmp_path / "report.html")
    assert _sections(html) == _SECTIONS
    tuning = world.sagemaker.tuning("tune")
    assert tuning.best is not None
    facts = _facts(html)
    assert facts["best"] == f"validation:auc 0.8917 of {tuning.best.name}"
    assert facts["model"] == f"s3://bucket/output/{tuning.best.name}/output/model.tar.gz"
    assert re.fullmatch(
        rf"about \d+\.\d\d instance-hours by {tuning.stopped} training jobs that were stopped; "
        r"65 % of the price of 20 training jobs by spot capacity",
        facts["saved"],
    )
    for name in world.sagemaker.trainings("tune"):
        assert (
            f'<a href="https://us-east-1.console.aws.amazon.com/sagemaker/home?region=us-east-1#/jobs/{name}">' in html
        )
    outside = html[: html.index("<script>")] + html[html.index("</style>") :].split("</script>", 1)[1]
    assert not re.search(r"""<(script|link|img|iframe)[^>]*(src|href)\s*=""", outside)


@pytest.mark.parametrize(
    ("seconds", "sections"), [(0, ["Timeline", "Training jobs"]), (1500, None)], ids=["just begun", "half way"]
)
def test_a_job_that_runs_has_a_page_too(world: World, tmp_path: Path, seconds: int, sections: list[str] | None) -> None:
    """With what is known so far."""
    world.start()
    world.service.advance(seconds)
    html = _report(world, tmp_path / "report.html")
    assert "<dt>status</dt><dd>InProgress</dd>" in html
    if sections is None:
        assert set(_sections(html)) >= {
            "Objective over training jobs",
            "Each hyperparameter",
            "Timeline",
            "Training jobs",
        }
    else:
        assert _sections(html) == sections


def test_a_job_that_failed_has_a_page_too(world: World, tmp_path: Path) -> None:
    """With the reason, and those of its trainings; there is nothing to judge."""
    world.start(definition={"StaticHyperParameters": {FAILING_SHARE: "1"}})
    world.service.advance(99_999)
    html = _report(world, tmp_path / "report.html")
    assert _facts(html)["reason"] == "No training job succeeded after 5 attempts."
    assert _sections(html) == ["Timeline", "Training jobs"]
    assert html.count("AlgorithmError: ") == 5


@pytest.mark.parametrize(
    "config",
    [
        {
            "ParameterRanges": {
                "CategoricalParameterRanges": [{"Name": "a", "Values": ["only"]}],
                "ContinuousParameterRanges": [{"Name": "b", "MinValue": "0", "MaxValue": "1"}],
            }
        },
        {"ParameterRanges": {"ContinuousParameterRanges": [{"Name": "a", "MinValue": "1", "MaxValue": "1"}]}},
        {
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {"Name": "a", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"}
                ],
                "IntegerParameterRanges": [
                    {"Name": "b", "MinValue": "1", "MaxValue": "999", "ScalingType": "Logarithmic"}
                ],
            },
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:auc"},
        },
        {"ParameterRanges": {}},
    ],
    ids=["one value", "no width", "logarithmic, to minimize", "nothing tuned"],
)
def test_any_ranges_make_a_page(world: World, tmp_path: Path, config: dict[str, Any]) -> None:
    """Also those from which nothing can be told of importance."""
    world.start(config=config)
    world.service.advance(99_999)
    assert "Objective over training jobs" in _sections(_report(world, tmp_path / "report.html"))


def test_definitions_with_different_hyperparameters_make_a_page(world: World, tmp_path: Path) -> None:
    """What they don't share is in the table."""
    definition = world.body.pop("TrainingJobDefinition")
    config = world.body["HyperParameterTuningJobConfig"]
    objective = config.pop("HyperParameterTuningJobObjective")
    del config["ParameterRanges"]
    definitions = [
        {
            **definition,
            "DefinitionName": name,
            "TuningObjective": objective,
            "HyperParameterRanges": {"CategoricalParameterRanges": [{"Name": name, "Values": ["x", "y"]}]},
        }
        for name in ("linear", "tree")
    ]
    world.client.create_hyper_parameter_tuning_job(
        **world.body, HyperParameterTuningJobName="tune", TrainingJobDefinitions=definitions
    )
    world.service.advance(99_999)
    html = _report(world, tmp_path / "report.html")
    assert "<th>linear</th><th>tree</th>" in html
    assert "Objective over training jobs" in _sections(html)


def test_text_of_others_is_text_in_a_page(world: World, tmp_path: Path) -> None:
    """In the table, in the pictures and in the facts."""
    hostile = "</script><script>alert(1)</script>\x1b[2J"
    ranges = {
        "CategoricalParameterRanges": [{"Name": hostile, "Values": [hostile, "b"]}],
        "ContinuousParameterRanges": [{"Name": "<img src=x>", "MinValue": "0", "MaxValue": "1"}],
    }
    world.start(config={"ParameterRanges": ranges})
    world.service.advance(3000)
    world.service.fail_job("tune", hostile)
    html = _report(world, tmp_path / "report.html")
    assert "<script>alert(1)" not in html
    assert "<img src=x>" not in html
    assert "\x1b" not in html


def test_text_of_others_is_no_formula_in_a_table(world: World, tmp_path: Path) -> None:
    """A spreadsheet would calculate it, or ask a server; a negative number stays a number."""
    values = ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(1)", "\t=1", "-0.5", "+1e-3", "a=b"]
    ranges = {"CategoricalParameterRanges": [{"Name": "=name", "Values": values}]}
    world.start(
        config={"ParameterRanges": ranges, "Strategy": "Grid", "ResourceLimits": {"MaxParallelTrainingJobs": 9}}
    )
    world.service.advance(99_999)
    [head, *rows] = csv.reader(_report(world, tmp_path / "report.csv").splitlines())
    assert head[-1] == "'=name"
    told = {row[-1] for row in rows}
    assert told == {"'=HYPERLINK(1)", "'+1+1", "'-2+3", "'@SUM(1)", "'=1", "-0.5", "+1e-3", "a=b"}


@pytest.fixture
def links(world: World) -> World:
    """A tuning job whose hyperparameters and values are links, two of which look the same on a terminal."""
    link = '<a href="https://example.com">{}</a>'
    ranges = {
        "CategoricalParameterRanges": [{"Name": link.format("kind"), "Values": [link.format("a"), link.format("b")]}],
        "ContinuousParameterRanges": [
            {"Name": link.format(name), "MinValue": "0", "MaxValue": "1"} for name in ("eta", "e\x1bta", "e\x1b\x1bta")
        ],
        "IntegerParameterRanges": [{"Name": "same\x1b[2J", "MinValue": "1", "MaxValue": "1"}],
    }
    metric = link.format("auc")
    definitions = {"MetricDefinitions": [{"Name": metric, "Regex": "x"}]}
    specification = world.body["TrainingJobDefinition"]["AlgorithmSpecification"] | definitions
    objective = {"Type": "Maximize", "MetricName": metric}
    world.start(
        config={"ParameterRanges": ranges, "HyperParameterTuningJobObjective": objective},
        definition={"AlgorithmSpecification": specification},
    )
    world.service.advance(99_999)
    return world


def test_names_are_no_html_in_pictures(links: World) -> None:
    """Plotly makes links and images of what looks like them; each hyperparameter has a name of its own there."""
    tuning = links.sagemaker.tuning("tune")
    trainings = list(links.sagemaker.trainings("tune").values())
    drawn = [figure for _, figure in page._figures(tuning, trainings)] + [page.picture(tuning, trainings)]
    assert len(drawn) == 7
    assert [figure for figure in drawn if "<a" in str(figure.to_dict())] == []
    [study] = [trial.params for trial in study_of(tuning, trainings).trials[:1]]
    assert len(study) == 5


def test_a_hyperparameter_of_one_value_is_no_warning(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Optuna would say on the terminal that it draws no contour of it, and quote its name as it is."""
    ranges = [{"Name": f"{name}\x1b[2J", "MinValue": "1", "MaxValue": "1"} for name in "ab"]
    world.start(config={"ParameterRanges": {"ContinuousParameterRanges": ranges}})
    world.service.advance(99_999)
    said: list[logging.LogRecord] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", said.append)
    monkeypatch.setattr(logging.getLogger("optuna"), "handlers", [handler])
    html = _report(world, tmp_path / "report.html")
    assert said == []
    assert "The two that matter most" not in _sections(html)
    _report(world, tmp_path / "study.db")
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'study.db'}")
    [study] = optuna.get_all_study_names(storage)
    params = optuna.load_study(study_name=study, storage=storage).trials[0].params
    storage.engine.dispose()
    assert sorted(params) == ["a[2J", "b[2J"]


def test_a_table_has_a_line_a_training(world: World, tmp_path: Path) -> None:
    """With its times, its objective and its hyperparameters."""
    world.start(definition={"StaticHyperParameters": {FAILING_SHARE: "0.1"}})
    world.service.advance(99_999)
    _report(world, tmp_path / "trainings.csv")
    with (tmp_path / "trainings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    trainings = world.sagemaker.trainings("tune")
    assert [row["training_job_name"] for row in rows] == list(trainings)
    for row, training in zip(rows, trainings.values(), strict=True):
        assert row["objective"] == ("" if training.objective is None else str(training.objective))
        assert row["eta"] == training.hyperparameters["eta"]
        assert training.started is not None
        assert row["started"] == training.started.isoformat()
    assert {row["reason"] for row in rows} == {"", f"AlgorithmError: {FAILING_SHARE} asks for it"}


def test_a_study_is_opened_by_optuna(world: World, tmp_path: Path) -> None:
    """Every training is a trial with its state, and the best is the best; an older file gives way."""
    world.start(definition={"StaticHyperParameters": {FAILING_SHARE: "0.1"}})
    world.service.advance(3000)
    path = tmp_path / "study.db"
    path.write_text("old")
    _report(world, path)
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
    study = optuna.load_study(study_name="tune", storage=storage)
    tuning, trainings = world.sagemaker.tuning("tune"), world.sagemaker.trainings("tune")
    assert tuning.best is not None
    assert study.best_value == tuning.best.objective
    assert study.best_trial.params["max_depth"] == int(tuning.best.hyperparameters["max_depth"])
    assert [trial.user_attrs["training_job_name"] for trial in study.trials] == list(trainings)
    states = {"Completed": "COMPLETE", "Failed": "FAIL", "InProgress": "RUNNING"}
    assert [trial.state.name for trial in study.trials] == [states[each.status] for each in trainings.values()]
    storage.engine.dispose()


@needs_chromium
@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_a_picture_is_drawn(world: World, tmp_path: Path, ending: str, begins: bytes) -> None:
    """The objective and the importances, side by side."""
    world.start()
    world.service.advance(99_999)
    _report(world, tmp_path / f"picture.{ending}")
    content = (tmp_path / f"picture.{ending}").read_bytes()
    assert content.startswith(begins)
    assert len(content) > 10_000


@needs_chromium
def test_a_browser_without_a_network_draws_the_page(world: World, tmp_path: Path) -> None:
    """All six pictures, in headless Chromium."""
    world.start()
    world.service.advance(99_999)
    _report(world, tmp_path / "report.html")
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--virtual-time-budget=20000",
            "--dump-dom",
            (tmp_path / "report.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    drawn = re.findall(r'class="plot-container|class="[^"]*\bplot-container\b', done.stdout)
    assert len(drawn) == 6


def test_a_picture_needs_something_to_draw(world: World, tmp_path: Path) -> None:
    """2, and the way out."""
    world.start()
    result = world.hpt("report", "tune", "-o", str(tmp_path / "picture.png"))
    assert result.exit_code == 2
    assert (
        result.stderr == "hpt: no training job of 'tune' has an objective yet, so there is nothing to draw; try .html\n"
    )


def test_a_picture_needs_a_browser(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2, and what to install."""
    world.start()
    world.service.advance(99_999)
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", "")
    result = world.hpt("report", "tune", "-o", str(tmp_path / "picture.png"))
    assert result.exit_code == 2
    assert "pictures need Chrome or Chromium; install one (`plotly_get_chrome`), or write .html" in result.stderr


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("report", "must end in one of .html, .csv, .db, .png, .svg; choose one of them"),
        ("report.pdf", "must end in one of .html, .csv, .db, .png, .svg; choose one of them"),
        ("no/such/folder/report.html", "can't be written: No such file or directory; name another file"),
        ("no/such/folder/study.db", "can't be written: "),
    ],
)
def test_an_output_that_cannot_be(world: World, tmp_path: Path, output: str, says: str) -> None:
    """2, and the way out."""
    world.start()
    result = world.hpt("report", "tune", "-o", str(tmp_path / output))
    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize("name", ["report.html", "report.csv", "study.db"])
def test_a_link_is_replaced_and_not_followed(world: World, tmp_path: Path, name: str) -> None:
    """Somebody else may have made it, in a folder of everybody's, to have another file of ours overwritten."""
    world.start()
    world.service.advance(99_999)
    (tmp_path / "precious").write_text("mine")
    (tmp_path / name).symlink_to(tmp_path / "precious")
    assert world.hpt("report", "tune", "-o", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / name).is_symlink()


@pytest.mark.parametrize("name", ["report.html", "report.csv", "study.db"])
def test_a_full_disk_leaves_the_older_report(world: World, tmp_path: Path, name: str) -> None:
    """Whole, and nothing beside it."""
    world.start()
    world.service.advance(99_999)
    (tmp_path / name).write_text("old")
    with almost_full_disk(1000):
        result = world.hpt("report", "tune", "-o", str(tmp_path / name))
    assert (result.exit_code, "can't be written: " in result.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "old"


def test_a_report_is_of_one_job(world: World, tmp_path: Path) -> None:
    """A stack with several is a question to be asked again."""
    for name in ("one", "two"):
        world.start(name)
    world.cloudformation.add("Training", First="one", Second="two")
    result = world.hpt("report", "Training", "-o", str(tmp_path / "report.html"))
    assert (result.exit_code, result.stderr) == (2, "hpt: 'Training' has 2 tuning jobs; name one: one, two\n")


def test_without_its_extra_it_says_what_to_install(tmp_path: Path) -> None:
    """The command is there with the extra cli, and what it draws with comes with another one."""
    (tmp_path / "optuna.py").write_text("raise ModuleNotFoundError('no optuna', name='optuna')")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    command = [sys.executable, "-m", "hpt_construct.cli", "report", "tune", "-o", "x.html"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "hpt: reports need optuna: pip install 'hpt-construct[report]'\n"
