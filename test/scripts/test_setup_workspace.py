"""What `make setup` decides and writes, without installing anything."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def modules(monkeypatch, tmp_path):
    """Return the modules of scripts/, working in a temporary folder."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    setup = importlib.import_module("setup_workspace")
    site = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    for name, value in {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "PYTHON": Path(sys.executable),
        "STAMPS": tmp_path / ".venv" / "stamps.json",
        "SITE_PACKAGES": site,
        "LOG": tmp_path / "setup.log",
    }.items():
        monkeypatch.setattr(setup, name, value)
    return setup, importlib.import_module("toolchain"), importlib.import_module("env_file")


def test_a_step_runs_once_for_each_state(modules):
    setup, _, _ = modules
    done = []
    for state in ("a", "a", "b", "b"):
        setup.step("packages", state, lambda state=state: done.append(state))
    assert done == ["a", "b"]
    assert json.loads(setup.STAMPS.read_text()) == {"packages": "b"}


def test_a_failed_step_is_tried_again(modules):
    setup, toolchain, _ = modules
    with pytest.raises(toolchain.SetupError, match="no such option"):
        setup.step("x", "a", lambda: setup.run([sys.executable, "-c", "exit('no such option')"]))
    done = []
    setup.step("x", "a", lambda: done.append(1))
    assert done == [1]


def test_a_new_venv_forgets_what_the_old_one_had(modules):
    setup, _, _ = modules
    setup.step("packages", "a", lambda: None)
    setup.step("venv", "3.12", lambda: None)
    assert json.loads(setup.STAMPS.read_text()) == {"venv": "3.12"}


def test_the_wheels_cmake_files_name_this_machine(modules):
    setup, _, _ = modules
    file = setup.VENV / "share" / "std_msgs" / "cmake" / "targets.cmake"
    file.parent.mkdir(parents=True)
    built = "/opt/python/cp311-cp311"
    file.write_text(
        f'"{built}/include/python3.11;{built}/lib/python3.11/site-packages/numpy/_core/include"'
    )
    setup.repair_cmake_exports()
    headers, numpy_headers = file.read_text().strip('"').split(";")
    assert headers == sysconfig.get_path("include")
    assert numpy_headers == f"{setup.SITE_PACKAGES}/numpy/_core/include"


def test_the_build_depends_on_interfaces_and_on_names_but_not_on_python_code(modules):
    setup, _, _ = modules
    for folder in (*setup.INTERFACES, *setup.INSTALLED):
        (setup.ROOT / folder).mkdir()
    for name in ("package.xml", "CMakeLists.txt", "msg/Box.msg", "seem_ros/a.py"):
        (setup.ROOT / name).write_text("1")
    before = setup.build_digest()
    (setup.ROOT / "seem_ros" / "a.py").write_text("2")
    assert setup.build_digest() == before
    (setup.ROOT / "msg" / "Box.msg").write_text("2")
    changed = setup.build_digest()
    assert changed != before
    (setup.ROOT / "seem_ros" / "b.py").write_text("")
    assert setup.build_digest() != changed


def test_a_half_sourced_ros_is_an_error(modules, monkeypatch):
    _, toolchain, _ = modules
    monkeypatch.setenv("ROS_DISTRO", "noetic")
    monkeypatch.setenv("ROS_VERSION", "1")
    with pytest.raises(toolchain.SetupError, match="'noetic' but no ROS 2 is sourced"):
        toolchain.sourced_distro()
    monkeypatch.delenv("ROS_DISTRO")
    assert toolchain.sourced_distro() is None


def test_missing_build_tools_are_named_with_their_packages(modules, monkeypatch):
    _, toolchain, _ = modules
    monkeypatch.setattr(toolchain.shutil, "which", lambda name: None)
    with pytest.raises(toolchain.SetupError, match=r"missing: gcc, g\+\+, make, CMake >= 3\.20.*"
                       r"sudo apt install gcc g\+\+ make cmake"):  # fmt: skip
        toolchain.check_build_tools()


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh"])
def test_env_sh_puts_the_workspace_into_a_shell_once(modules, shell):
    setup, _, env_file = modules
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    root = setup.ROOT
    activate = root / ".venv" / "bin" / "activate"
    activate.parent.mkdir()
    activate.write_text("")
    env_file.write_env_file(root, None, setup.SITE_PACKAGES)
    script = (
        f'set -u; . "{root}/env.sh"; . "{root}/env.sh"; echo "$AMENT_PREFIX_PATH"; echo "$PATH"'
    )
    environment = {"PATH": "/usr/bin:/bin"}
    output = subprocess.check_output([shell, "-c", script], env=environment, text=True, cwd="/")
    ament, path = output.splitlines()
    assert ament == f"{root}/install/seem_ros:{root}/.venv"
    assert path.split(":").count(f"{root}/install/seem_ros/lib/seem_ros") == 1


def test_all_means_every_requirement_file(modules, monkeypatch):
    setup, toolchain, _ = modules
    requirements = SCRIPTS.parent / "requirements"
    seen: list[Path] = []

    def digest(files: list[Path]) -> str:
        seen.extend(file for file in files if file.parent == requirements)
        return ""

    monkeypatch.setattr(setup, "ROOT", SCRIPTS.parent)
    monkeypatch.setattr(toolchain, "sourced_distro", lambda: None)
    for name, value in {"step": None, "write_env_file": None, "digest": digest}.items():
        monkeypatch.setattr(setup, name, value or (lambda *_: None))
    setup.set_up(setup.EXTRAS)
    assert sorted(seen) == sorted(requirements.glob("*.txt"))
    seen.clear()
    setup.set_up(())
    usual = {"torch", "base", "voice", "bags", "console", "demo", "dev", "ros-kilted"}
    assert {file.stem for file in seen} == usual


def test_env_sh_sources_an_installed_ros(modules, monkeypatch):
    setup, _, env_file = modules
    ros = setup.ROOT / "kilted"
    for folder, text in ((ros, "export FROM_ROS=1\n"), (setup.ROOT / "install", "")):
        folder.mkdir()
        (folder / "setup.bash").write_text(text)
    activate = setup.VENV / "bin" / "activate"
    activate.parent.mkdir()
    activate.write_text("")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/elsewhere:{ros}")
    env_file.write_env_file(setup.ROOT, "kilted", setup.SITE_PACKAGES)
    script = f'. "{setup.ROOT}/env.sh"; echo "$FROM_ROS"'
    assert subprocess.check_output(["bash", "-c", script], text=True) == "1\n"
