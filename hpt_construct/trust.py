"""Whether a role's trust policy lets SageMaker assume the role: judged alike at synth and by ``hpt preflight``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

_ASSUME: Final = "sts:assumerole"
_SAGEMAKER: Final = re.compile(r"sagemaker(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?|\*")


def lets_sagemaker(policy: Any) -> bool:
    """Return whether a trust policy may let SageMaker assume the role; what is not known is trusted to let it.

    >>> service = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    >>> lets_sagemaker({"Statement": service}), lets_sagemaker({"Statement": []})
    (True, False)
    """
    statements = policy.get("Statement", []) if isinstance(policy, Mapping) else None
    return any(_may_let(statement) for statement in _listed(statements))


def _may_let(statement: Any) -> bool:
    if not isinstance(statement, Mapping):
        return True
    if statement.get("Effect") == "Deny":
        return False
    actions, principal = _listed(statement.get("Action", _ASSUME)), statement.get("Principal")
    if not any(not isinstance(action, str) or fnmatchcase(_ASSUME, action.lower()) for action in actions):
        return False
    # Everybody is "*" or {"AWS": "*"}; a NotPrincipal names those who may not.
    if not isinstance(principal, Mapping) or "*" in _listed(principal.get("AWS", ())):
        return True
    services = _listed(principal.get("Service", ()))
    return any(not isinstance(each, str) or _SAGEMAKER.fullmatch(each) for each in services)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
