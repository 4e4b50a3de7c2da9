"""The directive ``rules``: what is checked at synth, from the tables of rules, with the reasons of ``rules.toml``."""

from __future__ import annotations

import inspect
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sphinx.addnodes import desc_name
from sphinx.directives import ObjectDescription
from sphinx.util.docutils import SphinxDirective

from hpt_construct import api_model, built_in_algorithms
from hpt_construct.validation import RULES

from .links import page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docutils import nodes
    from sphinx.addnodes import desc_signature
    from sphinx.application import Sphinx

_REASONS: Final = Path(__file__).with_suffix(".toml")
_GUIDE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg"


class Entry(NamedTuple):
    """All that there is to say of an id."""

    id: str
    says: Sequence[tuple[str, str]]
    """Level and statement of each thing."""
    why: str
    sources: Sequence[str]
    quota: bool
    """Whether ``raised_quotas`` takes it."""


@cache
def entries() -> dict[str, Entry]:
    """By id, in the order of the reasons.

    :raises ValueError: A rule of the tables has no reason.
    """
    reasons: dict[str, dict[str, Any]] = tomllib.loads(_REASONS.read_text(encoding="utf-8"))
    said: dict[str, list[tuple[str, str]]] = {each: [] for each in reasons}
    if without := {rule.id for rule in RULES} - reasons.keys():
        raise ValueError(f"{_REASONS.name} has no reason for {', '.join(sorted(without))}; write one for each")
    for rule in RULES:
        said[rule.id].append((rule.level.value, rule.statement))
    quotas = {rule.id for rule in RULES if rule.overridable}
    return {
        each: Entry(
            each,
            [*said[each], *((level, words) for level, words in reason.get("says", ()))],
            reason["why"],
            reason.get("sources", ()),
            quota=each in quotas or reason.get("quota", False),
        )
        for each, reason in reasons.items()
    }


class Rules(SphinxDirective):
    """``.. rules:: G H C2`` tells all rules whose ids are these letters and a number, or these ids."""

    has_content = False
    required_arguments = 1
    optional_arguments = 20

    def run(self) -> list[nodes.Node]:
        """Written as reStructuredText, an object for each id."""
        for each in (_REASONS, Path(__file__), *{Path(inspect.getfile(rule.check)) for rule in RULES}):
            self.env.note_dependency(each)
        chosen = [
            entry
            for each in self.arguments
            for entry in entries().values()
            if each in {entry.id, entry.id.rstrip("0123456789")}
        ]
        return self.parse_text_to_nodes("\n".join(line for entry in chosen for line in _told(entry)))


class Algorithms(SphinxDirective):
    """``.. built-in-algorithms::`` lists those that are known, with the pages of AWS's guide."""

    def run(self) -> list[nodes.Node]:
        """A line for each."""
        lines = []
        for name in built_in_algorithms.table():
            pages = [f"`{each.rpartition('/')[2].removesuffix('.html')} <{each}>`__" for each in _pages(name)]
            lines.append(f"- ``{name}``: {', '.join(pages)}")
        return self.parse_text_to_nodes("\n".join(lines))


def _pages(algorithm: str) -> Iterator[str]:
    return iter(dict.fromkeys(built_in_algorithms.knowledge(algorithm).pages))


class RuleObject(ObjectDescription[str]):
    """One id; ``{ref}`rule-g3``` and ``[G3](#rule-g3)`` lead to it from every page."""

    def handle_signature(self, sig: str, signode: desc_signature) -> str:
        """The id as it is written."""
        signode += desc_name(sig, sig)
        return sig

    def add_target_and_index(self, name: str, _sig: str, signode: desc_signature) -> None:
        """An anchor that stays, whatever is said of the rule."""
        anchor = f"rule-{name.lower()}"
        signode["ids"].append(anchor)
        self.state.document.note_explicit_target(signode)
        domain = self.env.domains.standard_domain
        domain.note_object("rule", name, anchor, location=signode)
        domain.labels[anchor] = self.env.current_document.docname, anchor, name
        domain.anonlabels[anchor] = self.env.current_document.docname, anchor


def _told(entry: Entry) -> Iterator[str]:
    yield f".. rule:: {entry.id}"
    yield "   :no-contents-entry:"
    yield ""
    for level, statement in entry.says:
        yield f"   - **{level.capitalize()}:** {statement}."
    yield ""
    yield f"   {entry.why}"
    yield ""
    facts = [f"Source: {', '.join(map(_linked, entry.sources))}"] if entry.sources else []
    if entry.quota:
        facts.append(f"Quota: ``raised_quotas=[{entry.id!r}]``".replace("'", '"'))
    if any(level == "warning" for level, _ in entry.says):
        facts.append(f"Acknowledge: ``hpt-construct:{entry.id}``")
    if facts:
        yield "   .. container:: facts"
        yield ""
        yield f"      {' · '.join(facts)}"
        yield ""


def _linked(source: str) -> str:
    kind, _, where = source.partition(":")
    if kind == "dg":
        return f"`{where} <{_GUIDE}/{where}.html>`__"
    if kind == "issue":
        repository, _, number = where.partition("#")
        return f"`{where} <https://github.com/{repository}/issues/{number}>`__"
    shape, _, member = where.partition(".")
    if member and member not in api_model.members(shape):
        raise ValueError(f"{_REASONS.name}: the API has no {where}")
    return f"`{where} <{page(shape, member or None)}>`__"


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_directive("rules", Rules)
    app.add_directive("built-in-algorithms", Algorithms)
    app.add_object_type("rule", "rule", objname="rule")
    app.add_directive_to_domain("std", "rule", RuleObject, override=True)
