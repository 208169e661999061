"""Programs that end with one line: a Python module is not installed, or Ctrl-C came early."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

EXIT_INTERRUPTED = 130  # as shells count a process that Ctrl-C ended
# Where pip's name is not the module's.
_PACKAGES = {
    "PIL": "Pillow",
    "cv2": "opencv-python-headless",
    "rerun": "rerun-sdk",
    "yaml": "PyYAML",
}
_OF_ROS = ("rclpy", "builtin_interfaces", "rcl_interfaces", "seem_ros", "std_srvs", "tf2_ros")


def reason(error: BaseException) -> str:
    """Return what went wrong; of a module that is not there also how to get it."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return str(error)
    name = error.name.split(".")[0]
    if name in _OF_ROS or name.endswith("_msgs"):
        return (
            f"the Python module {error.name} is missing: source ROS 2 and the workspace that "
            "seem_ros was built in (. install/setup.bash; after `make setup`: . env.sh)"
        )
    return (
        f"the Python module {name} is missing: python3 -m pip install "
        f"{_PACKAGES.get(name, name)} (Ubuntu's own Python wants --break-system-packages, "
        "or a venv that sees ROS: docs/start/install.md)"
    )


@contextlib.contextmanager
def one_line(program: str) -> Iterator[None]:
    """End a program with one line where an import fails, or Ctrl-C comes while it starts.

    Raises:
        SystemExit: instead of ImportError and KeyboardInterrupt.

    """
    try:
        yield
    except ImportError as error:  # numpy makes one of a Ctrl-C, too
        sys.exit(f"{program}: {' '.join(reason(error).split())}")
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
