"""A module that is not installed is one line: which one, and the command that brings it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seem_ros.missing import reason

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


def said_without(module: str, program: str, *arguments: str) -> str:
    """Run a program of bin/ with a module hidden; return what it said before it failed."""
    done = subprocess.run(
        [sys.executable, "-c", HIDE, module, str(ROOT / "bin" / program), *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return done.stderr


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


def test_what_is_loaded_with_the_model_is_named_as_well():
    error = ModuleNotFoundError("No module named 'tokenizers.models'", name="tokenizers.models")
    assert reason(error).startswith("the Python module tokenizers is missing: python3 -m pip")
    assert reason(ValueError("no such model")) == "no such model"
