"""/dev/shm read-only, tiny, or not the same for two processes, as in containers.

Each process gets a /dev/shm of its own choice by `unshare -m`, which asks for root.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from seem_ros.demo.operator_node import NoAnswerError
from support.running_system import RunningSystem

PATIENCE_S = 240.0  # a limit for failing, never for passing: loaded machines are slow
TEST = "test_prompts_through_topics.py::" + (
    "test_a_click_makes_one_instance_that_is_the_same_on_all_outputs"
)


def with_shared_memory(options: str, command: list[str]) -> list[str]:
    """Return a command that sees another /dev/shm, mounted with these options."""
    mount = f'mount -t tmpfs -o {options} tmpfs /dev/shm && exec "$@"'
    return ["unshare", "-m", "sh", "-c", mount, "sh", *command]


@pytest.fixture(autouse=True)
def _may_mount() -> None:
    """Skip where nobody may mount anything."""
    try:
        subprocess.run(with_shared_memory("size=1m", ["true"]), check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs the right to mount: {error}")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("options", ["ro", "size=1m"])
def test_the_system_works_without_shared_memory(options):
    command = with_shared_memory(options, [sys.executable, "-m", "pytest", "-q", TEST])
    run = subprocess.run(
        command,
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout


def test_a_node_that_shares_no_memory_with_its_camera_says_what_to_do(rclpy, tmp_path):
    system = RunningSystem(tmp_path)
    system.node._command = with_shared_memory("size=64m", system.node._command)
    end_s = time.monotonic() + PATIENCE_S
    with system:
        while "somebody publishes there, but nothing arrives" not in system.node.log.read_text():
            assert time.monotonic() < end_s, system.node.last_lines()
            with pytest.raises(NoAnswerError):  # its status does not come here either
                system.operator.wait_until_ready(1.0)
        assert "--ipc=host" in system.node.last_lines()
