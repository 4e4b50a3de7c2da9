"""``hpt convert``: the code is run, and what it renders is the request that it was made of."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpt_construct import api_model, rendering, request
from hpt_construct.cli import commands, request_file
from hpt_construct.cli.python_code import construct_code, module_code
from hpt_construct.cli.words import AskError
from hpt_construct.tokens import LATER
from tests.contract.test_fidelity import value_of
from tests.validation.rule_cases import CASES, SINGLE

if TYPE_CHECKING:
    import aws_cdk as cdk

    from tests.cli.conftest import World

ROOT = Path(__file__).parents[2]
CORPUS = sorted((ROOT / "tests" / "corpus").glob("*.json"))


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.hpt, ["convert", *arguments], catch_exceptions=False)


def _convert(*arguments: str) -> str:
    result = _run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def _job(code: str) -> dict[str, Any] | tuple[str, int]:
    """The resource that code makes in a stack of its own, or the kind and number of the problems that it has."""
    import aws_cdk as cdk  # noqa: PLC0415 – starts node

    import hpt_construct as hpt  # noqa: PLC0415 – the same

    stack = cdk.Stack(cdk.App(), "Training")
    try:
        exec(code, {"self": stack, "cdk": cdk, "hpt": hpt, "json": json})  # noqa: S102 – it is made to be run
    except hpt.ValidationError as error:
        return "refused", len(error.problems)
    resources = cdk.assertions.Template.from_stack(stack).find_resources("Custom::SageMakerHyperParameterTuningJob")
    return dict(resources)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_code_renders_the_request_that_it_is_made_of(path: Path) -> None:
    """For each real request: the resource is that of from_request, or as many problems are found."""
    plain = f"hpt.HyperparameterTuningJob.from_request(self, 'Tuning', json.loads({path.read_text()!r}))"
    assert _job(_run(str(path)).stdout) == _job(plain)


class _Amount:
    """A duration or a size, without a kernel to ask."""

    def __init__(self, count: int) -> None:
        self.count = count

    def to_seconds(self) -> int:
        return self.count

    to_gibibytes = to_seconds


_CDK = SimpleNamespace(
    Duration=SimpleNamespace(
        hours=lambda count: _Amount(count * 3600), minutes=lambda count: _Amount(count * 60), seconds=_Amount
    ),
    Size=SimpleNamespace(gibibytes=_Amount),
)


def rendered(code: str) -> dict[str, Any]:
    """What the typed parts in a code render."""
    made: dict[str, Any] = {}

    class Hpt:
        """The package, with a construct that only notes what it gets."""

        def __getattr__(self, name: str) -> Any:
            return getattr(request, name)

        def HyperparameterTuningJob(self, _scope: object, _id: str, **arguments: Any) -> None:  # noqa: N802 – the class's name
            made.update(arguments)

    exec(code, {"self": None, "cdk": _CDK, "hpt": Hpt()})  # noqa: S102 – it is made to be run
    return rendering.render(request.TuningJobRequest(**made))


_DEPTH = {"Name": "depth", "MinValue": "1", "MaxValue": "3"}
_ANY_REQUEST = st.deferred(lambda: value_of(api_model.REQUEST))
_MANY = settings(suppress_health_check=[*settings().suppress_health_check, HealthCheck.filter_too_much])


@_MANY
@given(api_request=_ANY_REQUEST)
def test_any_request_comes_back_out_of_its_code(api_request: dict[str, Any]) -> None:
    """Whatever the API's description allows: the code's typed parts render it again, value for value."""
    assert rendered(str(construct_code(api_request, "Tuning"))) == api_request
    assert rendered(f"if True:\n    if True:\n        {construct_code(api_request, 'Tuning', indent=2)}") == api_request


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["Key", "Name", "x"]), below),
    max_leaves=6,
)


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, below in inside for place in _places(below, (*path, step)))]


@_MANY
@given(data=st.data())
def test_what_is_no_request_has_problems_and_its_code_still_says_the_same(data: st.DataObject) -> None:
    """Any JSON in any place: either the code renders just that, or there is a problem that says why there is none."""
    api_request = data.draw(_ANY_REQUEST)
    *above, last = data.draw(st.sampled_from([place for place in _places(api_request) if place] or [("x",)]))
    target: Any = api_request
    for step in above:
        target = target[step]
    target[last] = data.draw(_ANY_JSON)
    code = construct_code(api_request, "Tuning")
    if code is None:
        assert request_file.problems(api_request)
    else:
        assert rendered(code) == api_request


def test_the_code_is_as_a_person_would_write_it(tmp_path: Path, body: dict[str, Any]) -> None:
    """Enums, numbers, durations and sizes in place of strings; no defaults; what fits a line stands on one."""
    body |= {"HyperParameterTuningJobName": "tune", "Tags": [{"Key": "team", "Value": "a"}]}
    body["HyperParameterTuningJobConfig"]["ParameterRanges"]["CategoricalParameterRanges"][0]["Values"] *= 5
    body["TrainingJobDefinition"] |= {
        "StaticHyperParameters": {"rate": "0.10", "rounds": "100", "big": "1e+30", "say": '"it\'s"'},
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train"}},
            }
        ],
    }
    path = tmp_path / "request.json"
    path.write_text(json.dumps(body))
    assert (
        _run(str(path), "--id", "Churn").stdout
        == """\
import aws_cdk as cdk
import hpt_construct as hpt

hpt.HyperparameterTuningJob(
    self,
    "Churn",
    strategy=hpt.Strategy.RANDOM,
    resource_limits=hpt.ResourceLimits(
        max_parallel_training_jobs=3, max_training_jobs=20
    ),
    objective=hpt.Objective.maximize("validation:auc"),
    parameter_ranges=[
        hpt.IntegerRange("max_depth", 1, 10),
        hpt.ContinuousRange("eta", 0, 1),
        hpt.CategoricalRange(
            "booster",
            [
                "gbtree",
                "dart",
                "gbtree",
                "dart",
                "gbtree",
                "dart",
                "gbtree",
                "dart",
                "gbtree",
                "dart",
            ],
        ),
    ],
    random_seed=1,
    training_job=hpt.TrainingJobDefinition(
        algorithm_specification=hpt.AlgorithmSpecification(
            training_image="111122223333.dkr.ecr.us-east-1.amazonaws.com/image:1",
            metric_definitions=[hpt.MetricDefinition("validation:auc", "auc=(.*)")],
        ),
        role="arn:aws:iam::111122223333:role/tuning",
        output_data_config=hpt.OutputDataConfig(s3_output_path="s3://bucket/output"),
        stopping_condition=hpt.StoppingCondition(max_runtime=cdk.Duration.hours(1)),
        input_data_config=[hpt.Channel("train", hpt.S3DataSource("s3://bucket/train"))],
        resource_config=hpt.ResourceConfig(
            instance_type="ml.m5.large",
            instance_count=1,
            volume_size=cdk.Size.gibibytes(10),
        ),
        static_hyperparameters={
            "rate": "0.10",
            "rounds": 100,
            "big": 1e30,
            "say": '"it\\'s"',
        },
    ),
    tuning_job_name="tune",
    tags={"team": "a"},
)
"""
    )


_LITERALS = st.text(st.sampled_from("ab'\"\\\n\t{}%\x00\u2028é語"), max_size=300)


@_MANY
@given(
    api_request=_ANY_REQUEST,
    texts=st.dictionaries(_LITERALS, _LITERALS, max_size=3),
    indent=st.integers(0, 8),
)
def test_the_code_is_laid_out_as_ruff_does_it(api_request: dict[str, Any], texts: dict[str, str], indent: int) -> None:
    """With its default settings, anywhere in a file, whatever is in the request: nothing is left to it."""
    for definition in (api_request.get("TrainingJobDefinition"), *api_request.get("TrainingJobDefinitions", ())):
        if definition is not None:
            definition["StaticHyperParameters"] = texts
    blocks = "".join(f"{'    ' * level}if x:\n" for level in range(indent))
    inside = f"{blocks}{'    ' * indent}{construct_code(api_request, 'Tuning', indent=indent)}\n"
    code = f"{module_code(api_request, 'Tuning')}\n\n{inside}".encode()
    formatted = subprocess.run(["ruff", "format", "--isolated", "-"], input=code, capture_output=True, check=True)
    assert formatted.stdout == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a", '"a"'),
        ("it's", '"it\'s"'),
        ('say "a"', "'say \"a\"'"),
        ("it's \"x", '"it\'s \\"x"'),
        ('it\'s "x"', "'it\\'s \"x\"'"),
        ("\\'", '"\\\\\'"'),
    ],
)
def test_strings_have_the_quotes_that_need_fewer_escapes(body: dict[str, Any], text: str, code: str) -> None:
    """Double ones, if that makes no difference."""
    assert f'tags={{"a": {code}}}' in str(construct_code({**body, "Tags": [{"Key": "a", "Value": text}]}, "Tuning"))


def test_a_long_metric_stands_on_a_line_of_its_own(body: dict[str, Any]) -> None:
    """It has 255 characters at most."""
    body["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"] = "m" * 255
    assert f'    objective=hpt.Objective.maximize(\n        "{"m" * 255}",\n    ),\n' in str(
        construct_code(body, "Tuning")
    )


@pytest.mark.parametrize(
    ("ranges", "code"),
    [
        ({}, "parameter_ranges=[],"),
        ({"IntegerParameterRanges": [_DEPTH]}, 'parameter_ranges=[hpt.IntegerRange("depth", 1, 3)],'),
        (
            {"IntegerParameterRanges": [_DEPTH], "CategoricalParameterRanges": []},
            """parameter_ranges=hpt.ParameterRanges(
        integer=[hpt.IntegerRange("depth", 1, 3)], categorical=[]
    ),""",
        ),
    ],
    ids=["none", "a kind", "an empty kind"],
)
def test_ranges_are_a_list_unless_an_empty_kind_would_be_lost(
    body: dict[str, Any], ranges: dict[str, Any], code: str
) -> None:
    """A list has no place for a kind of which there are none, and the request is to stay the same."""
    body["HyperParameterTuningJobConfig"]["ParameterRanges"] = ranges
    assert code in str(construct_code(body, "Tuning"))


@pytest.mark.parametrize("seconds", [None, 60])
def test_only_what_the_code_needs_is_imported(body: dict[str, Any], seconds: int | None) -> None:
    """The CDK is for durations and sizes; text that looks like a use of it is none."""
    definition = body["TrainingJobDefinition"]
    definition["StaticHyperParameters"] = {"cdk.Size(": "cdk.Size("}
    definition["StoppingCondition"] = {} if seconds is None else {"MaxRuntimeInSeconds": seconds}
    definition["ResourceConfig"].pop("VolumeSizeInGB")
    imports = str(module_code(body, "Tuning")).partition("\n\n")[0].splitlines()
    assert imports == ["import aws_cdk as cdk"] * (seconds is not None) + ["import hpt_construct as hpt"]


@pytest.mark.parametrize(
    ("image", "comment"),
    [
        ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1", '("xgboost", "1.7-1")'),
        ("174872318107.dkr.ecr.us-west-2.amazonaws.com/kmeans:1", '("kmeans")'),
        ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:latest", None),
        ("246618743249.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1", None),
        ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3", None),
    ],
    ids=["a version", "the only version", "a tag that moves", "the account of another region", "a script's image"],
)
def test_an_image_of_a_built_in_algorithm_can_be_had_by_name(
    body: dict[str, Any], image: str, comment: str | None
) -> None:
    """Where that is the same image; a comment says so, because only the stack's region makes it so."""
    body["TrainingJobDefinition"]["AlgorithmSpecification"]["TrainingImage"] = image
    lines = str(construct_code(body, "Tuning")).splitlines()
    [place] = [number for number, line in enumerate(lines) if image in line]
    expected = f"            # or hpt.TrainingImage.built_in{comment}"
    assert (lines[place - 1] == expected) == (comment is not None)
    assert "built_in" not in "".join(lines[: place - (comment is not None)] + lines[place:])


@pytest.mark.parametrize(
    ("name", "is_of_one_run"),
    [
        ("churn-250101-1200", True),
        ("churn-2025-01-01-12-00-00-000", True),
        ("churn-01-12-00-00", True),
        ("churn-2025-01", False),
        ("churn-250101-1200-large", False),
    ],
)
def test_a_name_of_one_run_gets_a_comment(body: dict[str, Any], name: str, *, is_of_one_run: bool) -> None:
    """A timestamp tells that the name has served; the comment stands where the name does."""
    code = str(construct_code({**body, "HyperParameterTuningJobName": name}, "Tuning"))
    comment = "    # This name works only once. Leave it out, and the stack generates one.\n" if is_of_one_run else ""
    assert f'    ),\n{comment}    tuning_job_name="{name}",\n)' in code


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], '{"Key": "a", "Value": "1"}'),
        ([{"Key": "a"}], '[{"Key": "a"}]'),
    ],
    ids=["twice the same key", "no value"],
)
def test_tags_that_are_no_mapping_stay_a_list(body: dict[str, Any], tags: list[dict[str, str]], code: str) -> None:
    """Nothing gets lost that the construct would complain of."""
    assert code in str(construct_code({**body, "Tags": tags}, "Tuning"))


@pytest.mark.parametrize("seconds", [59, 90, 300, 5400, 7200])
def test_times_are_written_in_the_longest_unit_that_fits(body: dict[str, Any], seconds: int) -> None:
    """And become the very number again."""
    body["TrainingJobDefinition"]["StoppingCondition"] = {"MaxRuntimeInSeconds": seconds}
    import aws_cdk as cdk  # noqa: PLC0415 – starts node

    found = str(construct_code(body, "Tuning")).partition("max_runtime=")[2].partition(")")[0] + ")"
    assert eval(found, {"cdk": cdk}).to_seconds() == seconds  # noqa: S307 – it is made to be run


def test_hostile_text_stays_text(body: dict[str, Any]) -> None:
    """A name that looks like code, and one that would drive a terminal."""
    hostile = "\"), __import__('os'), (\"\x1b[2J"
    body["TrainingJobDefinition"]["StaticHyperParameters"] = {hostile: hostile}
    code = str(construct_code(body, hostile))
    assert "\x1b" not in code
    strings = [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)]
    assert strings.count(hostile) == 3


def test_a_job_of_the_account_is_converted_without_its_name(world: World) -> None:
    """Its name is taken, by itself; tags are kept, but for those of its stack."""
    tags = {"team": "a", "hpt-construct:stack-id": "x", "aws-like": "b"}
    world.start(Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    code = _convert("--from-job", "tune")
    assert "tuning_job_name" not in code
    assert 'tags={"team": "a", "aws-like": "b"}' in code
    world.start("bare")
    assert "tags=" not in _convert("--from-job", "bare")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "can't be read: No such file or directory; name a JSON file"),
        ("{", "is not JSON"),
        ("[]", "has no HyperParameterTuningJobConfig"),
        ("{}", "has no HyperParameterTuningJobConfig"),
        ("[" * 101, "is not JSON"),
        ("[" * 101 + "]" * 101, "is not JSON (it has more than 100 levels)"),
        ("[" * 99_999 + "]" * 99_999, "is not JSON (it has more than 100 levels)"),
        ('{"a": ' + "1" * 401 + "}", "is not JSON (a number has 401 digits)"),
        ('{"a": 1e999}', "is not JSON (the number 1e999 is too large)"),
        ('{"a": NaN}', "is not JSON (it has NaN, which is no number of JSON)"),
    ],
)
def test_what_is_no_request_is_told_with_the_way_out(tmp_path: Path, content: str | None, says: str) -> None:
    """2, and one sentence."""
    path = tmp_path / "request.json"
    if content is not None:
        path.write_text(content)
    result = _run(str(path))
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_file_may_have_the_encoding_of_a_shell(tmp_path: Path, body: dict[str, Any], encoding: str) -> None:
    """PowerShell's > writes UTF-16."""
    body["TrainingJobDefinition"]["StaticHyperParameters"] = {"équipe": "✓"}
    path = tmp_path / "request.json"
    path.write_text(json.dumps(body, ensure_ascii=False), encoding=encoding)
    assert 'static_hyperparameters={"équipe": "✓"}' in _convert(str(path))


def test_a_hyphen_is_standard_input(world: World) -> None:
    """So that a pipe needs no file; what is wrong with it is told of standard input."""
    assert "hpt.Strategy.RANDOM" in world.hpt("convert", "-", input=json.dumps(world.body).encode("utf-16")).output
    result = world.hpt("convert", "-", input="")
    assert result.exit_code == 2
    assert result.stderr.startswith("hpt: standard input is not JSON (")
    del world.body["HyperParameterTuningJobConfig"]["Strategy"]
    result = world.hpt("convert", "-", input=json.dumps(world.body))
    assert result.stderr.startswith("hpt: 1 problem in standard input, so it can't be converted:")


def test_a_closed_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by ``<&-`` of a shell."""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(AskError, match=r"^standard input is closed; name a JSON file$"):
        request_file.read("-")


def test_what_never_ends_is_not_read_for_ever() -> None:
    """A device, for instance."""
    result = CliRunner().invoke(commands.hpt, ["convert", "/dev/zero"], catch_exceptions=False)
    assert (result.exit_code, "(it has more than 100 MiB)" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (["Tags"], 0, "tags=0,"),
        (["Tags"], [{"Key": ["a"], "Value": "b"}], 'tags=[{"Key": ["a"], "Value": "b"}],'),
        (["HyperParameterTuningJobConfig", "HyperParameterTuningJobObjective", "Type"], [], "hpt.Objective([], "),
        (["TrainingJobDefinition", "StaticHyperParameters", "a"], "1" * 5000, '"a": "1111'),
    ],
    ids=["tags", "key", "objective", "digits"],
)
def test_values_of_another_kind_stay_as_they_are(body: dict[str, Any], place: list[str], value: Any, code: str) -> None:
    """The construct says what is wrong with them; no traceback does."""
    *above, last = place
    inside = body
    for name in above:
        inside = inside[name]
    inside[last] = value
    assert code in str(construct_code(body, "Tuning"))


def test_what_the_output_cannot_encode_is_escaped(tmp_path: Path, body: dict[str, Any]) -> None:
    """In the code's strings, where it means the same."""
    path = tmp_path / "request.json"
    body["TrainingJobDefinition"]["StaticHyperParameters"] = {"équipe": "✓"}
    path.write_text(json.dumps(body))
    done = subprocess.run(
        [sys.executable, "-m", "hpt_construct.cli", "convert", str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert 'static_hyperparameters={"équipe": "\\u2713"}' in done.stdout.decode("latin-1")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_is_told_in_one_sentence() -> None:
    """2, as when there is no answer."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hpt_construct.cli", "convert", str(CORPUS[0])],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        2,
        "hpt: the output can't be written: No space left on device; make room, or write it elsewhere\n",
    )


def test_a_request_that_synth_refuses_is_converted_all_the_same(tmp_path: Path, body: dict[str, Any]) -> None:
    """1: the code is there to be mended, and standard error says what to mend."""
    config = body["HyperParameterTuningJobConfig"]
    config["Strategy"], config["ResourceLimits"]["MaxNumberOfTrainingJobs"] = "bayesian", "20"
    body["TrainingJobDefinition"]["StaticHyperParameters"] = {"__proto__": "1", "none": None}
    path = tmp_path / "request.json"
    path.write_text(json.dumps(body))
    result = _run(str(path))
    assert (result.exit_code, result.stderr) == (
        1,
        f"""\
hpt: 4 problems in '{path}', for which synth refuses the code:
  - HyperParameterTuningJobConfig.Strategy: got 'bayesian', must be one of Bayesian, Random, Hyperband, Grid; \
did you mean 'Bayesian'?
  - HyperParameterTuningJobConfig.ResourceLimits.MaxNumberOfTrainingJobs: got '20', must be a whole number
  - TrainingJobDefinition.StaticHyperParameters.none: got null, must be a string; leave the member out instead
  - TrainingJobDefinition.StaticHyperParameters.__proto__: got a name that the CDK can't pass on; rename it
""",
    )
    for written in ('strategy="bayesian"', 'max_training_jobs="20"', '{"__proto__": 1, "none": None}'):
        assert written in result.stdout


def test_its_problems_are_those_of_from_request(stack: cdk.Stack) -> None:
    """Whatever synth refuses, by its structure and by each rule, and nothing else."""
    import hpt_construct as hpt  # noqa: PLC0415 – starts node

    requests = [case.request(case.broken) for case in CASES]
    requests += [{}, {"HyperParameterTuningJobConfig": 1}, {**SINGLE, "Other": 1, "Autotune": None}]
    for number, api_request in enumerate(requests):
        expected: tuple[str, ...] = ()
        try:
            hpt.HyperparameterTuningJob.from_request(stack, f"Tuning{number}", api_request)
        except hpt.ValidationError as error:
            expected = error.problems
        assert request_file.problems(api_request) == [_in_json(each) for each in expected]


def _in_json(problem: str) -> str:
    return problem.replace("got None", "got null").replace("got False", "got false")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("TrainingJobDefinition", LATER),
        (LATER, 1),
        ("Tags", ["#{Token[x]}"]),
        ("Tags", [{"Key": "a", "Value": LATER}]),
    ],
)
def test_a_token_in_a_file_is_a_problem(member: str, value: Any) -> None:
    """Nobody resolves it any more, and the checks would wait for that."""
    problems = request_file.problems({**SINGLE, member: value})
    assert [problem for problem in problems if "got a token, which means something only in the app" in problem]


def test_what_no_typed_part_can_say_is_not_converted(tmp_path: Path) -> None:
    """2, with all problems."""
    path = tmp_path / "request.json"
    path.write_text('{"HyperParameterTuningJobConfig": {"Strategy": "Random", "Other": 1, "ResourceLimits": {}}}')
    result = _run(str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"hpt: 3 problems in '{path}', so it can't be converted:\n  - ")
    assert "HyperParameterTuningJobConfig.Other: not a member of HyperParameterTuningJobConfig" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("a.json", "--from-job", "b")])
def test_it_takes_a_file_or_a_job(arguments: tuple[str, ...]) -> None:
    """Neither none nor both."""
    result = _run(*arguments)
    assert (result.exit_code, result.stderr) == (
        2,
        "hpt: give either a file or --from-job, as in `hpt convert request.json`\n",
    )


def test_a_stack_of_several_jobs_is_a_question_to_be_asked_again(world: World) -> None:
    """One job at a time."""
    for name in ("one", "two"):
        world.start(name)
    world.cloudformation.add("Training", First="one", Second="two")
    result = world.hpt("convert", "--from-job", "Training")
    assert (result.exit_code, result.stderr) == (2, "hpt: 'Training' has 2 tuning jobs; name one: one, two\n")


def test_converting_loads_no_cdk() -> None:
    """It needs the typed parts, which need none."""
    script = (
        "import sys; from hpt_construct.cli import commands\n"
        "commands.run(); print(sorted({'aws_cdk', 'jsii', 'constructs'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "convert", str(CORPUS[0])], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("import aws_cdk as cdk\n")
    assert done.stdout.endswith("\n[]\n")
