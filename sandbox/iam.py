"""IAM's word on a call to the sandbox's SageMaker: MiniStack knows the keys, the roles and their policies."""

from collections.abc import Mapping, Sequence

from sandbox.ministack import Commands


class Iam:
    """Asks MiniStack about calls, each time anew: what counts are the policies of the moment.

    ministack: where MiniStack takes commands.
    """

    def __init__(self, ministack: Commands) -> None:
        self._ministack = ministack

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
        answer = self._ministack.send(
            "authorize",
            caller=caller,
            action=action,
            resource=resource,
            region=context["aws:RequestedRegion"],
            context=dict(context),
        )
        if "code" in answer:
            raise errors.ServiceError(answer["code"], answer["message"])
        if answer:
            raise errors.access_denied(answer["principal"], action, resource, explicit=answer["decision"] == "Deny")
