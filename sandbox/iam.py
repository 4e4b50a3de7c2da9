"""IAM's word on a call to the sandbox's SageMaker: MiniStack knows the keys, the roles and their policies."""

import json
from collections.abc import Mapping, Sequence
from urllib.request import ProxyHandler, Request, build_opener

# The same as in ministack_process.py, which can import nothing of the sandbox.
AUTHORIZE_PATH = "/_sandbox/authorize"


class Iam:
    """Asks MiniStack about calls, each time anew: what counts are the policies of the moment.

    url: where MiniStack is.
    """

    def __init__(self, url: str) -> None:
        self._url = f"{url}{AUTHORIZE_PATH}"
        self._opener = build_opener(ProxyHandler({}))

    def authorize(self, caller: str, action: str, resource: str, context: Mapping[str, str | Sequence[str]]) -> None:
        """Answer nothing for a call that is allowed.

        caller: the access key of who calls.
        action: the action, with its service.
        resource: the resource's ARN.
        context: the condition keys of the request and of the resource.

        Raises ServiceError: AccessDeniedException, or what is wrong with the access key.
        """
        # moto takes 0.6 s to import, in which MiniStack starts beside it.
        from sandbox.sagemaker import errors  # noqa: PLC0415

        if not caller:
            raise errors.ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
        question = {
            "caller": caller,
            "action": action,
            "resource": resource,
            "region": context["aws:RequestedRegion"],
            "context": dict(context),
        }
        request = Request(self._url, json.dumps(question).encode(), method="POST")  # noqa: S310 - the sandbox's own address
        with self._opener.open(request) as response:
            answer = json.load(response)
        if "code" in answer:
            raise errors.ServiceError(answer["code"], answer["message"])
        if answer:
            raise errors.access_denied(answer["principal"], action, resource, explicit=answer["decision"] == "Deny")
