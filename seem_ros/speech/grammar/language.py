"""Language: the words and rules of one file of config/voice, checked while it is read."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from seem_ros import resources
from seem_ros.prompts.nouns import plural
from seem_ros.prompts.phrases import ANYTHING, parse_phrase
from seem_ros.speech.grammar.rules import Node, Reference, leaves, parse_rule


class Verb(str, enum.Enum):
    """What to do. The values appear in Heard.msg ``command`` and in the output of ``listen``."""

    SEGMENT = "segment"
    TRACK = "track"
    PICK = "pick"
    EXCLUDE = "exclude"
    RENAME = "rename"
    TEACH = "teach"
    SELECT = "select"
    REMOVE = "remove"
    UNDO = "undo"
    NEXT = "next"
    BIGGER = "bigger"
    SMALLER = "smaller"
    RESET = "reset"
    STOP = "stop"
    RESUME = "resume"
    YES = "yes"
    NO = "no"
    WAKE = "wake"


CLASSES = ("colour", "size", "material", "side", "ordinal", "number", "relation")
_OWN_RULES = {Verb.YES: "yes_answer", Verb.NO: "no_answer", Verb.WAKE: "sentence"}
_REQUIRED = {"object", *(_OWN_RULES.get(verb, verb.value) for verb in Verb)}
_REPLIES = {
    "not_understood", "unknown_name", "relation", "confidence", "no_instance", "nothing_known",
    "ambiguous", "ask_reset", "ask_again", "dropped", "nothing_asked", "listening",
    "audio_stopped",
}  # fmt: skip


@dataclass(frozen=True)
class Language:
    """One spoken language.

    Attributes:
        code: ``en``, ``ko``, ...
        wake: phrases that open a sentence where the wake word is required.
        ignored: words that are dropped from a text before it is parsed.
        punctuation: characters that are dropped from a text.
        endings: dropped from a word of a text where the rest is a word of the language.
        classes: of every word class, what each spoken form means, in words that
            :func:`seem_ros.prompts.phrases.parse_phrase` reads.
        names: what each spoken name means, in English.
        plurals: the same for plural forms; empty where the language has none.
        rules: syntax trees by rule name.
        text_only: rules that the recogniser does not listen for.
        replies: what the operator is told, as format strings.

    """

    code: str
    wake: tuple[str, ...]
    ignored: frozenset[str]
    punctuation: str
    endings: tuple[str, ...]
    classes: Mapping[str, Mapping[str, str]]
    names: Mapping[str, str]
    plurals: Mapping[str, str]
    rules: Mapping[str, Node]
    text_only: frozenset[str]
    replies: Mapping[str, str]
    makes_plurals: bool = False

    @property
    def forms(self) -> dict[str, Mapping[str, str]]:
        """What each spoken form of every word class, of the names and of their plurals means."""
        return {**self.classes, "name": self.names, "plural": self.plurals}

    def with_names(self, names: Iterable[str]) -> Language:
        """Add names that are said as they are written: a vocabulary or the operator's labels."""
        added = {" ".join(name.lower().split()): name for name in names if name.strip()}
        added = {spoken: name for spoken, name in added.items() if spoken not in self.names}
        several = {plural(spoken): name for spoken, name in added.items()}
        return replace(
            self,
            names={**self.names, **added},
            plurals={**self.plurals, **(several if self.makes_plurals else {})},
        )

    def only_names(self, names: Iterable[str]) -> Language:
        """Keep of the file's names those with these meanings, and add the others as written."""
        wanted = {name.lower() for name in names}
        kept = {spoken: name for spoken, name in self.names.items() if name in wanted}
        several = {spoken: name for spoken, name in self.plurals.items() if name in wanted}
        known = set(kept.values())
        narrowed = replace(self, names=kept, plurals=several)
        return narrowed.with_names(name for name in names if name.lower() not in known)


def load_language(code_or_path: str | Path) -> Language:
    """Read a language by its code (``en``) or from a YAML file.

    Raises:
        ValueError: no such language, or the file lacks something or has a rule in a wrong
            notation.

    """
    path = _language_file(code_or_path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(f"cannot read the voice language {path}: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a mapping with language, wake, classes, rules, ...")
    try:
        return _language(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: missing or malformed entry: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _language(content: Mapping) -> Language:
    rules = {name: parse_rule(text) for name, text in content["rules"].items()}
    names = _spoken_forms(content["names"])
    makes_plurals = content.get("plurals") == "english"
    language = Language(
        code=content["language"],
        wake=tuple(content["wake"]),
        ignored=frozenset(map(str, content.get("ignored", ()))),
        punctuation=content.get("punctuation", ""),
        endings=tuple(content.get("endings", ())),
        classes={kind: _spoken_forms(content["classes"].get(kind, {})) for kind in CLASSES},
        names=names,
        plurals={plural(form): name for form, name in names.items()} if makes_plurals else {},
        rules=rules,
        text_only=frozenset(content.get("text_only") or ()),
        replies=dict(content["replies"]),
        makes_plurals=makes_plurals,
    )
    _check(language)
    return language


def _spoken_forms(meanings: Mapping | list) -> dict[str, str]:
    """Turn ``{meaning: [forms]}``, or forms that mean themselves, into ``{form: meaning}``."""
    if isinstance(meanings, list):
        return {str(form): str(form) for form in meanings}
    return {str(form): str(meaning) for meaning, forms in meanings.items() for form in forms}


def _check(language: Language) -> None:
    known = {*language.rules, *language.forms}
    for name, node in language.rules.items():
        for leaf in leaves(node):
            if isinstance(leaf, Reference) and leaf.name not in known:
                raise ValueError(
                    f"rule {name} refers to <{leaf.name}>, which is no rule or word class"
                )
    for kind in ("side", "ordinal"):
        for form, meaning in language.classes[kind].items():
            if not getattr(parse_phrase(f"{meaning} {ANYTHING}"), kind):
                raise ValueError(f"{form} means {meaning!r}, which is no {kind} for a prompt")
    for missing in sorted(_REQUIRED - set(language.rules)):
        raise ValueError(f"rule {missing} is missing")
    for missing in sorted(_REPLIES - set(language.replies)):
        raise ValueError(f"reply {missing} is missing")


def _language_file(code_or_path: str | Path) -> Path:
    path = Path(code_or_path)
    if path.suffix in (".yaml", ".yml"):
        return path
    folder = resources.config_dir() / "voice"
    if (folder / f"{code_or_path}.yaml").is_file():
        return folder / f"{code_or_path}.yaml"
    found = ", ".join(sorted(file.stem for file in folder.glob("*.yaml"))) or "none"
    raise ValueError(
        f"no voice language {str(code_or_path)!r}: there are {found} in {folder}; "
        "or give the path of a .yaml file"
    )
