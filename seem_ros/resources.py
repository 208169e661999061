"""Find the files that come with the package: configuration, messages, weights, the demo clip.

They lie in the same places in the sources, after `pip install .` and after `colcon build`, except
for config/ and msg/: beside the package in the sources, inside it once installed, where msg/ is
called interfaces/, since seem_ros.msg is what ROS generates from it.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent


def config_dir() -> Path:
    """Return the folder config/ with models/, voice/ and the node's parameters."""
    installed = PACKAGE / "config"
    return installed if installed.is_dir() else PACKAGE.parent / "config"


def config_path(*parts: str) -> Path:
    """Return a file of config/, such as config_path("models", "nano.yaml").

    Raises FileNotFoundError naming the file and those that are there.
    """
    return _existing(config_dir().joinpath(*parts))


def weights_path(name: str) -> Path:
    """Return the checkpoint that comes with the package, such as weights_path("nano").

    Raises FileNotFoundError naming the file and those that are there.
    """
    return _existing(PACKAGE / "weights" / f"{name}.safetensors")


def message_paths() -> list[Path]:
    """Return the definitions of our ROS messages, msg/*.msg, by name.

    Raises FileNotFoundError if they are not installed.
    """
    installed = PACKAGE / "interfaces"
    folder = installed if installed.is_dir() else PACKAGE.parent / "msg"
    paths = sorted(folder.glob("*.msg"))
    if not paths:
        raise FileNotFoundError(f"no message definitions in {folder}")
    return paths


def demo_clip_dir() -> Path:
    """Return the folder of the bundled clip: frames, label images, truth.json.

    Raises FileNotFoundError if it is not installed.
    """
    return _existing(PACKAGE / "demo" / "clip")


def _existing(path: Path) -> Path:
    if path.exists():
        return path
    siblings = sorted(entry.name for entry in path.parent.glob("*"))
    raise FileNotFoundError(
        f"{path} does not exist; there are {', '.join(siblings) or 'no files'}"
    )
