"""Writes the instance types of the API model as an enum, so that editors can complete them. Run it with
``python -m tools.instance_types``.
"""

from __future__ import annotations

from pathlib import Path

from hpt_construct import api_model

TARGET = Path(__file__).resolve().parent.parent / "hpt_construct" / "request" / "instance_type.py"
_HEAD = '''"""The instance types that the API knows; ``tools/instance_types.py`` generates this file."""

from enum import StrEnum


class InstanceType(StrEnum):
    """An instance type for training jobs. Becomes ``InstanceType`` wherever the API has one.

    >>> InstanceType.ML_C4_2XLARGE.value
    'ml.c4.2xlarge'
    """

'''


def source() -> str:
    """The module's text, from the committed API model."""
    values = api_model.shapes()["TrainingInstanceType"]["enum"]
    return _HEAD + "".join(f'    {value.upper().replace(".", "_").replace("-", "_")} = "{value}"\n' for value in values)


if __name__ == "__main__":
    TARGET.write_text(source(), encoding="ascii", newline="\n")
