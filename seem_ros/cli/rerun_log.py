"""What ``seem-ros track --rerun`` shows: the frames and what was found, for the rerun viewer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seem_ros.cli.frame import Frame
from seem_ros.instances import Instance
from seem_ros.visualize.colours import colour_of

_JPEG_QUALITY = 85
_END = ".rrd"


class RerunLog:
    """A .rrd file, or the viewer itself; begun with the first frame.

    Entities: `camera` (the picture, and names and colours of the ids), `camera/labels`,
    `camera/boxes`, and `score/ID`; timelines: `frame`, and `time` in seconds since the first.

    Attributes:
        path: of the file, None for the viewer.

    """

    def __init__(self, path: Path | None) -> None:
        """Begin nothing yet; without a path it is shown live.

        Raises:
            ModuleNotFoundError: rerun-sdk is not installed.
            ValueError: the file's name does not end in .rrd.

        """
        import rerun

        if path is not None and path.suffix.lower() != _END:
            raise ValueError(f"--rerun {path} must end in {_END}")
        self._rerun: Any = rerun
        self.path = path
        self._stream: Any = None
        self._start_ns = 0
        self._names: dict[int, str] = {}

    def write(
        self, index: int, frame: Frame, labels: np.ndarray, instances: Sequence[Instance]
    ) -> None:
        """Log a frame; the first one opens the file or the viewer.

        Args:
            index: of the frame.
            frame: the picture.
            labels: (H, W) unsigned, ids in the picture's pixels, 0 is none.
            instances: all, lost ones too.

        """
        if self._stream is None:
            self._open(frame.stamp_ns)
        rerun, log = self._rerun, self._stream.log
        self._stream.set_time("frame", sequence=index)
        self._stream.set_time("time", duration=(frame.stamp_ns - self._start_ns) / 1e9)
        self._name(instances)
        log("camera", rerun.Image(frame.rgb).compress(jpeg_quality=_JPEG_QUALITY))
        log("camera/labels", rerun.SegmentationImage(labels))
        seen = [item for item in instances if item.box is not None]
        boxes = rerun.Boxes2D(
            array=np.array([item.box for item in seen], np.float32).reshape(-1, 4),
            array_format=rerun.Box2DFormat.XYXY,
            class_ids=[item.id for item in seen],
            labels=[_shown(item) for item in seen],
        )
        log("camera/boxes", boxes)
        for item in seen:
            log(f"score/{item.id}", rerun.Scalars(item.score))

    def close(self) -> None:
        """Finish the file; before the first frame it does nothing."""
        if self._stream is not None:
            self._stream.flush()
            self._stream.disconnect()

    def _open(self, start_ns: int) -> None:
        self._start_ns = start_ns
        self._stream = self._rerun.RecordingStream("seem_ros")
        if self.path is None:
            self._stream.spawn()
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream.save(str(self.path))

    def _name(self, instances: Sequence[Instance]) -> None:
        """Say what the ids mean, whenever that changes."""
        names = {item.id: _shown(item) for item in instances}
        if names != self._names:
            self._names = names
            context = [(number, name, colour_of(number)) for number, name in names.items()]
            self._stream.log("camera", self._rerun.AnnotationContext(context))


def _shown(instance: Instance) -> str:
    return f"{instance.id} {instance.name}".strip()
