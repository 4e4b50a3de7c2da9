"""Finds the request in a document of another shape: a state machine, a pipeline, a manifest, other spellings."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hpt_construct import api_model, validation

from .files import parse_json
from .words import AskError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_CONFIG: Final = "HyperParameterTuningJobConfig"
_DEFINITION: Final = "HyperParameterTrainingJobDefinition"
_ALGORITHM: Final = "AlgorithmSpecification"
_NAMES: Final = (api_model.GENERATED, "TrainingJobName")
_PATH: Final = ".$"
"""Ends a name in a state of Step Functions whose value is a path into the execution's data."""

_JSONATA: Final = re.compile(r"\{%.*%\}", re.DOTALL)
_REFERENCE: Final = re.compile(r"Get|Ref|Std:.*|Fn::.*")
"""The only name in an object that a pipeline or CloudFormation replaces with a value."""

TERRAFORM: Final = "aws_sagemaker_hyper_parameter_tuning_job"
_TOLD_BY: Final = 100_000
"""How many bytes tell what a file is."""


_Path = tuple[str | int | None, ...]
"""Steps down from a document; None leads from a string into the JSON that it is."""


@dataclass(frozen=True)
class _Found:
    """An object that has the members of a request, in whatever spelling, and where it is."""

    members: dict[str, Any]
    path: _Path

    @property
    def place(self) -> str:
        """The path as messages show it."""
        return validation.spell_api(tuple(step for step in self.path if step is not None))

    @property
    def is_part_of_tuning_job(self) -> bool:
        """Whether it is a definition of a tuning job that lacks its configuration."""
        names = (_plain(step) for step in self.path if isinstance(step, str))
        return any(name in {"trainingjobdefinition", "trainingjobdefinitions"} for name in names)

    @property
    def jq(self) -> str:
        """The path as jq takes it."""
        steps = "".join(map(_jq_step, self.path))
        return steps if steps.startswith(".") else f".{steps}"


def take(document: Any, what: str) -> tuple[dict[str, Any], str]:
    """Return the only request in a document, and what there is to say about what it was taken from.

    It is a tuning job's request, or a training job's in a document without a tuning job.

    :param what: What messages call the document.
    :raises AskError: There is no request, there are several, or values in it are known to an execution alone. It says
        what the document is, and which part of it to take.
    """
    found = list(_requests(document, is_tuning_job)) or [
        each for each in _requests(document, _is_training_job) if not each.is_part_of_tuning_job
    ]
    if not found:
        raise AskError(f"{what} {_other(document)}")
    if len(found) > 1:
        places = ", ".join(each.place for each in found)
        raise AskError(f"{what} has {len(found)} requests ({places}); give one of them alone, {_as_jq(found[0])}")
    [only] = found
    request, notes = only.members, []
    if only.path:
        notes.append(f"took the request from {only.place}")
    if only.path or any(name.endswith(_PATH) for name in request):
        late = ", ".join(validation.spell_api(path) for path in _late(request) if path[0] not in _NAMES)
        if late:
            whose, alone = (f"{only.place} of {what}", f", {_as_jq(only)},") if only.path else (what, "")
            raise AskError(
                f"{whose} has values that only an execution knows: {late}; write values in their place{alone} "
                "or take a tuning job that it has started, with --from-job"
            )
        given = {name: value for name, value in request.items() if not _is_late(name, value)}
        if len(given) < len(request):
            notes.append("left out its name, which only an execution knows")
        request = given
    marker, shape = (_CONFIG, api_model.REQUEST) if is_tuning_job(request) else (_ALGORITHM, _DEFINITION)
    if marker not in request:
        request = _with_names(request, shape)
        notes.append("took its names for those of the API, ignoring case and underscores")
    return request, "; ".join(notes)


def is_tuning_job(request: Mapping[str, Any]) -> bool:
    """Tell whether members are those of a tuning job's request, in any spelling."""
    return any(_plain(name) == _plain(_CONFIG) for name in request)


def _is_training_job(request: Mapping[str, Any]) -> bool:
    return {_plain(_ALGORITHM), "outputdataconfig"} <= {_plain(name) for name in request}


def hint(content: bytes) -> str:
    """Say what a file is that isn't JSON, and the way out; an empty string if that can't be told."""
    text = content[:_TOLD_BY].decode(json.detect_encoding(content), "replace")
    if re.search(rf'^[ \t]*resource[ \t]+"{TERRAFORM}"', text, re.MULTILINE):
        return "it is Terraform; when it is applied, take the tuning job with `hpt convert --from-job NAME`"
    if re.match(r"\s*[{\[]\s*'", text):
        return "it is what Python prints; write it with json.dump(..., default=str)"
    if re.search(r"\bcreate_hyper_parameter_tuning_job\(|\bHyperparameterTuner\(", text):
        return "it is a program; when it has run, take the tuning job with `hpt convert --from-job NAME`"
    if re.search(r"^(---|[ -]*[A-Za-z]\w*:(\s|$))", text, re.MULTILINE):
        return "it seems to be YAML; make JSON of it, as in `yq -o json FILE | hpt convert -`"
    return ""


def _requests(value: Any, is_one: Callable[[Mapping[str, Any]], bool], path: _Path = ()) -> Iterator[_Found]:
    if isinstance(value, dict):
        if is_one(value):
            yield _Found(value, path)
            return
        for name, below in value.items():
            yield from _requests(below, is_one, (*path, name))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _requests(below, is_one, (*path, index))
    elif isinstance(value, str) and value.lstrip().startswith("{") and None not in path:
        try:
            inside = parse_json(value.encode())
        except ValueError:
            return
        yield from _requests(inside, is_one, (*path, None))


def _plain(name: str) -> str:
    return name.removesuffix(_PATH).replace("_", "").casefold()


def _late(value: Any, path: validation.Path = ()) -> Iterator[validation.Path]:
    """Yield the paths of values that are known only when a state or a step runs."""
    for step, below in value.items() if isinstance(value, dict) else enumerate(value):
        here = (*path, step.removesuffix(_PATH) if isinstance(step, str) else step)
        if _is_late(step, below):
            yield here
        elif isinstance(below, (dict, list)):
            yield from _late(below, here)


def _is_late(step: str | int, value: Any) -> bool:
    if isinstance(step, str) and step.endswith(_PATH):
        return True
    if isinstance(value, dict) and len(value) == 1:
        return _REFERENCE.fullmatch(next(iter(value))) is not None
    return isinstance(value, str) and _JSONATA.fullmatch(value) is not None


def _with_names(value: Mapping[str, Any], shape_name: str) -> dict[str, Any]:
    """Return a structure with the API's names; one that the API doesn't have stays, and a second one for a member."""
    members = api_model.members(shape_name)
    if shape_name == api_model.REQUEST:
        members = {**api_model.members(api_model.DESCRIPTION), **members}
    elif shape_name == _DEFINITION:
        # A training job's request has these besides.
        hyperparameters, tags = members["StaticHyperParameters"], api_model.members(api_model.REQUEST)["Tags"]
        members = {**members, "HyperParameters": hyperparameters, "Tags": tags}
    names = {_plain(name): name for name in (*members, *validation.instead(shape_name))}
    found: dict[str, Any] = {}
    for given, below in value.items():
        name = names.get(_plain(given), given)
        found[given if name in found else name] = _below(below, members.get(name))
    return found


def _below(value: Any, shape_name: str | None) -> Any:
    if shape_name is None:
        return value
    shape = api_model.shapes()[shape_name]
    if isinstance(value, dict) and shape["type"] == "structure":
        return _with_names(value, shape_name)
    if isinstance(value, list) and shape["type"] == "list":
        return [_below(item, shape["member"]["shape"]) for item in value]
    if isinstance(value, list) and shape["type"] == "map":
        return _as_map(value)
    # The names in a map are the user's.
    return value


def _as_map(value: list[Any]) -> Any:
    """Return the map that a list of names and values means, as in manifests of the older operator for Kubernetes."""
    found = {}
    for each in value:
        match each:
            case {"name": str(name), "value": text} if len(each) == len(("name", "value")):
                found[name] = text
    return found if len(found) == len(value) else value


def _as_jq(found: _Found) -> str:
    return f"as `jq {shlex.quote(found.jq)}` prints it"


def _jq_step(step: str | int | None) -> str:
    if step is None:
        return " | fromjson | "
    return f".{step}" if isinstance(step, str) and re.fullmatch(r"[A-Za-z_]\w*", step) else f"[{json.dumps(step)}]"


def _other(document: Any) -> str:
    """Say what a document is that has no request."""
    for value in _objects(document):
        if value.get("type") == TERRAFORM:
            values = value.get("values")
            name = str(values.get("name", "NAME")) if isinstance(values, dict) else "NAME"
            way_out = f"when it is applied, take the tuning job with `hpt convert --from-job {shlex.quote(name)}`"
            return f"is Terraform's, whose names are not the API's; {way_out}"
    operation = validation.operation_of(document) if isinstance(document, dict) else None
    if operation is not None:
        return f"is {validation.of_another_operation(operation)}"
    return f"has no {_CONFIG}; it must be a request as boto3 takes it, or a response of Describe"


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(below)
