"""Write env.sh: what a shell needs to use the built workspace by name."""

from __future__ import annotations

import os
from pathlib import Path

HEADER = """\
# Made by `make setup`. Use it from bash or zsh, in any folder: source {root}/env.sh
# Then seem_node, voice_node, prompt and seem-ros run by name and the messages import.

_seem_prepend() {{ # VARIABLE FOLDER, once
    eval "_seem_old=\\${{$1:-}}"
    case ":$_seem_old:" in
        *":$2:"*) ;;
        *) export "$1=$2${{_seem_old:+:$_seem_old}}" ;;
    esac
}}
"""

SOURCED_ROS = """\
# ROS 2 {distro}
. "{ros_setup}.${{ZSH_VERSION:+z}}${{BASH_VERSION:+ba}}sh"
. "{root}/install/setup.${{ZSH_VERSION:+z}}${{BASH_VERSION:+ba}}sh"
"""

FOOTER = """\
# Raw images fit into shared memory.
: "${{FASTDDS_DEFAULT_PROFILES_FILE:={root}/config/fastdds.xml}}"
export FASTDDS_DEFAULT_PROFILES_FILE
. "{root}/.venv/bin/activate"
_seem_prepend PATH "{root}/install/seem_ros/lib/seem_ros"
unset -f _seem_prepend
unset _seem_old
"""


def write_env_file(root: Path, distro: str | None, site_packages: Path) -> None:
    """Write root/env.sh for the sourced ROS 2 `distro`, or for the wheels where it is None."""
    text = HEADER.format(root=root)
    if distro:
        text += SOURCED_ROS.format(root=root, distro=distro, ros_setup=_ros_setup_file(distro))
    else:
        text += _wheel_lines(root, site_packages)
    (root / "env.sh").write_text(text + FOOTER.format(root=root))


def _wheel_lines(root: Path, site_packages: Path) -> str:
    """Name the folders in which the ROS 2 of the wheels and our messages are found."""
    venv, install = root / ".venv", root / "install" / "seem_ros"
    libraries = [*sorted(site_packages.glob("ros_*.libs")), venv / "lib", install / "lib"]
    pairs = [("LD_LIBRARY_PATH", folder) for folder in libraries]
    for variable in ("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH"):
        pairs += [(variable, venv), (variable, install)]
    return "".join(f'_seem_prepend {variable} "{folder}"\n' for variable, folder in pairs)


def _ros_setup_file(distro: str) -> str:
    """Find the setup file of the sourced ROS 2, without its ending."""
    for prefix in os.environ["AMENT_PREFIX_PATH"].split(os.pathsep):
        if Path(prefix).name == distro and (Path(prefix) / "setup.bash").exists():
            return f"{prefix}/setup"
    return f"/opt/ros/{distro}/setup"
