"""Turns the strings that CloudFormation delivers back into what the user asked for."""

from __future__ import annotations

import re
from typing import Any

from . import identity
from .clock import signed_at
from .errors import Failure
from .identity import Wish

# Both undo the escapes with which the construct keeps CloudFormation from acting on the user's text.
_DYNAMIC_REFERENCE = re.compile(r"\{\{\\(\\*)resolve:")
_INTRINSIC_KEY = re.compile(r"\\(\\*(?:Fn::.*|Ref|Condition))", re.DOTALL)


def wish(event: dict[str, Any], properties: dict[str, Any], shape: Any, *, needs_tags: bool = True) -> Wish:
    """Read the wish from an event's new or old properties; ``shape`` is botocore's shape of the request.

    Tags of a wrong form fail only an event that ``needs_tags``; others have none then.
    """
    request = restore({name: properties[name] for name in shape.members if name in properties}, shape)
    given_name = request.pop("HyperParameterTuningJobName", None)
    tags = _tags(request.pop("Tags", ()), needed=needs_tags)
    return Wish(
        stack_id=event["StackId"],
        logical_id=event["LogicalResourceId"],
        event_id=event["RequestId"],
        request=request,
        # Drop the prefix, wherever the tags come from: only the function sets ownership tags.
        tags={key: value for key, value in tags.items() if not key.lower().startswith(identity.PREFIX)},
        given_name=given_name,
        name_prefix=properties.get("NamePrefix", ""),
        run=properties.get("Run", ""),
        removal_policy=properties.get("RemovalPolicy", ""),
        sent=signed_at(event["ResponseURL"]),
    )


def _tags(given: Any, *, needed: bool) -> dict[str, str]:
    """Read the tags, which a token in the template may have turned into anything."""
    try:
        return {tag["Key"]: tag["Value"] for tag in given}
    except (TypeError, KeyError):
        if not needed:
            return {}
        raise Failure("The tags must be a list of Key and Value. Write them out", quotes=f"Got {given!r}") from None


def restore(value: Any, shape: Any) -> Any:
    """Convert a value to the types of the API model. What doesn't fit stays as it is, so that botocore reports it with
    its path.
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            name: restore(item, shape.members[name]) if name in shape.members else item for name, item in value.items()
        }
    if kind == "map" and isinstance(value, dict):
        return {_key(key): restore(item, shape.value) for key, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [restore(item, shape.member) for item in value]
    if isinstance(value, str):
        return _scalar(value, kind)
    return value


def _scalar(text: str, kind: str) -> Any:
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind in ("integer", "long", "float", "double"):
        try:
            return float(text) if kind in ("float", "double") else int(text)
        except ValueError:
            return text
    return _DYNAMIC_REFERENCE.sub(r"{{\1resolve:", text)


def _key(key: str) -> str:
    escaped = _INTRINSIC_KEY.fullmatch(key)
    return escaped[1] if escaped else key
