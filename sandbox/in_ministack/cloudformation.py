"""Adds what MiniStack's CloudFormation lacks and a deployment needs."""

import datetime as dt
import secrets
from collections.abc import Callable
from threading import Lock
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import stacks
from ministack.services.cloudformation.handlers import _imported_export_names
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

_MILLISECOND = dt.timedelta(milliseconds=1)


class EventTimes:
    """Times of a stack's events, all different: the CDK CLI sorts by them, and reverses those of the same millisecond.

    now: returns the time.
    """

    def __init__(self, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self._now = now
        self._lock = Lock()
        self._last = dt.datetime.min.replace(tzinfo=dt.UTC)

    def __call__(self) -> str:
        """Return the time, as AWS writes it, or the first millisecond that no event has."""
        with self._lock:
            self._last = max(self._now(), self._last + _MILLISECOND)
            return self._last.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def amend() -> None:
    """Add to MiniStack what it lacks."""
    stacks.now_iso = EventTimes()
    stacks._resolve_stack_outputs = _guarded(stacks._resolve_stack_outputs)
    _RESOURCE_HANDLERS.setdefault("AWS::EC2::EIP", {"create": _create_address, "delete": _delete_nothing})
    _RESOURCE_HANDLERS.setdefault("AWS::EC2::NatGateway", {"create": _create_nat_gateway, "delete": _delete_nothing})


_Outputs = tuple[list[dict[str, Any]], dict[str, dict[str, str]]]


def _guarded(resolve: Callable[..., _Outputs]) -> Callable[..., _Outputs]:
    """Resolve outputs, and refuse a change or removal of an export that other stacks import."""

    def resolve_outputs(*arguments: Any) -> _Outputs:
        outputs, exports = resolve(*arguments)
        stack_name, stack_id = arguments[-2:]
        known: Any = cloudformation._exports
        for name, export in list(known.items()):
            if export["StackId"] != stack_id:
                if name in exports:
                    raise ValueError(f"Export with name {name} is already exported by stack {_name(export['StackId'])}")
                continue
            if name not in exports:
                _refuse_if_imported(name, stack_name, "deleted")
                # From here on, the update can no longer fail.
                del known[name]
            elif exports[name]["Value"] != export["Value"]:
                _refuse_if_imported(name, stack_name, "updated")
        return outputs, exports

    return resolve_outputs


def _refuse_if_imported(export: str, exporter: str, change: str) -> None:
    importers = [
        name
        for name, stack in cloudformation._stacks.items()
        if name != exporter
        and not stack["StackStatus"].startswith("DELETE_COMPLETE")
        and export in _imported_export_names(stack, name)
    ]
    if importers:
        raise ValueError(f"Export {export} cannot be {change} as it is in use by {', '.join(importers)}")


def _name(stack_id: str) -> str:
    return stack_id.split("/")[1]


# A VPC's addresses and gateways are accepted, so that ec2.Vpc deploys, but do nothing: there is no traffic.


def _create_address(_logical_id: str, _properties: dict[str, Any], _stack_name: str) -> tuple[str, dict[str, str]]:
    address = f"198.51.100.{secrets.randbelow(256)}"  # of the block for examples
    return address, {"PublicIp": address, "AllocationId": f"eipalloc-{secrets.token_hex(9)[:17]}"}


def _create_nat_gateway(_logical_id: str, _properties: dict[str, Any], _stack_name: str) -> tuple[str, dict[str, str]]:
    gateway = f"nat-{secrets.token_hex(9)[:17]}"
    return gateway, {"NatGatewayId": gateway}


def _delete_nothing(_physical_id: str, _properties: dict[str, Any]) -> None:
    """Delete what was never created."""
