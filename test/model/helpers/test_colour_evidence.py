"""What colours say of inside and outside: overall, and where the same colour is both."""

from __future__ import annotations

import torch

from seem_ros.model.helpers.colour_evidence import colour_evidence


def scene() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A red disc on green, its mask shifted by four pixels, and the truth."""
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    disc = torch.hypot(rows - 32, columns - 32) < 16
    shifted = torch.hypot(rows - 32, columns - 36) < 16
    rgb = torch.where(disc, torch.tensor([0.8, -0.6, -0.6])[:, None, None],
                      torch.tensor([-0.6, 0.5, -0.6])[:, None, None])  # fmt: skip
    return rgb[None], (shifted * 6.0 - 3)[None], disc


def test_colours_tell_the_true_side_of_a_shifted_mask() -> None:
    rgb, logits, disc = scene()
    evidence = colour_evidence(rgb, logits)
    assert evidence.shape == (1, 2, 64, 64)
    assert torch.equal(evidence[0, 0] > 0, disc)


def test_tiles_let_a_colour_mean_different_things_in_different_places() -> None:
    rgb = torch.full((1, 3, 96, 96), -0.5)
    logits = torch.full((1, 96, 96), -3.0)
    rgb[:, 0, :32, :32] = 0.9  # the object, and far from it something of its colour
    rgb[:, 0, 80:, 80:] = 0.9
    logits[:, :32, :32] = 3.0
    overall, local = colour_evidence(rgb, logits)[0]
    assert (local[:32, :32] > 0).all()
    assert (local[80:, 80:] < 0).all()
    assert overall[20, 20] == overall[90, 90] > 0


def test_pictures_of_a_batch_do_not_touch_each_other() -> None:
    rgb, logits, _ = scene()
    alone = colour_evidence(rgb, logits)
    both = colour_evidence(torch.cat([rgb.flip(1), rgb]), torch.cat([-logits, logits]))
    torch.testing.assert_close(both[1:], alone)
