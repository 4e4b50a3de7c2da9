"""A training program for SageMaker: logistic regression by gradient descent, with Python alone."""

import csv
import json
import math
from pathlib import Path

Row = tuple[float, list[float]]


def rows(folder: Path) -> list[Row]:
    """Read the label and the features of each line of the CSV files in a channel's folder."""
    lines = [line for path in sorted(folder.glob("*.csv")) for line in csv.reader(path.read_text().splitlines())]
    return [(float(line[0]), [1.0, *map(float, line[1:])]) for line in lines]


def score(weights: list[float], features: list[float]) -> float:
    """How likely a customer leaves."""
    return 1 / (1 + math.exp(-sum(weight * feature for weight, feature in zip(weights, features, strict=True))))


def train(folder: Path) -> None:
    """Fit the model, print its accuracy as the tuning job's metric, and write the model."""
    # Every hyperparameter arrives as text.
    hyperparameters = json.loads((folder / "input/config/hyperparameters.json").read_text())
    rate, epochs = float(hyperparameters["learning_rate"]), int(hyperparameters["epochs"])
    examples = rows(folder / "input/data/train")
    weights = [0.0] * len(examples[0][1])
    for _ in range(epochs):
        for label, features in examples:
            error = label - score(weights, features)
            weights = [weight + rate * error * feature for weight, feature in zip(weights, features, strict=True)]
    unseen = rows(folder / "input/data/validation")
    right = sum((score(weights, features) > 1 / 2) == (label > 0) for label, features in unseen)
    print(f"validation-accuracy={right / len(unseen):.4f}", flush=True)
    (folder / "model/weights.json").write_text(json.dumps(weights))


if __name__ == "__main__":
    train(Path("/opt/ml"))
