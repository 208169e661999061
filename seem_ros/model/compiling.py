"""Compile the image encoder, nearly all of a frame's work, for the sizes that it meets."""

from __future__ import annotations

from seem_ros.model.seem import Seem


def compile_encoder(model: Seem, backend: str = "inductor") -> None:
    """Let PyTorch compile the backbone and the pixel decoder when they first see a size.

    Names of parameters stay as they are. For "inductor" a C++ compiler, or Triton on a GPU, has to
    be there.
    """
    for part in (model.backbone, model.sem_seg_head.pixel_decoder):
        part.compile(dynamic=False, backend=backend)
