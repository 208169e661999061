"""What a Tracker holds after a picture, as the page shows it."""

from __future__ import annotations

import time

import numpy as np

from seem_ros.console.session import Thing, View
from seem_ros.instances import Instance, label_image
from seem_ros.tracker import Tracker


def view_of(rgb: np.ndarray, stamp_ns: int, tracker: Tracker) -> View:
    """Return the view of an (H, W, 3) uint8 picture and the tracker's present instances."""
    instances = tracker.instances
    return View(
        stamp_ns=stamp_ns,
        size=rgb.shape[:2],
        received_s=time.monotonic(),
        rgb=lambda: rgb,
        labels=lambda: label_image(instances, *rgb.shape[:2]),
        things=tuple(_thing(item) for item in instances),
        target_id=tracker.target_id,
    )


def _thing(instance: Instance) -> Thing:
    return Thing(
        instance.id,
        instance.label,
        instance.class_name,
        float(instance.score),
        float(instance.class_score),
        instance.state,
        instance.box,
        instance.reading,
        instance.readings,
    )
