"""The node's 3-D side with real topics."""

import pytest


@pytest.fixture
def robot():
    """A robot in a context of its own: what an earlier one offered is seen no more."""
    rclpy = pytest.importorskip("rclpy", reason="needs rclpy")
    from support.spatial_bench import SpatialBench

    rclpy.init()
    made = SpatialBench()
    yield made
    made.close()
    rclpy.shutdown()
