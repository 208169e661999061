"""Names by probability: what means one thing is one name, and what is not sure is no name."""

from __future__ import annotations

import pytest
import torch

from seem_ros.model.text.synonyms import plain_name
from seem_ros.segmenting.naming import Vocabulary
from support.tiny_seem import tiny_seem

NAMES = ("tvmonitor", "tv", "laptop")
LOGITS = torch.tensor([[0.35, 0.25, 0.4]]).log()


def _trained(*names: str) -> Vocabulary:
    model = tiny_seem()
    object.__setattr__(model.config, "vocabulary", names)
    return Vocabulary.of(model)


def test_names_of_one_thing_stand_together_and_the_plain_one_is_shown() -> None:
    ((name, score),) = _trained(*NAMES).best(LOGITS)
    assert name == "tv"
    assert score == pytest.approx(0.6)


def test_without_the_plain_name_each_stands_alone() -> None:
    ((name, score),) = _trained("tvmonitor", "television", "laptop").best(LOGITS)
    assert name == "laptop"
    assert score == pytest.approx(0.4)


def test_names_of_the_operator_are_never_merged() -> None:
    ((name, score),) = Vocabulary(tiny_seem(), NAMES).best(LOGITS)
    assert name == "laptop"
    assert score == pytest.approx(0.4)


def test_what_is_not_sure_gets_no_name() -> None:
    assert _trained(*NAMES).best(LOGITS, least=0.61) == [("", 0.0)]
    assert _trained(*NAMES).best(LOGITS, least=0.59)[0][0] == "tv"


def test_only_the_operators_own_names_are_read_whole() -> None:
    trained = _trained("orange", "book")
    assert trained.spoken.own == ()
    assert trained.spoken.vocabulary == {"orange", "book"}
    own = Vocabulary(tiny_seem(), ["left bracket"])
    assert own.spoken.own == ("left bracket",)


@pytest.mark.parametrize(
    ("name", "plain"), [("aeroplane", "airplane"), ("tv", "tv"), ("moka pot", "moka pot")]
)
def test_the_plain_name(name: str, plain: str) -> None:
    assert plain_name(name) == plain
    assert plain_name(plain) == plain
