"""Class vocabularies and their cache on disk."""

from __future__ import annotations

import pytest
import torch

from seem_ros.model.checkpoints import digest_of_text_weights
from seem_ros.model.text.vocabularies import (
    cached_embeddings,
    cached_meanings,
    coco_panoptic,
    embed_names,
    spoken_name,
)
from support.tiny_official import tiny_official

TEMPLATES = ("{}.", "a photo of a {}.")


def test_official_classes():
    official = coco_panoptic()
    assert len(official.classes) == len(set(official.classes)) == 133
    assert official.things == 80
    assert official.classes[79] == "toothbrush" and official.classes[80] == "banner"
    assert len(official.templates) == 81
    assert all(template.count("{}") == 1 for template in official.templates)
    assert spoken_name("sky-other-merged") == "sky"


def test_rows_are_normalised_means_over_templates():
    language = tiny_official().language
    rows = embed_names(language, ["cup", "red box"], TEMPLATES)
    assert torch.allclose(rows.norm(dim=1), torch.ones(2), atol=1e-6)
    sentences = language.encode(["red box.", "a photo of a red box."]).sentence
    mean = (sentences / sentences.norm(dim=1, keepdim=True)).mean(0)
    assert torch.allclose(rows[1], mean / mean.norm(), atol=1e-6)


@pytest.fixture
def counted(monkeypatch):
    """A text encoder and the list of its calls."""
    language, calls = tiny_official().language, []
    hidden = language.hidden
    monkeypatch.setattr(
        language, "hidden", lambda texts: calls.append(len(texts)) or hidden(texts)
    )
    return language, calls


def test_names_are_embedded_once(tmp_path, counted):
    language, calls = counted
    first = cached_embeddings(language, ["cup", "box"], TEMPLATES, "digest", tmp_path / "new")
    again = cached_embeddings(language, ["cup", "box"], TEMPLATES, "digest", tmp_path / "new")
    assert torch.equal(first, again) and calls == [4]
    cached_embeddings(language, ["box", "cup"], TEMPLATES, "digest", tmp_path / "new")
    cached_embeddings(language, ["cup", "box"], TEMPLATES, "other", tmp_path / "new")
    assert calls == [4, 4, 4]


def test_meanings_are_embedded_once_and_not_projected(tmp_path, counted):
    language, calls = counted
    first = cached_meanings(language, ["cup", "box"], "digest", tmp_path)
    again = cached_meanings(language, ["cup", "box"], "digest", tmp_path)
    assert torch.equal(first, again) and calls == [2]
    with torch.inference_mode():
        torch.testing.assert_close(first, language.hidden(["cup", "box"])[2])


def test_damaged_cache_is_computed_again(tmp_path, counted):
    language, calls = counted
    first = cached_embeddings(language, ["cup"], TEMPLATES, "digest", tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-10])
    again = cached_embeddings(language, ["cup"], TEMPLATES, "digest", tmp_path)
    assert torch.equal(first, again) and calls == [2, 2]


def test_unwritable_cache_costs_time_only(tmp_path, counted):
    language, calls = counted
    blocked = tmp_path / "file"
    blocked.write_text("")
    rows = cached_embeddings(language, ["cup"], TEMPLATES, "digest", blocked / "names")
    assert rows.shape == (1, 32) and calls == [2]


def test_digest_follows_the_text_weights():
    one, other = tiny_official(0), tiny_official(0)
    assert digest_of_text_weights(one) == digest_of_text_weights(other)
    with torch.no_grad():
        other.language.lang_proj[0, 0] += 1
    assert digest_of_text_weights(one) != digest_of_text_weights(other)
