"""docs/reference/deploy-failures.md has every text that the function can answer with, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

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


def _texts() -> list[str]:
    """Every text in the function's code that a person might read, with {} for what is put in.

    Not those that stand alone, which are docstrings.
    """
    found = []
    for path in sorted((ROOT / "lambda" / "hpt_handler").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        part = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if isinstance(part.get(node), (ast.Expr, ast.JoinedStr, ast.FormattedValue)):
                continue
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if text.count(" ") >= FEWEST_SPACES:
                found.append(text)
    return found


TEXTS = _texts()


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, text.split("{}"))))


@pytest.mark.parametrize("text", TEXTS)
def test_reason_has_an_entry(text: str) -> None:
    """Whoever searches the page for what the terminal shows finds it."""
    assert text in NO_REASONS or any(_pattern(text).search(entry) for entry in ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_is_what_the_function_says(entry: str) -> None:
    """Word for word, from the first to the last."""
    said = [False] * len(entry)
    for text in set(TEXTS) - NO_REASONS:
        if found := _pattern(text).search(entry):
            said[found.start() : found.end()] = [True] * (found.end() - found.start())
    assert all(said)


def test_everything_that_is_no_reason_is_still_said() -> None:
    """What the function has stopped saying would hide a reason of the same words."""
    assert set(TEXTS) >= NO_REASONS


def test_names_of_what_the_function_does_are_on_the_page() -> None:
    """They begin the messages that have no other beginning."""
    doing = [text for text in NO_REASONS if re.fullmatch(r"[A-Z][a-z]+ing [a-z ]*job", text)]
    assert [text for text in doing if f"`{text}`" not in PAGE.replace("\n", " ")] == []
    assert len(doing) == 5
