"""A second look: a mask made exact on a cut-out of the picture around it.

Masks come from a stride-4 grid of a picture that was shrunk first, so their borders are coarse,
most of all those of small things. As in FocalClick's refinement (Chen et al. 2022), a small
network reads a cut-out of the picture around a mask, always scaled to one size, together with the
mask's logits, the prompts and the features that are there anyway, and corrects the logits. A
configuration without ``refiner`` has none of this.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.config import RefinerConfig
from seem_ros.model.helpers.colour_evidence import colour_evidence

PLANES = 7  # red, green, blue, mask logits, positive and negative clicks, box
LOGITS = 3  # of these planes
FINE, MIDDLE = 4, 8  # pixels of the cut-out along a cell of its features
_DERIVED = 3  # planes that follow from the others
_MOST_LOGIT = 8.0


class _Block(nn.Module):
    """Two 3x3 convolutions with batch norm and a skip."""

    def __init__(self, dim: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = _convolution(dim, dim, dilation=dilation)
        self.second = _convolution(dim, dim)[:2]

    def forward(self, x: Tensor) -> Tensor:
        """(N, dim, h, w) -> the same shape."""
        return F.relu(x + self.second(self.first(x)))


class Refiner(nn.Module):
    """Correct mask logits on cut-outs, a small U-Net.

    Args:
        config: its sizes.
        fine_dim, middle_dim: channels of the features that come with a cut-out.
    """

    def __init__(self, config: RefinerConfig, fine_dim: int, middle_dim: int) -> None:
        super().__init__()
        half, fine, middle, coarse = config.widths
        self.size = config.size
        self.sharp = _convolution(4 * (PLANES + _DERIVED), half)
        self.to_fine = _convolution(half, fine, stride=2)
        self.fine_features = nn.Conv2d(fine_dim, fine, 1)
        self.fine = _Block(fine)
        self.to_middle = _convolution(fine, middle, stride=2)
        self.middle_features = nn.Conv2d(middle_dim, middle, 1)
        self.middle = _Block(middle)
        self.coarse = nn.Sequential(
            _convolution(middle, coarse, stride=2), _Block(coarse), _Block(coarse, dilation=2)
        )
        self.from_coarse = nn.Conv2d(coarse, middle, 1)
        self.middle_again = _Block(middle)
        self.from_middle = nn.Conv2d(middle, fine, 1)
        self.fine_again = _Block(fine)
        self.from_fine = nn.Conv2d(fine, half, 1)
        self.sharp_again = _convolution(half, half)
        self.change = nn.Conv2d(half, 4, 3, padding=1)
        for parameter in self.change.parameters():
            nn.init.zeros_(parameter)

    def forward(self, planes: Tensor, fine: Tensor, middle: Tensor) -> Tensor:
        """Correct the logits among the planes.

        Args:
            planes: (N, 7, S, S), S divisible by 16: colours about -1..1, mask logits, clicks and
                box 0..1.
            fine: (N, f, S/4, S/4) features of the cut-outs.
            middle: (N, m, S/8, S/8) features of the cut-outs.

        Returns:
            (N, S, S) mask logits.
        """
        logits = planes[:, LOGITS].clamp(-_MOST_LOGIT, _MOST_LOGIT)
        half = self.sharp(F.pixel_unshuffle(_with_derived(planes, logits), 2))
        fine = self.fine(self.to_fine(half) + self.fine_features(fine))
        middle = self.middle(self.to_middle(fine) + self.middle_features(middle))
        x = _upsample(self.from_coarse(self.coarse(middle)))
        x = _upsample(self.from_middle(self.middle_again(x + middle)))
        x = _upsample(self.from_fine(self.fine_again(x + fine)))
        change = self.change(self.sharp_again(x + half))
        return 2 * torch.tanh(logits / 4) + F.pixel_shuffle(change, 2)[:, 0]


def _with_derived(planes: Tensor, logits: Tensor) -> Tensor:
    """Planes with logits in a small range, their probability, and what colours say."""
    rgb = planes[:, :LOGITS]
    with torch.no_grad():
        colours = colour_evidence(rgb, logits) / 4
    logits = logits[:, None]
    prompts = planes[:, LOGITS + 1 :]
    return torch.cat([rgb, logits / 4, prompts, logits.sigmoid(), colours], 1)


def _convolution(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(
        inputs, outputs, 3, stride, padding=dilation, dilation=dilation, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _upsample(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
