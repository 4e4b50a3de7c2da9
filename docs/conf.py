"""How Sphinx builds the pages: `make docs` writes them to docs/_build/html. They load nothing from the network."""

from __future__ import annotations

import sys
from pathlib import Path

# The package whose docstrings the reference shows is the checkout's.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hpt_construct import __version__

project = "hpt-construct"
copyright = "the hpt-construct developers, Apache-2.0"  # noqa: A001 – Sphinx's name for it
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build", "benchmarks"]
# A reference to nothing fails the build, as every warning does.
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "hpt-construct"
copybutton_exclude = ".linenos, .gp, .go"
