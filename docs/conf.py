"""How Sphinx builds the HTML of these pages."""

import ftpair

project = "ftpair"
author = "the ftpair authors"
release = ftpair.__version__
extensions = ["myst_parser", "sphinxcontrib.mermaid"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]
html_theme = "furo"
html_title = f"ftpair {release}"
