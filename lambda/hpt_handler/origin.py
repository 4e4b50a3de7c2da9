"""Where events come from and where their answers go: only the function's own stack, and only CloudFormation's buckets.

Whoever may invoke the function could otherwise have jobs started with the stack's roles, stop its jobs, or have answers
sent to a server of their own.
"""

from __future__ import annotations

import os
import re
from urllib.parse import unquote, urlsplit

_BUCKETS = ("cloudformation-custom-resource-response-{short}", "cloudformation-waitcondition-{region}")


def is_own_stack(stack_id: str) -> bool:
    """Return whether a stack is the one that the function belongs to."""
    return stack_id == os.environ["HPT_CONSTRUCT_STACK_ID"]


def is_own_handle(url: str) -> bool:
    """Return whether a wait condition's handle may be the function's own stack's: a handle's URL names its stack."""
    path = unquote(urlsplit(url).path)
    return ":stack/" not in path or f"{os.environ['HPT_CONSTRUCT_STACK_ID']}/" in path


def is_cloudformations(url: str) -> bool:
    """Return whether a URL belongs to one of the two buckets in which CloudFormation takes answers in this region.

    Only the sandbox sets the address of a server of its own.
    """
    sandbox = os.environ.get("HPT_CONSTRUCT_SANDBOX")
    if sandbox and url.startswith(f"{sandbox}/"):
        return True
    region, suffix = os.environ["AWS_REGION"], re.escape(os.environ["HPT_CONSTRUCT_URL_SUFFIX"])
    buckets = "|".join(bucket.format(region=region, short=region.replace("-", "")) for bucket in _BUCKETS)
    host = rf"s3(?:[.-](?:dualstack\.)?{region})?\.{suffix}"
    return re.match(rf"https://(?:(?:{buckets})\.{host}/|{host}/(?:{buckets})/)", url) is not None
