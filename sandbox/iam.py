"""IAM's decision about a call to the sandbox's SageMaker: MiniStack knows the keys, the roles and their policies."""

from collections.abc import Mapping, Sequence

from sandbox.ministack import Commands


class Iam:
    """Asks MiniStack about each call, because only the current policies count.

    ministack: where MiniStack takes commands.
    """

    def __init__(self, ministack: Commands) -> None:
        self._ministack = ministack
        self._known: set[str] = set()

    def authenticate(self, caller: str, region: str) -> None:
        """Return if an access key was given to the sandbox's user, or by one of its services.

        caller: the access key; "" for a request without a signature.
        region: the region of the call.

        Raises ServiceError: what is wrong with the access key.
        """
        if caller not in self._known:
            # Whoever has a key may ask who they are.
            self.authorize(caller, "sts:GetCallerIdentity", "*", {"aws:RequestedRegion": region})
            self._known.add(caller)

    def authorize(self, caller: str, action: str, resource: str, context: Mapping[str, str | Sequence[str]]) -> None:
        """Return if a call is allowed.

        caller: the caller's access key.
        action: the action, with its service.
        resource: the resource's ARN.
        context: the condition keys of the request and of the resource.

        Raises ServiceError: AccessDeniedException, or what is wrong with the access key.
        """
        # Imported late: moto takes 0.6 s, during which MiniStack starts.
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
