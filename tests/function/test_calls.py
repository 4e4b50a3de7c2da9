"""A call is tried again while it may succeed, and the client finds its data."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from hpt_handler import calls, sagemaker
from hpt_handler.errors import NotYet

from .conftest import FakeClock

if TYPE_CHECKING:
    from .conftest import World


def test_garbage_of_events_is_collected() -> None:
    """Only what is made when the function starts is spared: its environment may serve a hundred events."""
    assert gc.get_freeze_count() > 0
    assert gc.isenabled()


def test_nothing_is_sent_once_its_time_is_over(world: World) -> None:
    """Not even at the first try: what came before may have taken long."""
    jobs = sagemaker.Jobs(world.client, FakeClock(world.service))
    with pytest.raises(NotYet, match="TooLate: The time for this call is over"):
        jobs.create("late", {}, {}, until=world.service.clock.now() - 1)
    assert world.calls() == []


def test_data_that_only_botocore_has_is_found_there() -> None:
    """A later botocore in the runtime may ask its loader for another file: not even a deletion could run without."""
    loader = calls._OurDataFirst()
    assert loader.load_data("sagemaker/2017-07-24/paginators-1")["pagination"]


def test_client_trusts_the_certificates_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Isolated regions have certificates that botocore's own list lacks."""
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/pki/bundle.pem")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-iso-east-1")
    client = calls.new_client("sagemaker")
    assert client._endpoint.http_session._verify == "/etc/pki/bundle.pem"


def test_own_data_comes_first() -> None:
    """The function's description of SageMaker knows the operations in use, and no others."""
    operations = calls._OurDataFirst().load_service_model("sagemaker", "service-2")["operations"]
    assert len(operations) == 8
