"""The directive ``part``: a public class with everything that can be given to it, read from its fields.

Types, defaults and docstrings are those of the code, names and bounds in the API those of the API model; each member
of the API links to AWS's page about it. Methods and properties are left to autodoc.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sphinx.domains.python import PyAttribute
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

import hpt_construct
from hpt_construct import api_model
from hpt_construct.request import TuningJobRequest
from hpt_construct.request._part import API

from .links import page
from .rules import entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from docutils import nodes
    from sphinx.addnodes import desc_signature
    from sphinx.application import Sphinx

_PACKAGE: Final = hpt_construct.__name__
_MANY: Final = 20
"""An enum with more members than this gets a line for all that are alike, up to their last dot."""


class Argument(NamedTuple):
    """What can be given to a class."""

    name: str
    annotation: str
    default: str | None
    """As Python writes it, None if there is none."""
    docs: Sequence[str]
    member: Sequence[str] = ()
    """The path of the API member that it becomes, from the shape of the class down."""


class Part(SphinxDirective):
    """``.. part:: Channel`` tells everything about ``hpt_construct.Channel``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Written as reStructuredText, so that Python's domain makes entries, anchors and references of it."""
        [name] = self.arguments
        part = getattr(hpt_construct, name)
        # Without these, Sphinx would take a page for up to date whose class has changed.
        for each in (part if isinstance(part, type) else Argument, TuningJobRequest, Part):
            self.env.note_dependency(inspect.getfile(each))
        return self.parse_text_to_nodes("\n".join(_class(part)))


class PyArgument(PyAttribute):
    """An argument of a constructor, which is no attribute: a property may have the same name."""

    def add_target_and_index(self, name_cls: tuple[str, str], _sig: str, signode: desc_signature) -> None:
        """An anchor, and nothing that a reference to an attribute could find."""
        anchor = f"argument-{name_cls[0].rpartition('.')[2].replace('_', '-')}"
        signode["ids"].append(anchor)
        self.state.document.note_explicit_target(signode)
        self.env.domains.standard_domain.note_object("argument", name_cls[0], anchor, location=signode)


def _class(part: Any) -> Iterator[str]:
    name = _name(part)
    yield f".. py:currentmodule:: {_PACKAGE}"
    yield ""
    if not isinstance(part, type):
        yield from _alias(name, part)
        return
    kind = "exception" if issubclass(part, Exception) else "class"
    arguments = list(_arguments(part))
    yield f".. py:{kind}:: {name}{_signature(part, arguments)}"
    yield ""
    yield from _indent(_docs(part))
    yield ""
    for base in part.__bases__:
        if base.__name__ in hpt_construct.__all__:
            yield f"   Has everything that :py:class:`{base.__name__}` has."
            yield ""
    if issubclass(part, Enum):
        yield from _indent(_members(part))
    for each in arguments:
        yield from _indent(_argument(part, each))
    raised = re.findall(r"^:raises .*(?:\n +.*)*", inspect.getdoc(vars(part).get("__init__")) or "", re.MULTILINE)
    yield from _indent("\n".join(raised).splitlines())
    yield ""
    yield from _indent(_methods(part))


def _name(part: Any) -> str:
    return next(name for name in hpt_construct.__all__ if getattr(hpt_construct, name) is part)


def _indent(lines: Iterable[str]) -> Iterator[str]:
    return (f"   {line}".rstrip() for line in lines)


def _alias(name: str, union: Any) -> Iterator[str]:
    yield f".. py:data:: {name}"
    yield f"   :type: {' | '.join(each.__name__ for each in union.__args__)}"
    yield ""
    yield "   What a list of ranges may have: any of these kinds."
    yield ""


@cache
def _analyzed(module: str) -> tuple[Mapping[tuple[str, str], list[str]], Mapping[str, int]]:
    analyzer = ModuleAnalyzer.for_module(module)
    analyzer.analyze()
    return analyzer.attr_docs, analyzer.tagorder


def _docs(documented: Any) -> list[str]:
    """A docstring; the address of AWS's page is behind its name."""
    text = inspect.getdoc(documented) or ""
    linked = re.sub(r":\s+(https://\S+/)(\S+)\.html$", r" (`\2 <\1\2.html>`__).", text, flags=re.MULTILINE)
    return linked.splitlines()


def _arguments(part: type) -> Iterator[Argument]:
    if part is hpt_construct.HyperparameterTuningJob:
        yield from _of_constructor(part)
    elif dataclasses.is_dataclass(part):
        docs, _ = _analyzed(part.__module__)
        for field in dataclasses.fields(part):
            default = None if field.default is dataclasses.MISSING else _written(field.default)
            path = field.metadata.get(API, ())
            yield Argument(field.name, str(field.type), default, docs[part.__name__, field.name], path)


def _of_constructor(part: type) -> Iterator[Argument]:
    docs = _of_parameters(inspect.getdoc(vars(part)["__init__"]) or "")
    members = {field.name: field.metadata[API] for field in dataclasses.fields(TuningJobRequest)}
    for parameter in inspect.signature(part).parameters.values():
        default = None if parameter.default is parameter.empty else _written(parameter.default)
        name = parameter.name
        yield Argument(name, parameter.annotation, default, docs[name], members.get(name, ()))


def _of_parameters(docstring: str) -> dict[str, list[str]]:
    """What stands behind each ``:param name:``."""
    described = re.findall(r"^:param (\w+): (.*(?:\n +.*)*)", docstring, re.MULTILINE)
    return {name: [line.strip() for line in text.splitlines()] for name, text in described}


def _written(value: Any) -> str:
    return f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else repr(value)


def _signature(part: type, arguments: Sequence[Argument]) -> str:
    if not arguments:
        return ""
    kinds = inspect.signature(part).parameters
    written: list[str] = []
    for each in arguments:
        if kinds[each.name].kind is inspect.Parameter.KEYWORD_ONLY and "*" not in written:
            written.append("*")
        written.append(each.name if each.default is None else f"{each.name}={each.default}")
    return f"({', '.join(written)})"


def _argument(part: type, argument: Argument) -> Iterator[str]:
    kind = "attribute" if dataclasses.is_dataclass(part) else "argument"
    yield f".. py:{kind}:: {argument.name}"
    yield "   :no-contents-entry:"
    yield f"   :type: {argument.annotation}"
    if argument.default is not None:
        yield f"   :value: {argument.default}"
    yield ""
    yield from _indent(_referring(argument.docs, part, kind))
    yield ""
    yield from _indent(_facts(part, argument))
    yield ""


def _referring(docs: Sequence[str], part: type, kind: str) -> Iterator[str]:
    """The same, with what else can be given to the class, other classes, and rules as references."""
    given = {each.name for each in _arguments(part)}

    def reference(found: re.Match[str]) -> str:
        name = found[1]
        if name in given:
            role = "py:attr" if kind == "attribute" else "argument"
            return f":{role}:`{name} <{part.__name__}.{name}>`"
        if name in hpt_construct.__all__:
            return f":py:class:`{name}`"
        return f":rule:`{name}`" if name in entries() else found[0]

    return (re.sub(r"``(\w+)``", reference, line) for line in docs)


def _facts(part: type, argument: Argument) -> Iterator[str]:
    facts = [] if argument.default is not None else ["Required"]
    if argument.member:
        shape: str = getattr(part, "__shape__", api_model.REQUEST)
        *above, last = argument.member
        for step in above:
            shape = api_model.members(shape)[step]
        facts.append(f"API: `{'.'.join(argument.member)} <{page(shape, last)}>`__")
        facts += _bounds(api_model.members(shape)[last])
    if facts:
        yield ".. container:: facts"
        yield ""
        yield f"   {' · '.join(facts)}"


def _bounds(name: str) -> Iterator[str]:
    """What the API model says of a shape."""
    shape = api_model.shapes()[name]
    nouns = {"string": " characters", "list": " items", "map": " entries"}
    low, high = shape.get("min"), shape.get("max")
    if "enum" not in shape and (low is not None or high is not None):
        words = f"at least {low:,}" if high is None else f"{low:,} to {high:,}" if low else f"at most {high:,}"
        yield f"{words}{nouns.get(shape['type'], '')}"
    if shape.get("pattern", ".*") not in (".*", ".+"):
        yield f"pattern ``{shape['pattern']}``"


def _members(part: type[Enum]) -> Iterator[str]:
    docs, _ = _analyzed(part.__module__)
    if len(part) > _MANY:
        families: dict[str, list[str]] = {}
        for each in part:
            family, _, size = str(each.value).rpartition(".")
            families.setdefault(family, []).append(size)
        for family, sizes in sorted(families.items()):
            yield f"- ``{family}``: {', '.join(sizes)}"
        yield ""
        return
    for each in part:
        yield f".. py:attribute:: {each.name}"
        yield "   :no-contents-entry:"
        yield f"   :value: {str(each.value)!r}"
        yield ""
        yield from _indent(docs.get((part.__name__, each.name), []))
        yield ""


def _methods(part: type) -> Iterator[str]:
    """Those of its own, in the order of the code."""
    _, order = _analyzed(part.__module__)
    fields = {field.name for field in dataclasses.fields(part)} if dataclasses.is_dataclass(part) else set()
    own = [name for name in vars(part) if not name.startswith("_") and name not in fields]
    for name in sorted(own, key=lambda name: order.get(f"{part.__name__}.{name}", 0)):
        defined = inspect.getattr_static(part, name)
        if f"{part.__name__}.{name}" not in order or isinstance(defined, Enum):
            continue
        called = isinstance(defined, (staticmethod, classmethod)) or inspect.isfunction(defined)
        if called and getattr(defined, "__isabstractmethod__", False):
            continue  # Called by the library alone.
        yield f".. auto{'method' if called else 'property'}:: {_PACKAGE}.{_name(part)}.{name}"
        yield ""


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_directive("part", Part)
    app.add_directive_to_domain("py", "argument", PyArgument)
    app.add_object_type("argument", "argument", objname="argument")
