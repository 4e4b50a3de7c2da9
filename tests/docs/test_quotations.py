"""What the pages quote of a terminal is what is printed there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.printed import Printed, texts_in

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]
PRINTED = Printed(
    texts_in(
        [
            *(ROOT / "lambda" / "hpt_handler").glob("*.py"),
            *(ROOT / "hpt_construct" / "cli").glob("*.py"),
            ROOT / "sandbox" / "demo.py",
        ]
    ),
    r"\S+(?: [^\s,]+(?:, [^\s,]+ [^\s,]+)+)?",
    forms=("{} ({}){}", ": {} {}", "  {}  {}", "{}  {}"),
)
"""Reasons of failed deployments, and what ``hpt`` and the demo say; in a hole there may be pairs, too."""

OF_THE_CDK = re.compile(
    r"\[[~+-]\] (?:AWS|Custom)::.*|[ │]*[└├]─ .*| {10,}(?:\[[ +-]\]|└─|@@).*|[│├─┼┤ ].*[│┤]|…"
    r"| ✅  .*|Outputs:|\w+\.\w+ = \S+|Acknowledge with '.*'|\[ack: .*\]|"
)
"""The lines of the CDK CLI: names of resources and members are held where templates are tested, ids of warnings
by test_acknowledging.py.
"""

AT_SYNTH = re.compile(r"hpt_construct\.errors\.ValidationError: .*|  - \w.*|[A-Za-z][\w.[\]]*: [a-z].*")
"""Held by test_guides.py, test_mistakes_in_examples.py and test_docs.py, which make the mistakes."""

ELSEWHERE = ("--help", "hpt list", "hpt convert")
"""The output of commands that test_help.py and tests/cli/test_documents.py run."""


class Quoted(NamedTuple):
    """A line that a page shows as output."""

    page: str
    number: int
    command: str
    """The command before it in the block; empty if there is none."""
    line: str


def _quoted() -> list[Quoted]:
    found = []
    for path in PAGES:
        page, block, command = str(path.relative_to(ROOT)), "", ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("```"):
                block, command = ("", "") if block else (line[3:] or "code", "")
            elif block in {"text", "console"}:
                if line.startswith("$ ") or command.endswith("\\"):
                    command = line
                else:
                    found.append(Quoted(page, number, command, line))
    return found


QUOTED = [
    each
    for each in _quoted()
    if not any(part in each.command for part in ELSEWHERE)
    and not OF_THE_CDK.fullmatch(each.line)
    and not AT_SYNTH.fullmatch(each.line)
    and each.line != "hpt-construct>=0.1,<0.2"
]


@pytest.mark.parametrize("quoted", QUOTED, ids=lambda quoted: f"{quoted.page}:{quoted.number}")
def test_line_on_a_page_is_one_that_is_printed(quoted: Quoted) -> None:
    """Word for word, but for names, numbers and times."""
    assert PRINTED.has(quoted.line)


def test_reasons_and_output_of_commands_are_among_them() -> None:
    """The blocks are found."""
    told = {(each.page, each.command.partition(" ")[2].partition(" ")[0]) for each in QUOTED}
    assert told >= {("docs/guides/wait-gate-best-model.md", ""), ("docs/reference/hpt.md", "hpt")}


@pytest.mark.parametrize(
    "stale",
    [
        "The tuning job 'churn' can't be changed: SageMaker has no update, and its name is taken by itself",
        "tune is Completed: the best validation:auc is 0.8917 after 1 h 21 min",
        "trainings 20 completed, 0 failed, 0 stopped; 76 minutes on the sandbox's clock",
    ],
)
def test_line_that_nothing_prints_is_noticed(stale: str) -> None:
    """Words that the code doesn't have any more."""
    assert not PRINTED.has(stale)
