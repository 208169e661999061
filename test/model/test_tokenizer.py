"""CLIP's tokenizer: ids, cleaning, truncation, and that nothing after the end token matters."""

from __future__ import annotations

import pytest
import torch

from seem_ros.model.text.tokenizer import END, START, ClipTokenizer, clean
from support.tiny_official import tiny_official


@pytest.fixture(scope="module")
def tokenizer():
    return ClipTokenizer()


def test_known_ids(tokenizer):
    assert tokenizer.ids("a photo of a cat") == [START, 320, 1125, 539, 320, 2368, END]
    assert tokenizer.ids("") == [START, END]


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("  The\tRed\n BOX ", "the red box"),
        ("“don’t”", '"don\'t"'),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("ﬁne", "fine"),
        ("cafe\u0301", "café"),
        ("tom &amp; jerry", "tom & jerry"),
        ("\x1b[31mred\x1b[0m\x07", "red"),
        ("\ufeffcup", "cup"),
    ],
)
def test_cleaning(typed, plain):
    assert clean(typed) == plain


def test_equal_texts_get_equal_ids(tokenizer):
    assert tokenizer.ids("The  RED box") == tokenizer.ids("the red box")
    assert tokenizer.ids("naïve 🍎 日本") == tokenizer.ids("NAÏVE 🍎 日本")


def test_batch_is_padded_with_the_end_token(tokenizer):
    ids, valid = tokenizer(["cat", "a photo of a cat"])
    assert ids.tolist()[0] == [START, 2368, END, END, END, END, END]
    assert valid.sum(1).tolist() == [3, 7]
    ids, valid = tokenizer([])
    assert ids.shape == valid.shape == (0, 0)


def test_long_texts_are_cut_to_the_context(tokenizer):
    ids, valid = tokenizer(["word " * 200])
    assert ids.shape == (1, 77) and valid.all()
    assert ids[0, -1] == END and ids[0, -2] != END


def test_padding_changes_nothing():
    model = tiny_official()
    alone = model.encode_text(["a cup"])
    padded = model.encode_text(["a cup", "a very much longer text about a cup on a table"])
    length = alone.tokens.shape[1]
    assert torch.allclose(padded.tokens[0, :length], alone.tokens[0], atol=1e-6)
    assert torch.allclose(padded.sentence[0], alone.sentence[0], atol=1e-6)
