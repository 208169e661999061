"""Qualities of service of the topics; each can be overridden by qos_overrides parameters."""

from __future__ import annotations

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.qos_overriding_options import QoSOverridingOptions


def newest(depth: int = 1) -> QoSProfile:
    """Return best effort, keep last: a late image is worth nothing."""
    return _keep_last(depth, ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE)


def reliable(depth: int = 10) -> QoSProfile:
    """Return reliable, keep last: prompts and results must arrive."""
    return _keep_last(depth, ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)


def latched(depth: int = 1) -> QoSProfile:
    """Return reliable, transient local: a late subscriber gets the last ones."""
    return _keep_last(depth, ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL)


def overridable() -> QoSOverridingOptions:
    """Return options that declare `qos_overrides.TOPIC.…` parameters for a topic."""
    return QoSOverridingOptions(
        (
            QoSPolicyKind.HISTORY,
            QoSPolicyKind.DEPTH,
            QoSPolicyKind.RELIABILITY,
            QoSPolicyKind.DURABILITY,
        )
    )


def _keep_last(
    depth: int, reliability: ReliabilityPolicy, durability: DurabilityPolicy
) -> QoSProfile:
    history = HistoryPolicy.KEEP_LAST
    return QoSProfile(depth=depth, history=history, reliability=reliability, durability=durability)
