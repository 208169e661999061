"""The node's lifecycle as ~/status tells it."""

from __future__ import annotations

import enum


class Lifecycle(enum.Enum):
    """Where the node is in its lifecycle; the value is what a person reads."""

    UNCONFIGURED = "not configured: no model is loaded; configure and activate the node"
    CONFIGURING = "loading the model"
    INACTIVE = "not activated: images and prompts are not received"
    ACTIVE = "active"
    FINALIZED = "shut down: start the program again"
