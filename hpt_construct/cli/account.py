"""The AWS account that commands read, and one sentence for each way in which that can fail."""

from __future__ import annotations

import os
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
    """The account does not allow the call."""


class BusyError(AskError):
    """AWS does not answer, or throttles us; the same call may succeed later."""


class NotThereError(AskError):
    """What we asked for does not exist."""


class Account:
    """An account in a region, with the credentials that boto3 finds.

    :param profile: The profile of the AWS configuration. None: the one that boto3 finds.
    :param region: The region. None: that of AWS_REGION, or else the one that boto3 finds.
    """

    def __init__(self, profile: str | None = None, region: str | None = None) -> None:
        self._profile, self._asked_region = profile, region
        with asking("AWS"):
            # The AWS CLI reads AWS_REGION before anything else, and boto3 doesn't read it at all.
            here = region or os.environ.get("AWS_REGION") or None
            self._session = boto3.Session(profile_name=profile, region_name=here)
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        """The region.

        :raises AskError: None is configured.
        """
        with asking("AWS"):
            return str(self.client("sagemaker").meta.region_name)

    def number(self) -> str:
        """Return the account's number: a question that needs credentials, but no permission.

        :raises AskError: AWS can't be reached.
        """
        with asking("the account"):
            return str(self.client("sts").get_caller_identity()["Account"])

    def client(self, service: str) -> Any:
        """Return the client of a service; call it inside ``asking``."""
        if service not in self._clients:
            config = Config(retries={"mode": "standard"})
            self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]

    def in_region(self, region: str) -> Account:
        """Return the same account in another region.

        :raises AskError: --region names a different one.
        """
        if self._asked_region not in (None, region):
            raise AskError(f"that is in {region}, but --region says {self._asked_region!r}; leave --region out")
        return Account(self._profile, region)


def with_account(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that choose the account, and the account as its first argument."""

    @click.option("--profile", metavar="NAME", help="The profile of your AWS configuration.")
    @click.option("--region", metavar="REGION", help="The region. Left out: the configured one.")
    @wraps(command)
    def with_options(*, profile: str | None, region: str | None, **arguments: Any) -> None:
        command(Account(profile, region), **arguments)

    return with_options


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn whatever boto3 raises into one sentence with the way out.

    :param what: What we ask for, in the reader's words, such as "the tuning job 'x'".
    :raises AskError: AWS can't be reached, or returns an error.
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
            f"can't reach {what} without AWS credentials ({error}); log in, or choose a profile with --profile"
        ) from error
    except (boto.NoRegionError, boto.InvalidRegionError) as error:
        raise AskError(f"can't reach {what} ({error}); name a region with --region or AWS_REGION") from error
    except (boto.HTTPClientError, boto.EndpointConnectionError, ResponseParserError) as error:
        raise BusyError(f"AWS does not answer ({error}); check the network, the region and the endpoint") from error
    except boto.BotoCoreError as error:
        raise AskError(f"can't reach {what}: {error}; check your AWS configuration") from error


def _refused(error: boto.ClientError, what: str) -> AskError:
    code = str(error.response["Error"].get("Code", ""))
    message = str(error.response["Error"].get("Message", ""))
    because = f" ({message})" if message else ""
    told = f"{code}: {message}" if message else f"{code}, without a message"
    if code in _EXPIRED:
        refusal = AskError(f"the AWS credentials have expired ({code}); log in again")
    elif code in _INVALID:
        refusal = AskError(
            f"AWS does not know these credentials ({code}); log in again, or choose others with --profile"
        )
    elif code in _DENIED:
        permission = error.operation_name
        refusal = DeniedError(f"access to {what} is denied; ask for the permission {permission}{because}")
    elif code in _THROTTLED:
        refusal = BusyError(f"AWS throttles the requests ({code}); try again in a minute")
    elif error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_ERROR:
        refusal = BusyError(f"AWS reports an internal error ({told}); try again in a minute")
    elif code in _NOT_FOUND or _says_not_found(code, message):
        refusal = NotThereError(f"{what} does not exist{because}")
    else:
        refusal = AskError(f"AWS returned an error for {what}: {told}")
    return refusal


def _says_not_found(code: str, message: str) -> bool:
    return code.endswith(".NotFound") or (code == "ValidationException" and "not found" in message.lower())
