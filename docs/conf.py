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

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "tools.site"]
exclude_patterns = ["_build"]
# A reference to nothing fails the build, as every warning does.
nitpicky = True
nitpick_ignore = [
    # No public class: from_request says what the options are.
    ("py:class", "FromRequestOptions"),
]

# The public names are those of the package, wherever in it they are written.
add_module_names = False
python_use_unqualified_type_names = True
maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}  # there is no page for "view source" to lead to
html_show_sourcelink = False
html_copy_source = False
html_use_index = False  # the search finds every name, and the theme leads to no index
copybutton_exclude = ".linenos, .gp, .go"
