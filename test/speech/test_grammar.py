"""One definition, four forms: they have to agree."""

from __future__ import annotations

import pytest

pytest.importorskip("lark", reason="needs lark (part of ROS 2)")

from seem_ros.speech.grammar.automaton import compile_rules
from seem_ros.speech.grammar.command_grammar import CommandGrammar, NotACommandError
from seem_ros.speech.grammar.commands import Verb, parse
from seem_ros.speech.grammar.language import load_language
from seem_ros.speech.grammar.rules import Choice, Many, Reference, Sequence, Word, parse_rule


@pytest.fixture(scope="module", params=["en", "ko"])
def grammar(request):
    return CommandGrammar(load_language(request.param))


def test_notation():
    assert parse_rule("pick [up] <name>*") == Sequence(
        (Word("pick"), Choice((Word("up"), Sequence(()))), Many(Reference("name")))
    )
    assert parse_rule("a | b c") == Choice((Word("a"), Sequence((Word("b"), Word("c")))))


@pytest.mark.parametrize("text", ["(a | b", "a | <", "", "a ]"])
def test_a_wrong_rule_is_shown(text):
    with pytest.raises(ValueError, match="rule"):
        parse_rule(text)


def test_every_phrase_is_a_sentence_of_the_network_and_a_command(grammar):
    automaton = grammar.automaton()
    phrases = grammar.phrases()
    assert len(phrases) > 100
    assert all(automaton.accepts(phrase.split()) for phrase in phrases)
    for phrase in phrases[::37]:
        assert parse(grammar, phrase).verb in Verb


def test_the_network_ends_where_sentences_end():
    automaton = CommandGrammar(load_language("en")).automaton()
    assert automaton.accepts(["track", "the", "second", "red", "cup", "please"])
    for text in ("", "find", "find the", "the red mug", "find red the mug", "mug find", "yes"):
        assert not automaton.accepts(text.split()), text


def test_the_network_is_the_smallest():
    rules = {"start": parse_rule("(a | b) <rest> | c <rest>"), "rest": parse_rule("x y | x z")}
    automaton = compile_rules(rules, "start")
    assert len(automaton.arcs) == 4
    assert automaton.accepts(["c", "x", "z"])
    assert not automaton.accepts(["c", "x"])


def test_answers_are_heard_only_while_a_question_is_open(grammar):
    answer = {"en": "yes", "ko": "그래"}[grammar.language.code]
    assert grammar.automaton(answers=True).accepts([answer])
    assert not grammar.automaton().accepts([answer])
    assert answer in grammar.phrases(answers=True)
    assert answer not in grammar.phrases()


def test_the_wake_word_can_be_required():
    grammar = CommandGrammar(load_language("en"), wake_word=True)
    assert grammar.automaton().accepts(["robot", "stop"])
    assert not grammar.automaton().accepts(["stop"])
    assert all(
        phrase.startswith(("robot", "hey robot", "okay robot")) for phrase in grammar.phrases()
    )


def test_words_that_mean_nothing_are_dropped():
    english = CommandGrammar(load_language("en"))
    assert english.normalise("Um, find  THE mug!") == "find the mug"
    korean = CommandGrammar(load_language("ko"))
    assert korean.normalise("사과를 찾아") == "사과 찾아"


def test_digits_are_numbers():
    assert parse(CommandGrammar(load_language("en")), "select 17").number == 17


def test_what_is_meant_not_to_be_is_no_number_of_things():
    grammar = CommandGrammar(load_language("en"))
    for text in ("not seven people in the right hand", "find the mug but not two handles"):
        with pytest.raises(NotACommandError, match="follows no rule"):
            parse(grammar, text)
    for text in ("not the second handle", "find two mugs without the lid"):
        assert parse(grammar, text).excluded


def test_no_words_are_no_command():
    with pytest.raises(NotACommandError, match="no words"):
        parse(CommandGrammar(load_language("en")), "um ...")


def test_an_unknown_language_names_those_that_are_there():
    with pytest.raises(ValueError, match="en, ko"):
        load_language("xx")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("<polite>", "<polit>"), "<polit>"),
        (("  resume:", "  resum:"), "resume"),
        (("  ask_reset:", "  ask:"), "ask_reset"),
        (("names:", "things:"), "names"),
        (("language: en", "language: [en"), "cannot read"),
    ],
)
def test_a_wrong_language_file_says_what_is_wrong(tmp_path, change, message):
    from seem_ros import resources

    text = resources.config_path("voice", "en.yaml").read_text(encoding="utf-8")
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load_language(file)
