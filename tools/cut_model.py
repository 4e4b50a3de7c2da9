"""Cuts botocore's data down to the operations that the product uses. ``make tables`` writes it to ``lambda/models/``.

The folder is a complete search path for a botocore ``Loader``, and the function's only one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.session import get_session

MODELS = Path(__file__).resolve().parent.parent / "lambda" / "models"
OPERATIONS = {
    "cloudformation/2010-05-15": ("DescribeStackResource", "DescribeStacks"),
    "sagemaker/2017-07-24": (
        "AddTags",
        "CreateHyperParameterTuningJob",
        "DeleteHyperParameterTuningJob",
        "DeleteTags",
        "DescribeHyperParameterTuningJob",
        "DescribeTrainingJob",
        "ListTags",
        "StopHyperParameterTuningJob",
    ),
    "stepfunctions/2016-11-23": ("StartExecution", "StopExecution"),
}
"""By service and version of its API."""

_READ = {"DescribeTrainingJobResponse": ("ModelArtifacts",)}
"""Of large answers, the members that are read: every cold start parses the model, and few need these."""

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]


def files() -> dict[str, Json]:
    """Each file of the search path by its name relative to ``lambda/models/``, from the installed botocore."""
    loader = get_session().get_component("data_loader")
    services = {}
    for folder, operations in OPERATIONS.items():
        service, version = folder.split("/")
        services[f"{folder}/service-2.json"] = _service(
            loader.load_service_model(service, "service-2", version), operations
        )
        rules = loader.load_service_model(service, "endpoint-rule-set-1", version)
        services[f"{folder}/endpoint-rule-set-1.json"] = _without_prose(rules)
    return {
        **services,
        "endpoints.json": _endpoints(loader.load_data("endpoints")),
        "partitions.json": loader.load_data("partitions"),
        "sdk-default-configuration.json": _without_prose(loader.load_data("sdk-default-configuration")),
        "_retry.json": _retry(loader.load_data("_retry")),
    }


def encode(content: Json) -> str:
    """One compact line: every byte is unpacked and parsed in the function's cold start."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=True, sort_keys=True) + "\n"


def _service(model: Json, names: Iterable[str]) -> Json:
    operations = {name: _without_prose(model["operations"][name]) for name in names}
    shapes = {name: _only_read(name, shape) for name, shape in model["shapes"].items()}
    wanted: set[str] = set()
    waiting = [
        reference["shape"]
        for operation in operations.values()
        for reference in (operation["input"], operation.get("output"), *operation.get("errors", ()))
        if reference
    ]
    while waiting:
        name = waiting.pop()
        if name in wanted:
            continue
        wanted.add(name)
        shape = shapes[name]
        references = [*shape.get("members", {}).values()]
        references += [shape[part] for part in ("member", "key", "value") if part in shape]
        waiting += [reference["shape"] for reference in references]
    return {
        "version": model["version"],
        "metadata": model["metadata"],
        "operations": operations,
        "shapes": {name: _without_prose(shapes[name]) for name in sorted(wanted)},
    }


def _only_read(name: str, shape: Json) -> Json:
    if name not in _READ:
        return shape
    return {"type": shape["type"], "members": {member: shape["members"][member] for member in _READ[name]}}


def _endpoints(data: Json) -> Json:
    """Regions and the services' own entries: signing and region checks ask for nothing else."""
    partitions = []
    for partition in data["partitions"]:
        kept = {key: value for key, value in partition.items() if key != "services"}
        services = partition["services"]
        # Of Step Functions only what does not follow the rule: a FIPS host in us-gov-west-1.
        names = ("api.sagemaker", "cloudformation", *(["states"] if partition["partition"] == "aws-us-gov" else []))
        kept["services"] = {name: services[name] for name in names if name in services}
        partitions.append(kept)
    return {"partitions": partitions, "version": data["version"]}


def _retry(data: Json) -> Json:
    """The definitions that every service shares, without the exceptions made for single services."""
    return {"definitions": data["definitions"], "retry": {"__default__": data["retry"]["__default__"]}}


def _without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_prose(item)
            for key, item in value.items()
            if key != "documentation" or not isinstance(item, (str, dict))
        }
    if isinstance(value, list):
        return [_without_prose(item) for item in value]
    return value
