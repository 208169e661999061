"""Programs that cannot start say so in one line: which module is missing, or that Ctrl-C came."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seem_ros.missing import one_line, reason

ROOT = Path(__file__).parents[1]
FRAME = ROOT / "seem_ros" / "demo" / "clip" / "frames" / "00000.jpg"
HIDE = """
import runpy, sys
from importlib.abc import MetaPathFinder

hidden, program = sys.argv[1], sys.argv[2]

class Hidden(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
sys.argv = sys.argv[2:]
runpy.run_path(program, run_name="__main__")
"""
SEGMENT = ("seem-ros", "segment", str(FRAME), "--click", "253,261", "--out", os.devnull)
NEEDED = {
    "PIL": "Pillow",
    "cv2": "opencv-python-headless",
    "numpy": "numpy",
    "safetensors": "safetensors",
    "tokenizers": "tokenizers",
    "torch": "torch",
    "yaml": "PyYAML",
}


def run_with(watch: str, module: str, program: str, *arguments: str) -> tuple[int, str]:
    """Run a program of bin/ with imports of a module watched; return its exit code and stderr."""
    done = subprocess.run(
        [sys.executable, "-c", watch, module, str(ROOT / "bin" / program), *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stderr


def said_without(module: str, program: str, *arguments: str) -> str:
    """Run a program of bin/ with a module hidden; return what it said before it failed."""
    code, said = run_with(HIDE, module, program, *arguments)
    assert code == 1, said
    return said


@pytest.mark.parametrize("module", NEEDED)
def test_the_command_line_names_the_module_and_the_command(module):
    said = said_without(module, *SEGMENT)
    assert said.count("\n") == 1, said
    assert said.startswith(f"seem-ros: the Python module {module} is missing: ")
    assert f"python3 -m pip install {NEEDED[module]} " in said


@pytest.mark.parametrize("module", ["PIL", "cv2", "numpy", "safetensors", "yaml"])
def test_the_node_names_the_module_and_the_command(module):
    pytest.importorskip("rclpy", reason="needs ROS 2")
    said = said_without(module, "seem_node", "--help")
    assert said.count("\n") == 1, said
    assert said.startswith(f"seem_node: the Python module {module} is missing: ")
    assert f"python3 -m pip install {NEEDED[module]} " in said


@pytest.mark.parametrize(
    ("program", "module"),
    [
        ("seem_node", "rclpy"), ("prompt", "rclpy"), ("clip_camera", "rclpy"),
        ("console_node", "rclpy"), ("voice_node", "rclpy"), ("seem_node", "sensor_msgs"),
    ],
)  # fmt: skip
def test_without_ros_the_nodes_say_what_to_source(program, module):
    said = said_without(module, program)
    assert said.count("\n") == 1, said
    assert said.startswith(f"{program}: the Python module {module}")
    assert "source ROS 2 and the workspace" in said


@pytest.mark.parametrize(
    "program", ["seem-ros", "seem_node", "prompt", "clip_camera", "console_node", "voice_node"]
)
def test_ctrl_c_while_a_program_starts_is_one_line(program):
    pytest.importorskip("rclpy", reason="needs ROS 2")
    pressed = HIDE.replace(
        'ModuleNotFoundError(f"No module named {name!r}", name=name)', "KeyboardInterrupt"
    )
    arguments = SEGMENT[1:] if program == "seem-ros" else ()
    assert run_with(pressed, "numpy", program, *arguments) == (130, f"{program}: interrupted\n")


def test_a_library_that_cannot_be_loaded_is_one_line():
    with pytest.raises(SystemExit) as ended, one_line("seem_node"):
        raise ImportError("libGL.so.1: cannot open\n  shared object file")
    assert ended.value.code == "seem_node: libGL.so.1: cannot open shared object file"


def test_what_is_loaded_with_the_model_is_named_as_well():
    error = ModuleNotFoundError("No module named 'tokenizers.models'", name="tokenizers.models")
    assert reason(error).startswith("the Python module tokenizers is missing: python3 -m pip")
    assert reason(ValueError("no such model")) == "no such model"
