"""The AWS account that is asked, and every way in which it can't be, each as one sentence."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions as boto
import click
from botocore.config import Config
from botocore.parsers import ResponseParserError

from .words import AskError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.SSOError,
    boto.UnauthorizedSSOTokenError,
    boto.TokenRetrievalError,
)
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_INVALID = {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
_THROTTLED = {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"}
_NOT_FOUND = {"ResourceNotFound", "404", "NoSuchBucket", "NoSuchEntity", "NotFoundException"}
_SERVER_ERROR = 500


class DeniedError(AskError):
    """The account does not let us look."""


class BusyError(AskError):
    """Nobody answers now, or we have asked too often; later the same may be answered."""


class NotThereError(AskError):
    """What we have asked for does not exist."""


class Account:
    """An account in a region, by the credentials that boto3 finds.

    :param profile: The profile of the AWS configuration. None: as boto3 finds it.
    :param region: The region. None: as boto3 finds it.
    """

    def __init__(self, profile: str | None = None, region: str | None = None) -> None:
        self._profile, self._asked_region = profile, region
        with asking("AWS"):
            self._session = boto3.Session(profile_name=profile, region_name=region)
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        """The region that is asked.

        :raises AskError: There is none.
        """
        with asking("AWS"):
            return str(self.client("sagemaker").meta.region_name)

    def client(self, service: str) -> Any:
        """The client of a service; call it inside ``asking``."""
        if service not in self._clients:
            config = Config(retries={"mode": "standard"})
            self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]

    def in_region(self, region: str) -> Account:
        """The same account in the region of what is asked about.

        :raises AskError: Another region was asked for.
        """
        if self._asked_region not in (None, region):
            raise AskError(f"that is in {region}, and --region says {self._asked_region!r}; leave --region out")
        return Account(self._profile, region)


def with_account(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that tell which account it asks, and the account as its first argument."""

    @click.option("--profile", metavar="NAME", help="The profile of your AWS configuration.")
    @click.option("--region", metavar="REGION", help="The region. Left out: the configured one.")
    @wraps(command)
    def with_options(*, profile: str | None, region: str | None, **arguments: Any) -> None:
        command(Account(profile, region), **arguments)

    return with_options


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn whatever boto3 raises into one sentence with the way out.

    :param what: What is asked for, in the reader's words, such as "the tuning job 'x'".
    :raises AskError: Always when AWS can't be asked, or does not answer what was asked for.
    """
    try:
        yield
    except boto.ClientError as error:
        raise _refused(error, what) from error
    except boto.ProfileNotFound as error:
        raise AskError(
            f"the profile {error.kwargs['profile']!r} is not in your AWS configuration; "
            "see `aws configure list-profiles`"
        ) from error
    except _NO_CREDENTIALS as error:
        raise AskError(
            f"{what} can't be asked for without AWS credentials ({error}); log in, or choose a profile by --profile"
        ) from error
    except (boto.NoRegionError, boto.InvalidRegionError) as error:
        raise AskError(f"{what} can't be asked for ({error}); name a region by --region or AWS_REGION") from error
    except (boto.HTTPClientError, boto.EndpointConnectionError, ResponseParserError) as error:
        raise BusyError(f"AWS does not answer ({error}); check the network, the region and the endpoint") from error
    except boto.BotoCoreError as error:
        raise AskError(f"{what} can't be asked for: {error}; check your AWS configuration") from error


def _refused(error: boto.ClientError, what: str) -> AskError:
    code = str(error.response["Error"].get("Code", ""))
    message = str(error.response["Error"].get("Message", ""))
    told = f"{code}: {message}"
    if code in _EXPIRED:
        refusal = AskError(f"the AWS credentials have expired ({code}); log in again")
    elif code in _INVALID:
        refusal = AskError(f"AWS does not know these credentials ({code}); log in again, or choose others by --profile")
    elif code in _DENIED:
        permission = error.operation_name
        refusal = DeniedError(f"{what} may not be looked at; ask for the permission {permission} ({message})")
    elif code in _THROTTLED:
        refusal = BusyError(f"AWS asks to be asked less often ({code}); try again in a minute")
    elif error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_ERROR:
        refusal = BusyError(f"AWS has a problem of its own ({told}); try again in a minute")
    elif code in _NOT_FOUND or _says_not_found(code, message):
        refusal = NotThereError(f"{what} does not exist ({message})")
    else:
        refusal = AskError(f"AWS told nothing of {what}: {told}")
    return refusal


def _says_not_found(code: str, message: str) -> bool:
    return code.endswith(".NotFound") or (code == "ValidationException" and "not found" in message.lower())
