"""boto3 clients that know nothing of the user's AWS configuration."""

import os
import secrets
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

import boto3
import botocore.session
from botocore.config import Config

_NOTHING = (None, None, None, None)
_NO_FILE = (None, None, os.devnull, None)
# A session may be used by one thread at a time.
_LOCK = Lock()
_CONFIG = Config(proxies={}, retries={"total_max_attempts": 1})


class AccessKey(NamedTuple):
    """What calls are signed with.

    id: the access key ID. In a sandbox it is a secret too: who shows it is taken for the sandbox's user.
    secret: the secret access key.
    """

    id: str
    secret: str

    @classmethod
    def new(cls) -> "AccessKey":
        """Return a key that nobody can guess. It is worth nothing outside of its sandbox."""
        return cls(f"SANDBOX{secrets.token_hex(16).upper()}", secrets.token_urlsafe(30))


IN_PROCESS_KEY = AccessKey("in-process", "in-process")
"""For calls that are answered in this process: they reach nothing that would have to be protected."""


def new_client(service: str, endpoint_url: str, region: str, key: AccessKey = IN_PROCESS_KEY) -> Any:
    """Make a boto3 client of a service of the sandbox. It does not retry, so the caller sees each answer.

    service: boto3's name of the service.
    endpoint_url: where the service is.
    region: the region that calls are sent to.
    key: what calls are signed with.
    """
    with _LOCK:
        return _session().client(
            service,
            region_name=region,
            endpoint_url=endpoint_url,
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
            config=_CONFIG,
        )


@cache
def _session() -> boto3.Session:
    session = botocore.session.Session(
        session_vars={"profile": _NOTHING, "config_file": _NO_FILE, "credentials_file": _NO_FILE}
    )
    return boto3.Session(botocore_session=session)
