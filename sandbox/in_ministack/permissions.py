"""IAM's decisions about calls to services of the sandbox that are not MiniStack's."""

from typing import Any

from ministack.core.iam_evaluator import AuthError, enforce

from sandbox.in_ministack.door import refusal_of_key


def authorize(caller: str, action: str, resource: str, region: str, context: dict[str, Any]) -> dict[str, str]:
    """Return IAM's decision about a call, by the caller's current policies: an empty answer if it is allowed.

    caller: the access key.
    action: the action, with its service.
    resource: the resource's ARN.
    region: the region of the call.
    context: the condition keys of the request and of the resource.

    Otherwise the answer has a code and a message for a key that is not valid, or a principal and a decision. MiniStack
    decides as IAM does, except that aws:PrincipalArn is the session's ARN, not the role's, variables in policies are
    not resolved, and the parts of an ARN in a condition are not compared one by one.
    """
    denied = refusal_of_key(caller) or enforce(caller, action, action.partition(":")[0], region, resource, context)
    if denied is None:
        return {}
    if isinstance(denied, AuthError):
        return {"code": denied.code, "message": denied.message}
    return {"principal": denied.principal_arn, "decision": denied.decision}
