"""What SageMaker knows of the algorithms that are AWS's own, and what it adds to a definition when it describes it."""

import re
from typing import Any

_REPOSITORY = re.compile(r"[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.[a-z0-9.-]+/(?P<repository>[^:@]+)(?:[:@].*)?")
REPOSITORIES = frozenset(
    """
    blazingtext factorization-machines forecasting-deepar image-classification ipinsights kmeans knn lda linear-learner
    ntm object-detection object2vec pca randomcutforest sagemaker-xgboost semantic-segmentation seq2seq xgboost
    """.split()  # noqa: SIM905 - a list of quoted names would be as long again
)
"""The repositories of their images; each region has them in accounts of its own."""

_XGBOOST_METRICS = """
    train:mae validation:aucpr validation:f1_binary validation:mae validation:logloss validation:f1 train:accuracy
    train:mse validation:recall validation:poisson-nloglik validation:precision train:error train:ndcg validation:map
    train:f1_binary validation:auc train:auc validation:error train:poisson-nloglik train:rmse train:logloss
    validation:accuracy train:aucpr validation:balanced_accuracy validation:rmse validation:mse validation:ndcg
    train:f1 train:map
""".split()  # noqa: SIM905 - the same
_KMEANS_METRICS = {
    "train:progress": r"#progress_metric: host=\S+, completed (\S+) %",
    "test:msd": r"#quality_metric: host=\S+, test msd <loss>=(\S+)",
    "train:msd": r"#quality_metric: host=\S+, train msd <loss>=(\S+)",
    "train:throughput": r"#throughput_metric: host=\S+, train throughput=(\S+) records/second",
    "test:ssd": r"#quality_metric: host=\S+, test ssd <loss>=(\S+)",
}
_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
_METRICS = {
    "kmeans": _KMEANS_METRICS,
    "sagemaker-xgboost": {
        name: rf".*\[[0-9]+\].*#011{name.replace(':', '-')}:{_NUMBER}.*" for name in _XGBOOST_METRICS
    },
}
_SWITCHES = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")
_OF_THE_OBJECTIVE = "_tuning_objective_metric"


def of_image(image: str) -> str | None:
    """Return the repository of an image of one of AWS's algorithms; None for any other image."""
    found = _REPOSITORY.fullmatch(image)
    return found["repository"] if found and found["repository"] in REPOSITORIES else None


def objective(request: dict[str, Any], definition: dict[str, Any]) -> str | None:
    """Return the metric that a definition of a request is tuned by; None if the request doesn't say."""
    config = request["HyperParameterTuningJobConfig"]
    given = definition.get("TuningObjective") or config.get("HyperParameterTuningJobObjective") or {}
    name: str | None = given.get("MetricName")
    return name


def described(request: dict[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition with what SageMaker adds to it: the objective, an image's own metrics, defaults."""
    metric = objective(request, definition)
    switches = dict.fromkeys(_SWITCHES, False)
    answer = {**switches, **definition}
    if metric is not None:
        answer["StaticHyperParameters"] = {_OF_THE_OBJECTIVE: metric, **definition.get("StaticHyperParameters", {})}
    if "InputDataConfig" in definition:
        none = {"CompressionType": "None", "RecordWrapperType": "None"}
        answer["InputDataConfig"] = [{**none, **channel} for channel in definition["InputDataConfig"]]
    specification = definition.get("AlgorithmSpecification", {})
    metrics = _METRICS.get(of_image(specification.get("TrainingImage", "")) or "")
    if metrics is not None:
        listed = {**metrics, **({"ObjectiveMetric": metrics[metric]} if metric in metrics else {})}
        own = [{"Name": name, "Regex": regex} for name, regex in listed.items()]
        answer["AlgorithmSpecification"] = {**specification, "MetricDefinitions": own}
    return answer
