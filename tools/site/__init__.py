"""What Sphinx needs besides to build docs/: the reference of public classes and rules, from the code itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import links, parts, rules

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx, for docs/conf.py names this package among its extensions."""
    for each in (links, parts, rules):
        each.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
