"""How long to look for a history that hurts, and an empty account for a history to happen in."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from .account import Account

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The histories come first: they take a minute, which at the end one process would spend alone."""
    items.sort(key=lambda item: item.path.name != "test_histories.py")


@pytest.fixture(autouse=True, scope="module")
def credentials() -> Iterator[None]:
    """What botocore wants to have before it makes a client."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "x")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        yield


@pytest.fixture
def account() -> Iterator[Account]:
    """An empty account; the function draws its waits from the same numbers each time."""
    random.seed(1)
    account = Account()
    yield account
    account.close()
