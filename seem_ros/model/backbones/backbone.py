"""What every image encoder is."""

from __future__ import annotations

from torch import nn


class Backbone(nn.Module):
    """RGB (B, 3, H, W) to four maps of strides 4, 8, 16 and 32.

    Attributes:
        out_channels: channels of the four.
    """

    out_channels: list[int]
