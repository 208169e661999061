"""Dense prompts: planes of clicks, previous mask and box, convolved into the mask features.

SEEM's point tokens say what lies under a click but hardly where it is. As in RITM and SAM,
drawing the prompts as planes and convolving them into the image features makes clicks and
boxes precise. The planes condition the mask features of one instance; queries, heads and
memory stay SEEM's. A configuration without ``dense_prompts`` has none of this.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seem_ros.model.config import DensePromptConfig
from seem_ros.model.features import PointSet
from seem_ros.model.spatial_prompts import mean_by_object, sample
from seem_ros.model.windows import COARSE, NormLedger, OwnFeatures, Part, Window, by_size

PLANES = 4  # positive, negative, previous mask, box


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with group norm and a skip."""

    def __init__(self, dim: int, dilation: int, groups: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(dim, dim, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm1 = nn.GroupNorm(groups, dim)
        self.conv2 = nn.Conv2d(dim, dim, 3, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(groups, dim)

    def forward(self, x: Tensor, ledger: NormLedger | None = None) -> Tensor:
        """(B, dim, H, W) -> the same shape."""
        y = F.relu(_normalised(self.norm1, self.conv1(x), ledger))
        return F.relu(x + _normalised(self.norm2, self.conv2(y), ledger))


class DensePrompts(nn.Module):
    """Condition mask features on the prompt planes of an instance."""

    def __init__(self, config: DensePromptConfig, context_dim: int, mask_dim: int) -> None:
        super().__init__()
        coarse, middle, fine = config.coarse_dim, config.middle_dim, config.fine_dim
        groups = config.norm_groups
        self.project_coarse = nn.Conv2d(context_dim, coarse, 1)
        self.project_middle = nn.Conv2d(context_dim, middle, 1)
        self.project_fine = nn.Conv2d(mask_dim, fine, 1)
        # The planes go to stride 8 by folding 2x2 cells into channels: convolutions at
        # stride 4 would cost as much as everything else together.
        self.plane_fine = nn.Conv2d(PLANES, fine, 3, padding=1)
        self.plane_middle = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * PLANES, middle, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(middle, middle, 3, padding=1),
        )
        self.plane_coarse = nn.Conv2d(middle, coarse, 3, stride=2, padding=1)
        self.similar_coarse = nn.Conv2d(2, coarse, 1)
        self.similar_middle = nn.Conv2d(2, middle, 1)
        self.token = nn.Linear(2 * coarse, coarse)
        self.coarse = nn.Sequential(*(ResidualBlock(coarse, d, groups) for d in config.dilations))
        self.to_middle = nn.Conv2d(coarse, middle, 1)
        self.middle = ResidualBlock(middle, 1, groups)
        self.to_fine = nn.Conv2d(middle, fine, 1)
        self.fine = nn.Sequential(nn.Conv2d(fine, fine, 3, padding=1), nn.ReLU())
        self.embed = nn.Linear(mask_dim, fine)
        if config.reading_dim:
            self.fine_readings = nn.Sequential(
                nn.Conv2d(fine, config.reading_dim, 3, padding=1), nn.ReLU()
            )
            self.embed_readings = nn.Linear(mask_dim, fine + config.reading_dim)

    @property
    def has_readings(self) -> bool:
        """Whether there are features for other readings of a prompt."""
        return hasattr(self, "fine_readings")

    def own_embedding(self, answer: Tensor, readings: Tensor) -> Tensor:
        """Turn mask embeddings (B, Q, M) of answers and readings into ones for own features."""
        if not self.has_readings:
            return self.embed(torch.cat((answer, readings), 1))
        own = self.embed(answer)
        own = F.pad(own, (0, self.embed_readings.out_features - own.shape[-1]))
        return torch.cat((own, self.embed_readings(readings)), 1)

    def prepare(self, mask_features: Tensor, levels: list[Tensor]) -> list[Tensor]:
        """Project the shared features once per image: strides 16, 8 and 4."""
        return [
            self.project_coarse(levels[1]),
            self.project_middle(levels[2]),
            self.project_fine(mask_features),
        ]

    @staticmethod
    def pool(maps: list[Tensor], points: PointSet, align_corners: bool) -> list[Tensor]:
        """Mean feature of positive and of negative points at strides 16 and 8: (B, 2, c)."""
        pooled = []
        for x in maps[:2]:
            values = sample(x, points.yx, align_corners)
            pair = [mean_by_object(values, points, sign, 0.0)[:, 0] for sign in (True, False)]
            pooled.append(torch.stack(pair, 1))
        return pooled

    def forward(
        self,
        maps: list[Tensor],
        planes: Tensor,
        means: list[Tensor],
        windows: Sequence[Window | None] = (),
    ) -> OwnFeatures:
        """Return the instances' own mask features, to go beside the shared ones.

        A query's logits are its mask embedding times the shared mask features plus
        ``embed`` of it times these.

        Args:
            maps: what :meth:`prepare` returned, batch I.
            planes: (B, 4, h, w) at stride 4, B = I * n.
            means: pooled features (B, 2, c) per scale that say what was pointed at, here or in
                a reference image; empty counts as zeros.
            windows: where to look for each instance of one image, None = everywhere; empty
                looks everywhere for all.

        Raises:
            ValueError: windows with several images, or not one for each instance.
        """
        count, size = planes.shape[0], (planes.shape[-2], planes.shape[-1])
        means = means or [x.new_zeros(count, 2, x.shape[1]) for x in maps[:2]]
        if not any(windows):
            whole = self._part(maps, planes, means, list(range(count)), [])
            return OwnFeatures([whole], size)
        if maps[0].shape[0] != 1 or len(windows) != count:
            raise ValueError(
                f"{len(windows)} windows do not fit {count} prompts on {maps[0].shape[0]} images"
            )
        parts = []
        for rows in by_size(windows):
            seen = [window for window in (windows[row] for row in rows) if window is not None]
            parts.append(self._part(maps, planes[rows], [m[rows] for m in means], rows, seen))
        return OwnFeatures(parts, size)

    def _part(
        self,
        maps: list[Tensor],
        planes: Tensor,
        means: list[Tensor],
        rows: list[int],
        windows: list[Window],
    ) -> Part:
        """Own features of instances that are all seen whole, or all in windows of one size."""
        ledger = None if torch.is_grad_enabled() else NormLedger()
        if windows:
            ledger = NormLedger(torch.stack([window.norms for window in windows]))
            pairs = list(zip(maps, (1, 2, COARSE), strict=True))
            maps = [torch.cat([w.cut(x, cells) for w in windows]) for x, cells in pairs]
            rowwise = zip(windows, planes, strict=True)
            planes = torch.stack([w.cut(plane, COARSE) for w, plane in rowwise])
        features = self._convolved(maps, planes, means, ledger)
        return Part(rows, features, windows, None if ledger is None else ledger.statistics)

    def _convolved(
        self, maps: list[Tensor], planes: Tensor, means: list[Tensor], ledger: NormLedger | None
    ) -> Tensor:
        """(B, F, h, w) of planes (B, 4, h, w) on the same grids as the maps.

        F is ``fine_dim``, and ``reading_dim`` more that only the readings look at.
        """
        repeat = planes.shape[0] // maps[0].shape[0]
        fine = self.plane_fine(planes)
        middle = self.plane_middle(planes)
        coarse = self.plane_coarse(F.gelu(middle))
        coarse = coarse + self.similar_coarse(_similarity(maps[0], means[0], repeat))
        coarse = coarse + self.token(means[0].flatten(1))[..., None, None]
        middle = middle + self.similar_middle(_similarity(maps[1], means[1], repeat))
        x = _repeat(maps[0], repeat) + coarse
        for block in self.coarse:
            x = block(x, ledger)
        x = _upsample(self.to_middle(x), middle) + _repeat(maps[1], repeat) + middle
        x = self.middle(x, ledger)
        x = _upsample(self.to_fine(x), fine) + _repeat(maps[2], repeat) + fine
        if not self.has_readings:
            return self.fine(x)
        return torch.cat((self.fine(x), self.fine_readings(x)), 1)


def _normalised(norm: nn.GroupNorm, x: Tensor, ledger: NormLedger | None) -> Tensor:
    return norm(x) if ledger is None else ledger.normalise(norm, x)


def _repeat(x: Tensor, count: int) -> Tensor:
    return x.repeat_interleave(count, 0) if count > 1 else x


def _upsample(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


def _similarity(maps: Tensor, means: Tensor, repeat: int) -> Tensor:
    """Cosine of every cell (I, c, h, w) with pooled means (I * repeat, 2, c)."""
    unit = F.normalize(maps, dim=1, eps=1e-4)
    means = F.normalize(means, dim=-1, eps=1e-4).unflatten(0, (-1, repeat))
    return torch.einsum("ichw,inkc->inkhw", unit, means).flatten(0, 1)
