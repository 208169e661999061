"""What the machine must bring along: checks that end in one clear line, and what it has got."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

CMAKE_MINIMUM = (3, 20)
DISTROS = ("jazzy", "kilted", "lyrical")

# What a ROS installation brings as system packages: module -> apt package.
ROS_MODULES = {
    "rclpy": "ros-{distro}-rclpy",
    "rosidl_generator_py": "ros-{distro}-rosidl-default-generators",
    "sensor_msgs": "ros-{distro}-sensor-msgs",
    "visualization_msgs": "ros-{distro}-visualization-msgs",
    "diagnostic_msgs": "ros-{distro}-diagnostic-msgs",
    "colcon_core": "python3-colcon-common-extensions",
    "cv2": "python3-opencv",
    "numpy": "python3-numpy",
}


class SetupError(Exception):
    """The machine lacks something; the message says what and how to get it."""


def sourced_distro() -> str | None:
    """Name the ROS 2 distribution sourced in this shell, None where there is none.

    Raises SetupError for a ROS 1 distribution or a half sourced one.
    """
    distro = os.environ.get("ROS_DISTRO")
    if not distro:
        return None
    if os.environ.get("ROS_VERSION", "2") != "2" or not os.environ.get("AMENT_PREFIX_PATH"):
        raise SetupError(
            f"ROS_DISTRO is {distro!r} but no ROS 2 is sourced. Source one "
            "(. /opt/ros/jazzy/setup.sh), or unset ROS_DISTRO to use the ROS 2 wheels."
        )
    if distro not in DISTROS:
        print(f"note: seem_ros is made for ROS 2 {', '.join(DISTROS)}, not {distro}")
    return distro


def has_nvidia_gpu() -> bool:
    """Tell whether an NVIDIA driver is loaded (Linux, also under WSL)."""
    return any(
        Path(name).exists() for name in ("/proc/driver/nvidia/version", "/dev/nvidia0", "/dev/dxg")
    )


def check_build_tools() -> None:
    """Check compilers, CMake, make and Python's headers and venv.

    Raises SetupError naming all that is missing and the apt packages for it.
    """
    missing = {
        "gcc": "gcc" if not (shutil.which("gcc") or shutil.which("cc")) else "",
        "g++": "g++" if not (shutil.which("g++") or shutil.which("c++")) else "",
        "make": "make" if not shutil.which("make") else "",
        "CMake >= 3.20": "cmake" if _cmake_version() < CMAKE_MINIMUM else "",
        "Python.h": "" if _has_python_headers() else "python3-dev",
        "Python's venv": "" if importlib.util.find_spec("ensurepip") else "python3-venv",
    }
    names = [name for name, package in missing.items() if package]
    if names:
        packages = " ".join(package for package in missing.values() if package)
        raise SetupError(f"missing: {', '.join(names)}. Install: sudo apt install {packages}")


def check_wheel_platform() -> None:
    """Check that the ROS 2 wheels exist for this machine. Raises SetupError if not."""
    libc, version = platform.libc_ver()
    recent = libc == "glibc" and tuple(map(int, version.split(".")[:2])) >= (2, 28)
    if platform.machine() != "x86_64" or not recent:
        raise SetupError(
            "no ROS 2 is sourced, and its wheels exist only for x86_64 Linux with glibc >= 2.28 "
            f"(this is {platform.machine()}, {libc or platform.system()} {version}). "
            "Install ROS 2 Jazzy, Kilted or Lyrical, source it, and run make setup again."
        )


def check_ros_packages(distro: str) -> None:
    """Check that the sourced ROS 2 has what is built on. Raises SetupError with apt packages."""
    missing = [name for name in ROS_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        packages = " ".join(ROS_MODULES[name].format(distro=distro) for name in missing)
        raise SetupError(
            f"ROS 2 {distro} lacks: {', '.join(missing)}. Install: sudo apt install {packages}"
        )


def _cmake_version() -> tuple[int, ...]:
    """Ask cmake for its version, (0,) where there is none."""
    if not shutil.which("cmake"):
        return (0,)
    answer = subprocess.run(["cmake", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"version (\d+)\.(\d+)", answer)
    return tuple(map(int, found.groups())) if found else (0,)


def _has_python_headers() -> bool:
    return (Path(sysconfig.get_path("include")) / "Python.h").exists()
