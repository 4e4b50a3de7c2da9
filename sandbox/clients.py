"""boto3 clients that know nothing of the user's AWS configuration."""

import os
from functools import cache
from threading import Lock
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

# MiniStack takes an access key of twelve digits for the account, and anything else for its own account.
ACCESS_KEY_ID = "sandbox"
SECRET_ACCESS_KEY = "sandbox"  # noqa: S105 - no secret: nothing but the sandbox is ever called with it

_NOTHING = (None, None, None, None)
_NO_FILE = (None, None, os.devnull, None)
# A session may be used by one thread at a time.
_LOCK = Lock()
_CONFIG = Config(proxies={}, retries={"total_max_attempts": 1})


def new_client(service: str, endpoint_url: str, region: str) -> Any:
    """Make a boto3 client of a service of the sandbox. It does not retry, so the caller sees each answer.

    service: boto3's name of the service.
    endpoint_url: where the service is.
    region: the region that calls are sent to.
    """
    with _LOCK:
        return _session().client(service, region_name=region, endpoint_url=endpoint_url, config=_CONFIG)


@cache
def _session() -> boto3.Session:
    session = botocore.session.Session(
        session_vars={"profile": _NOTHING, "config_file": _NO_FILE, "credentials_file": _NO_FILE}
    )
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, botocore_session=session
    )
