"""The calls to SageMaker: what comes in parts is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpt_handler import sagemaker

from .conftest import FakeClock

if TYPE_CHECKING:
    from .conftest import World


class PagedClient:
    """A client whose list of tags comes in pages."""

    def __init__(self, *pages: list[dict[str, str]]) -> None:
        self._pages = pages

    def list_tags(self, *, ResourceArn: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 – the API's names
        """A page, and where the next one is."""
        assert ResourceArn == "arn"
        page = int(NextToken)
        more = {"NextToken": str(page + 1)} if page + 1 < len(self._pages) else {}
        return {"Tags": self._pages[page], **more}


def test_tags_of_all_pages_are_read(world: World) -> None:
    """An ownership tag on the second page is one all the same."""
    client = PagedClient([{"Key": "a", "Value": "1"}], [], [{"Key": "b", "Value": "2"}])
    assert sagemaker.Jobs(client, FakeClock(world.service)).tags("arn") == {"a": "1", "b": "2"}
