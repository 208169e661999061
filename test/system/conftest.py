"""A seem_node in a process of its own, and an operator in this one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from support.rclpy_context import ros

__all__ = ["ros"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, so that `-m "not system"` leaves it out."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session")
def installed() -> None:
    """Skip where ROS 2, the built package or its weights are missing."""
    pytest.importorskip("rclpy", reason="needs ROS 2")
    pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")
    from seem_ros import resources
    from seem_ros.demo.node_process import executable

    try:
        executable("seem_node")
        resources.weights_path("nano")
        resources.demo_clip_dir()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def rclpy(installed: None, ros: ModuleType) -> ModuleType:
    """Return rclpy, initialised for one file; skip where the node is not built, too."""
    return ros


@pytest.fixture(scope="module")
def system(rclpy: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Return a running system, the same for all tests of a module."""
    from support.running_system import RunningSystem

    with RunningSystem(tmp_path_factory.mktemp("node")) as running:
        running.operator.wait_until_ready(120.0)
        yield running


@pytest.fixture
def fresh(system: object) -> object:
    """Return the system without any instance, looking at the clip's first frame."""
    system.start_over()
    return system
