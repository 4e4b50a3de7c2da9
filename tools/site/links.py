"""Where names lead to that are not the library's: the API's and the CDK's to their documentation, Python's to nothing.

A build that asks nobody on the network has no inventories of other sites. What a name stands for is asked of the
installed packages instead: a name that they don't have stays unresolved, and fails the build.
"""

from __future__ import annotations

import ast
import builtins
import collections.abc
import importlib.util
import pathlib
import re
import typing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docutils import nodes

import hpt_construct

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_AWS: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference"
_CDK: Final = "https://docs.aws.amazon.com/cdk/api/v2/python"
_PACKAGE: Final = hpt_construct.__name__
_PYTHON: Final = (builtins, collections.abc, typing, pathlib)
_STANDS_FOR: Final = {"RuleTarget": "events.IRuleTarget"}
"""A protocol that only type checkers see, and the interface of the CDK that it describes."""


@cache
def _aliases() -> dict[str, str]:
    """What the annotations of the package call modules and types of the CDK, by the imports of its modules."""
    found: dict[str, str] = {}
    for path in Path(hpt_construct.__file__).parent.rglob("*.py"):
        for each in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(each, ast.Import):
                found |= {name.asname: name.name for name in each.names if name.asname}
            elif isinstance(each, ast.ImportFrom) and each.module in {"aws_cdk", "constructs"}:
                found |= {name.asname or name.name: f"{each.module}.{name.name}" for name in each.names}
    return found


def address(name: str) -> str | None:
    """Where the CDK documents a type that an annotation names; None if it has none of that name."""
    first, *rest = _STANDS_FOR.get(name, name).split(".")
    module, _, kind = ".".join([_aliases().get(first, first), *rest]).rpartition(".")
    if module.partition(".")[0] not in {"aws_cdk", "constructs"}:
        return None
    if not re.search(rf"^class {kind}\b", _code(module), re.MULTILINE):
        return None
    return f"{_CDK}/{module}/{kind}.html"


@cache
def _code(module: str) -> str:
    """Read, not run: to load all the CDK's modules that annotations name takes longer than their pages."""
    spec = importlib.util.find_spec(module)
    return Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""


def page(shape: str, member: str | None = None) -> str:
    """AWS's page about a structure of the API, or the place there about a member."""
    operation = shape.removesuffix("Request")
    place = f"{operation}-request" if operation != shape else f"Type-{shape}"
    return f"{_AWS}/API_{operation}.html" + (f"#sagemaker-{place}-{member}" if member else "")


def _resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: Element) -> Element | None:
    if node.get("refdomain") != "py":
        return None
    target = str(node["reftarget"])
    module, _, name = target.rpartition(".")
    if target.startswith(f"{_PACKAGE}.") and name in hpt_construct.__all__:
        # Where in the package it is written is nobody's business.
        domain = env.domains.python_domain
        return domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], f"{_PACKAGE}.{name}", node, shown)
    if any(module in {"", each.__name__} and hasattr(each, name) for each in _PYTHON):
        return shown
    found = address(target)
    return nodes.reference("", "", shown, internal=False, refuri=found) if found else None


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("missing-reference", _resolve)
