"""The node's 3-D side with real topics."""

import pytest


@pytest.fixture
def robot(monkeypatch):
    rclpy = pytest.importorskip("rclpy", reason="needs rclpy")
    from support.spatial_bench import SpatialBench

    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    context_domain = 91
    rclpy.init(domain_id=context_domain)
    made = SpatialBench()
    yield made
    made.close()
    rclpy.shutdown()
