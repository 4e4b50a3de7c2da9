"""SageMaker's own description of the request: shapes, members and their constraints, as botocore publishes them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from . import function_code

REQUEST: Final = "CreateHyperParameterTuningJobRequest"
DESCRIPTION: Final = "DescribeHyperParameterTuningJobResponse"

OUTPUT_ONLY: Final = {"ResourceConfig": frozenset({"SelectedInstanceType", "SelectedInstanceCount"})}
"""Members that stand in a shape of the request although only the service writes them."""

GENERATED: Final = "HyperParameterTuningJobName"
"""The member that the API requires and a user may leave out: the function then makes a name."""


@cache
def shapes() -> dict[str, dict[str, Any]]:
    """Every shape of the operations in use, by name."""
    path = function_code.FOLDER / "models" / "sagemaker" / "2017-07-24" / "service-2.json"
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["shapes"]
    return found


@cache
def members(structure: str) -> dict[str, str]:
    """The members of a structure that a request may have, and the shape of each."""
    hidden = OUTPUT_ONLY.get(structure, frozenset())
    return {
        name: reference["shape"] for name, reference in shapes()[structure]["members"].items() if name not in hidden
    }
