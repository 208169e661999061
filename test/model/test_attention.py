"""Attention computes what torch's own does, and shares keys and values between prompts."""

from __future__ import annotations

import torch
from torch import nn

from seem_ros.model.attention import Attention, CrossAttentionLayer


def _pair(dim: int = 16, heads: int = 4) -> tuple[Attention, nn.MultiheadAttention]:
    torch.manual_seed(0)
    reference = nn.MultiheadAttention(dim, heads, batch_first=True).eval()
    nn.init.normal_(reference.in_proj_bias)
    ours = Attention(dim, heads)
    ours.load_state_dict(reference.state_dict())
    return ours, reference


def test_attention_equals_torch_with_the_same_parameters() -> None:
    ours, reference = _pair()
    query, key, value = torch.randn(2, 5, 16), torch.randn(2, 7, 16), torch.randn(2, 7, 16)
    allowed = torch.rand(2, 5, 7) > 0.3
    allowed[..., 0] = True
    blocked = (~allowed).repeat_interleave(4, 0)
    expected, _ = reference(query, key, value, attn_mask=blocked)
    result = ours(query, ours.keys_values(key, value), allowed[:, None])
    torch.testing.assert_close(result, expected, atol=1e-6, rtol=1e-5)


def test_a_row_that_may_attend_nothing_gets_attention_zero() -> None:
    ours, _ = _pair()
    x = torch.randn(1, 3, 16)
    allowed = torch.ones(1, 1, 3, 3, dtype=torch.bool)
    allowed[0, 0, 1] = False
    result = ours(x, ours.keys_values(x, x), allowed)
    torch.testing.assert_close(result[0, 1], ours.out_proj.bias)
    assert torch.isfinite(result).all()


def test_sequences_of_one_image_share_its_keys() -> None:
    torch.manual_seed(1)
    layer = CrossAttentionLayer(16, 4).eval()
    image = torch.randn(2, 9, 16)
    kv = layer.multihead_attn.keys_values(image, image)
    x, pos = torch.randn(6, 4, 16), torch.randn(6, 4, 16)
    mask = torch.rand(6, 4, 9) > 0.4
    mask[..., 0] = True
    together = layer(x, pos, kv, mask)
    for row in range(6):
        one = slice(row, row + 1)
        own = tuple(t[row // 3 : row // 3 + 1] for t in kv)
        alone = layer(x[one], pos[one], own, mask[one])
        torch.testing.assert_close(together[one], alone, atol=1e-6, rtol=1e-5)
