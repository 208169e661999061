"""Environment variables of a ROS 2 system that stays by itself; set before rclpy is imported."""

from __future__ import annotations

import os

from seem_ros import resources


def isolate(domain_id: int) -> None:
    """Keep this process and its children on this machine, apart from other ROS 2 programs.

    What the user has set stays as it is.

    Args:
        domain_id: ROS_DOMAIN_ID, 0..101.

    """
    profiles = resources.config_path("fastdds.xml")
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    os.environ.setdefault("ROS_DOMAIN_ID", str(domain_id))
    os.environ.setdefault("FASTDDS_DEFAULT_PROFILES_FILE", str(profiles))
