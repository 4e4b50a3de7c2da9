"""docs/reference/deploy-failures.md has every text that the function can answer with, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.printed import Printed, texts_in

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "reference" / "deploy-failures.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^> `(.+)`$", PAGE, re.MULTILINE)
FEWEST_SPACES = 2
"""A text with fewer is a name of the API or of the function's own."""

NO_REASONS = {
    # What a service's message is known by.
    "Could not assume role",
    "no identity-based policy allows the s3:ListBucket action",
    "No S3 objects found under S3 URL",
    "The AWS Access Key Id you provided does not exist in our records",
    "Access denied when describing algorithm",
    "does not exist",
    # The log's notes, and what is told with a success or to Step Functions.
    "signal is too late",
    "a poll that is none of this stack",
    "no event of CloudFormation",
    "the answer was not delivered: {}",
    "no end after {} s",
    "HTTP status {}",
    "a rollback starts nothing, and there is no '{}' to return to",
    "the request is unchanged, but its job is gone or not tagged as this resource's: nothing was done",
    "'{}' ({}) was started before for the same request: adopted",
    "by its tags, the tuning job '{}' does not belong to this resource: left alone",
    "the tuning job '{}' is younger than this deletion: left alone",
    "no tuning job to stop",
    "the tuning job is accepted",
    "CloudFormation no longer waits for this tuning job",
    # Said when there is nothing else, which no caller does.
    "no reason known",
    # Parts of a sentence that the page has as a whole, or names in its text.
    " (request id {})",
    ", best {} {}",
    "Starting the tuning job",
    "Updating the tuning job",
    "Deleting the tuning job",
    "Waiting for the tuning job",
    "Reading the best training job",
}


TEXTS = texts_in((ROOT / "lambda" / "hpt_handler").glob("*.py"), FEWEST_SPACES)
PLACEHOLDERS = r"[A-Z][A-Z_]*|\d+|hpt-construct:[a-z-]+"
"""What the page has in place of what is put in."""
SAID = Printed(TEXTS, PLACEHOLDERS, tails=("Got VALUE", "TYPE: MESSAGE"))


@pytest.mark.parametrize("text", TEXTS)
def test_reason_has_an_entry(text: str) -> None:
    """Whoever searches the page for what the terminal shows finds it."""
    assert text in NO_REASONS or any(SAID.is_in(text, entry) for entry in ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_is_what_the_function_says(entry: str) -> None:
    """Word for word, from the first to the last, with placeholders or other texts for what is put in."""
    assert SAID.has(entry)


@pytest.mark.parametrize(
    "stale",
    [
        "The tuning job 'NAME' failed: of course it did",
        "The tuning job 'NAME' was stopped by somebody of the team",
        "The tuning job 'NAME' is still running (PROGRESS), so nothing is known. Deploy again when it has ended",
        "The tuning job 'NAME' is gone",
        "at least VALUE of TOTAL",
    ],
)
def test_entry_that_nothing_says_is_noticed(stale: str) -> None:
    """Neither a wide hole nor a part of another text covers it."""
    assert not SAID.has(stale)


def test_no_entry_is_there_twice() -> None:
    """The second could grow stale."""
    assert sorted(set(ENTRIES)) == sorted(ENTRIES)


def test_everything_that_is_no_reason_is_still_said() -> None:
    """What the function has stopped saying would hide a reason of the same words."""
    assert set(TEXTS) >= NO_REASONS


def test_names_of_what_the_function_does_are_on_the_page() -> None:
    """They begin the messages that have no other beginning."""
    doing = [text for text in NO_REASONS if re.fullmatch(r"[A-Z][a-z]+ing [a-z ]*job", text)]
    assert [text for text in doing if f"`{text}`" not in PAGE.replace("\n", " ")] == []
    assert len(doing) == 5
