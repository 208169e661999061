"""The whole model, tiny: prompts are independent of each other and of the batch they come in."""

from __future__ import annotations

import torch

from seem_ros.model.features import ImageFeatures, PromptBatch
from seem_ros.model.seem import Seem
from support.tiny_seem import points, rows_of, texts, tiny_seem


def _batch(model: Seem, features: ImageFeatures, count: int) -> PromptBatch:
    generator = torch.Generator().manual_seed(4)
    return PromptBatch(
        per_image=count,
        groups=("grounding", "spatial"),
        points=model.spatial_tokens(features, points(5, count)),
        text=texts(count, 3),
        previous=torch.randn(count, 1, 16, 24, generator=generator),
        has_previous=torch.arange(count) % 2 == 0,
        planes=torch.rand(count, 4, 16, 24, generator=generator),
    )


@torch.no_grad()
def test_prompts_decoded_together_equal_prompts_decoded_alone(model, features) -> None:
    batch = _batch(model, features, 4)
    together = model.decode(features, batch)
    for index in range(4):
        alone = model.decode(features, rows_of(batch, index))
        for group in ("grounding", "spatial"):
            expected = together[group].mask_logits[index : index + 1]
            torch.testing.assert_close(alone[group].mask_logits, expected, atol=2e-4, rtol=1e-3)


@torch.no_grad()
def test_the_same_input_gives_the_same_numbers(model, features) -> None:
    batch = _batch(model, features, 2)
    first, second = (model.decode(features, batch)["spatial"].mask_logits for _ in range(2))
    assert torch.equal(first, second)


@torch.no_grad()
def test_each_kind_of_prompt_changes_the_spatial_query(model, features) -> None:
    batch = _batch(model, features, 1)
    base = model.decode(features, batch)["spatial"].mask_logits
    changed = {
        "points": {"points": model.spatial_tokens(features, points(5, 1, seed=9))},
        "text": {"text": texts(1, 3, seed=9)},
        "planes": {"planes": torch.zeros(1, 4, 16, 24)},
        "memory": {"has_previous": torch.tensor([False])},
    }
    for kind, fields in changed.items():
        other = PromptBatch(**{**batch.__dict__, **fields})
        difference = (model.decode(features, other)["spatial"].mask_logits - base).abs().max()
        assert difference > 1e-4, f"{kind} has no effect"


@torch.no_grad()
def test_object_queries_do_not_depend_on_prompts_in_v1(model, features) -> None:
    batch = _batch(model, features, 1)
    alone = model.decode(features, PromptBatch(1, ("object",)))["object"].mask_logits
    groups = ("object", "grounding", "spatial")
    prompted = model.decode(features, PromptBatch(**{**batch.__dict__, "groups": groups}))
    torch.testing.assert_close(prompted["object"].mask_logits, alone, atol=1e-4, rtol=1e-3)


@torch.no_grad()
def test_object_queries_depend_on_prompts_in_the_demo_layout(features) -> None:
    model = tiny_seem(layout="demo")
    with_points = PromptBatch(1, ("object",), points=model.spatial_tokens(features, points(5, 1)))
    alone = model.decode(features, PromptBatch(1, ("object",)))["object"].mask_logits
    prompted = model.decode(features, with_points)["object"].mask_logits
    assert (prompted - alone).abs().max() > 1e-3


@torch.no_grad()
def test_padding_tokens_change_nothing(model, features) -> None:
    short, long = points(3, 1), points(3, 1)
    pad = torch.zeros(1, 2, dtype=torch.bool)
    long.yx = torch.cat((long.yx, torch.rand(1, 2, 2)), 1)
    long.positive = torch.cat((long.positive, ~pad), 1)
    long.valid = torch.cat((long.valid, pad), 1)
    long.objects = torch.cat((long.objects, pad.long()), 1)
    outputs = []
    for chosen in (short, long):
        batch = PromptBatch(1, ("spatial",), points=model.spatial_tokens(features, chosen))
        outputs.append(model.decode(features, batch)["spatial"].mask_logits)
    torch.testing.assert_close(outputs[0], outputs[1], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_images_of_a_batch_do_not_mix(model) -> None:
    torch.manual_seed(5)
    images = torch.randn(2, 3, 64, 96)
    batch = PromptBatch(1, ("object",))
    together = model.decode(model.encode_image(images), batch)["object"].mask_logits
    for index in range(2):
        alone = model.decode(model.encode_image(images[index : index + 1]), batch)["object"]
        torch.testing.assert_close(
            together[index : index + 1], alone.mask_logits, atol=2e-4, rtol=1e-3
        )
