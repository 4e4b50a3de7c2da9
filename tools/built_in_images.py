"""Makes the table of AWS's images from the package sagemaker-core. ``make tables`` writes it.

The package (https://github.com/aws/sagemaker-python-sdk) has a file for each algorithm and framework: which account
holds it in which region, and which versions there are.
"""

from __future__ import annotations

import json
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
FRAMEWORKS = ("huggingface", "mxnet", "pytorch", "sklearn", "tensorflow")
"""Those whose images run a script of the user's, by the SageMaker Training Toolkit."""


def read(names: Iterable[str] = (*ALGORITHMS, *FRAMEWORKS)) -> dict[str, Any]:
    """The installed package's configurations."""
    folder = Path(str(distribution("sagemaker-core").locate_file("sagemaker/core/image_uri_config")))
    return {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in names}


def table(configs: dict[str, Any]) -> dict[str, Any]:
    """The table of the configurations: a registry is what has the same accounts in all regions, and is named after the
    first repository in it. Of frameworks it has the accounts of each repository.
    """
    registries: dict[str, dict[str, str]] = {}
    algorithms: dict[str, dict[str, dict[str, str]]] = {}
    frameworks: dict[str, set[str]] = {}
    for algorithm, config in sorted(configs.items()):
        if algorithm in FRAMEWORKS:
            for each in _images(config.get("training", config)["versions"]):
                frameworks.setdefault(each["repository"], set()).update(each["registries"].values())
            continue
        algorithms[algorithm] = {}
        for version, found in config.get("training", config)["versions"].items():
            accounts = dict(sorted(found["registries"].items()))
            name = next((name for name, known in registries.items() if known == accounts), found["repository"])
            registries[name] = accounts
            tag = "-".join([version, *found.get("processors", ()), *found.get("py_versions", ())])
            algorithms[algorithm][version] = {"registry": name, "image": f"{found['repository']}:{tag}"}
    accounts_of = {name: sorted(accounts) for name, accounts in sorted(frameworks.items())}
    return {"registries": registries, "algorithms": algorithms, "frameworks": accounts_of}


def _images(versions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The images of a framework, whose versions may be divided once more: by Python, or by another framework."""
    for found in versions.values():
        if "repository" in found:
            yield found
        else:
            yield from _images({name: each for name, each in found.items() if isinstance(each, dict)})


def text(made: dict[str, Any]) -> str:
    """The file's text, a line per registry, algorithm and framework."""
    sections = []
    for section, rows in made.items():
        lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
        sections.append(f"  {json.dumps(section)}: {{\n{lines}\n  }}")
    return "{\n" + ",\n".join(sections) + "\n}\n"
