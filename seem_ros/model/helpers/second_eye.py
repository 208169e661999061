"""A second eye: MobileSAM's network, which looks once more where an operator insists.

SAM's prompt decoder on TinyViT (Zhang et al. 2023, "Faster Segment Anything") reads a part of the
picture around an object with all clicks, the box and the mask so far. It costs several times as
much as an answer of ``nano`` does, so that only boxes and corrections ask it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.backbones.tiny_vit import STRIDE, TinyVit
from seem_ros.model.helpers.mask_decoder import UPSAMPLED, MaskDecoder, PromptEncoder

CELL = STRIDE // UPSAMPLED  # pixels of the input along a cell of its masks
SQUARE = 1024  # pixels of the input along the square in whose corner it was trained to read
_MEAN = (123.675, 116.28, 103.53)
_STD = (58.395, 57.12, 57.375)


class SecondEye(nn.Module):
    """The network: ``look`` at a part of a picture once, ``answer`` any number of prompts."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.encoder = TinyVit()
        self.prompts = PromptEncoder()
        self.decoder = MaskDecoder()
        for name, values in (("mean", _MEAN), ("std", _STD)):
            constant = torch.tensor(values)[:, None, None]
            self.register_buffer(name, constant, persistent=False)
        self.requires_grad_(False)

    def look(self, pixels: Tensor) -> Tensor:
        """Encode a part of a picture.

        Args:
            pixels: (3, h, w) RGB 0..255, scaled as it is to be read, at most 1024 along a side.

        Returns:
            (1, 256, rows, columns) of cells of 16 pixels, the last ones padded.
        """
        height, width = pixels.shape[-2:]
        image = (pixels.to(self.mean) - self.mean) / self.std
        image = F.pad(image, (0, -width % STRIDE, 0, -height % STRIDE))[None]
        return self.encoder(image.contiguous(memory_format=torch.channels_last)).contiguous()

    def answer(
        self,
        features: Tensor,
        places: Tensor,
        kinds: Sequence[int],
        mask: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Answer one prompt.

        Args:
            features: what :meth:`look` returned.
            places: (N, 2) x y in pixels of the input, right and down.
            kinds: of each place, see :mod:`seem_ros.model.helpers.mask_decoder`.
            mask: (4 * rows, 4 * columns) logits of an earlier answer.

        Returns:
            (4, 4 * rows, 4 * columns) mask logits and (4,) expected IoU of the single answer and
            of three readings.
        """
        places = (places.to(self.mean) / SQUARE)[None]
        asked = self.prompts.tokens(places, torch.tensor([list(kinds)], device=places.device))
        rows, columns = features.shape[-2:]
        grid = self.prompts.grid(rows, columns, SQUARE / STRIDE)
        dense = self.prompts.dense(None if mask is None else mask[None, None])
        logits, scores = self.decoder(features + dense, grid, asked)
        return logits[0], scores[0]
