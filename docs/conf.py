"""Sphinx's settings: `make docs`, rosdoc2 and the workflow build the same site."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import seem_ros  # noqa: E402

project = "seem_ros"
author = copyright = "The seem_ros developers"
version = release = seem_ros.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo" if importlib.util.find_spec("furo") else "alabaster"
html_title = f"seem_ros {release}"
html_static_path = ["pictures"]

myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_typehints = "description"
# Those that are not installed where the site is built.
autodoc_mock_imports = [
    name
    for name in ("cv2", "numpy", "PIL", "safetensors", "tokenizers", "torch", "yaml")
    if importlib.util.find_spec(name) is None
]
