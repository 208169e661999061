"""SEEM for ROS 2: point, draw or say what you mean, get its mask in every camera frame.

The names below are loaded when first used, so that importing prompts does not import PyTorch.
"""

from __future__ import annotations

import importlib
import os
from pkgutil import extend_path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seem_ros.instances import Instance
    from seem_ros.library import Library
    from seem_ros.prompts import Prompt
    from seem_ros.segmentation import Segmentation
    from seem_ros.segmenter import Segmenter
    from seem_ros.tracker import Tracker

__version__ = "0.1.0"  # of the package too: pyproject.toml reads it here, package.xml repeats it

# OpenMP reads it once, when PyTorch is loaded. Threads that spin at a barrier hold a core that
# another process needs, and a frame takes many times as long (benchmarks/busy.py).
if "GOMP_SPINCOUNT" not in os.environ:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Run from the sources, the generated seem_ros.msg, .srv and .action lie in another folder.
__path__ = extend_path(__path__, __name__)

_MODULE_OF = {
    "Prompt": "seem_ros.prompts",
    "Segmenter": "seem_ros.segmenter",
    "Tracker": "seem_ros.tracker",
    "Segmentation": "seem_ros.segmentation",
    "Instance": "seem_ros.instances",
    "Library": "seem_ros.library",
}

__all__ = ["__version__", "Instance", "Library", "Prompt", "Segmentation", "Segmenter", "Tracker"]


def __getattr__(name: str) -> Any:
    """Import the module that defines a public name on first use."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'seem_ros' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    """List the public names, also those not imported yet."""
    return sorted(set(globals()) | set(__all__))
