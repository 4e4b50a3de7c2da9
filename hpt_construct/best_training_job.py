"""The best training job of a tuning job that has ended: tokens for the rest of the stack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk

from .errors import ValidationError, show
from .tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Collection

    from constructs import Construct

_HYPERPARAMETERS: Final = "HyperParameters"
_ATTRIBUTE: Final = re.compile("[A-Za-z0-9_.-]+")
"""Names of attributes that are known to work; which others CloudFormation takes is not documented."""

_UNUSUAL_NAME: Final = "hpt-construct:unusual-attribute"


class BestTrainingJob:
    """The best training job of a tuning job, by its objective; every value is a token.

    CloudFormation creates what uses these tokens after the tuning job has ended. CloudFormation accepts 4,096 bytes of
    values in all. If there are more, ``hyperparameters`` is dropped first, then single hyperparameters from the last
    one on; a deployment that uses a dropped value fails.

    >>> import aws_cdk as cdk
    >>> from hpt_construct import HyperparameterTuningJob
    >>> stack = cdk.Stack(cdk.App(), "Example")
    >>> best = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly").best_training_job
    >>> stack.resolve(best.model_data_url)
    {'Fn::GetAtt': ['NightlyBestTrainingJob...', 'ModelDataUrl']}
    """

    def __init__(self, resource: cdk.CfnResource, tuned: Collection[str] | None) -> None:
        self._resource = resource
        self._tuned = tuned

    @property
    def training_job_name(self) -> str:
        """The training job's name."""
        return self._attribute("TrainingJobName")

    @property
    def training_job_arn(self) -> str:
        """The training job's ARN."""
        return self._attribute("TrainingJobArn")

    @property
    def model_data_url(self) -> str:
        """The ``s3://`` URL of the training job's model, for ``model_data_url`` of a model's container."""
        return self._attribute("ModelDataUrl")

    @property
    def objective_value(self) -> str:
        """The training job's value of the objective, as text."""
        return self._attribute("ObjectiveValue")

    @property
    def definition_name(self) -> str:
        """The name of the training job's definition; a deployment that uses it fails if the definition has no name."""
        return self._attribute("DefinitionName")

    @property
    def hyperparameters(self) -> str:
        """The hyperparameters that the tuning job chose for the training job, as a JSON object of strings."""
        return self._attribute(_HYPERPARAMETERS)

    def hyperparameter(self, name: str) -> str:
        """One hyperparameter that the tuning job chose for the training job, as text.

        :param name: The hyperparameter's name, which must have a range; with several definitions, a range of the
            definition that wins. A name with other characters than letters, digits, ``.``, ``-`` and ``_`` leads to a
            warning, because CloudFormation may not take it: ``hyperparameters`` has every name.

        :raises ValidationError: No range has this name.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> best = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly").best_training_job
        >>> stack.resolve(best.hyperparameter("eta"))
        {'Fn::GetAtt': ['NightlyBestTrainingJob...', 'HyperParameters.eta']}
        """
        if self._tuned is not None and name not in self._tuned:
            where = self._resource.node.path.rpartition("/")[0]
            allowed = ", ".join(sorted(self._tuned))
            problem = f"hyperparameter: got {show(name)}, must be one that the tuning job chooses: {allowed}"
            raise ValidationError(where, [problem])
        if not (is_token(name) or _ATTRIBUTE.fullmatch(str(name))):
            message = f"got {show(name)}, and CloudFormation may refuse Fn::GetAtt with such a name"
            way_out = "take it from hyperparameters, or acknowledge this if a deployment has shown that it works"
            warning = f"hyperparameter: {message}; {way_out}"
            cdk.Annotations.of(self._resource).add_warning_v2(_UNUSUAL_NAME, warning)
        return self._attribute(f"{_HYPERPARAMETERS}.{name}")

    def comes_before(self, construct: Construct) -> None:
        """Let a construct wait until the best training job is known.

        :param construct: The construct that CloudFormation creates after the tuning job's end.

        >>> import aws_cdk as cdk
        >>> from hpt_construct import HyperparameterTuningJob
        >>> stack = cdk.Stack(cdk.App(), "Example")
        >>> best = HyperparameterTuningJob.from_tuning_job_name(stack, "Nightly", "nightly").best_training_job
        >>> best.comes_before(cdk.CfnResource(stack, "Later", type="AWS::SNS::Topic"))
        """
        construct.node.add_dependency(self._resource)

    def _attribute(self, name: str) -> str:
        return self._resource.get_att(name).to_string()
