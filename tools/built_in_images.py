"""Makes the table of the built-in algorithms' images from the package sagemaker-core. ``make tables`` writes it.

The package (https://github.com/aws/sagemaker-python-sdk) has a file for each algorithm: which account holds it in which
region, and which versions there are.
"""

from __future__ import annotations

import json
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "hpt_construct" / "built_in_images.json"
ALGORITHMS = (
    "blazingtext",
    "factorization-machines",
    "forecasting-deepar",
    "image-classification",
    "ipinsights",
    "kmeans",
    "knn",
    "lda",
    "linear-learner",
    "ntm",
    "object-detection",
    "object2vec",
    "pca",
    "randomcutforest",
    "semantic-segmentation",
    "seq2seq",
    "xgboost",
)


def read() -> dict[str, Any]:
    """The installed package's configurations by algorithm."""
    folder = Path(str(distribution("sagemaker-core").locate_file("sagemaker/core/image_uri_config")))
    return {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in ALGORITHMS}


def table(configs: dict[str, Any]) -> dict[str, Any]:
    """The table of the configurations by algorithm: a registry is what has the same accounts in all regions, and
    is named after the first repository in it.
    """
    registries: dict[str, dict[str, str]] = {}
    algorithms: dict[str, dict[str, dict[str, str]]] = {}
    for algorithm, config in sorted(configs.items()):
        algorithms[algorithm] = {}
        for version, found in config.get("training", config)["versions"].items():
            accounts = dict(sorted(found["registries"].items()))
            name = next((name for name, known in registries.items() if known == accounts), found["repository"])
            registries[name] = accounts
            tag = "-".join([version, *found.get("processors", ()), *found.get("py_versions", ())])
            algorithms[algorithm][version] = {"registry": name, "image": f"{found['repository']}:{tag}"}
    return {"registries": registries, "algorithms": algorithms}


def text(made: dict[str, Any]) -> str:
    """The file's text, a line per registry and per algorithm."""
    sections = []
    for section, rows in made.items():
        lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
        sections.append(f"  {json.dumps(section)}: {{\n{lines}\n  }}")
    return "{\n" + ",\n".join(sections) + "\n}\n"
