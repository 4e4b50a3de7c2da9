"""Gives functions credentials that nobody can guess, and the address of the sandbox."""

import secrets
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.arn import parse_arn
from ministack.services import lambda_svc, sts
from ministack.services.cloudformation.custom_resource import _gateway_url
from ministack.services.iam import _gen_session_access_key


def amend() -> None:
    """Replace MiniStack's, which are computed from the names of the function and its role."""
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = _execution_credentials


def _execution_credentials(config: dict[str, Any]) -> dict[str, str]:
    """Begin a session of a function's role, and return the variables that its environment gets."""
    name, role = config["FunctionName"], config["Role"].rpartition("/")[2]
    account = parse_arn(config["FunctionArn"]).account_id
    key, secret, token = _gen_session_access_key(), secrets.token_urlsafe(30), secrets.token_urlsafe(60)
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
            "UserId": f"{role}:{name}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        },
    )
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
        # Where custom resources may send their answers, beside the buckets that AWS has for them.
        "HPT_CONSTRUCT_SANDBOX": _gateway_url(),
    }
