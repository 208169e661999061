"""From a command to what is sent: prompts and service calls of the segmenter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seem_ros.prompts import Mode, Prompt
from seem_ros.prompts.phrases import ANYTHING, Phrase
from seem_ros.speech.grammar.commands import Command
from seem_ros.speech.grammar.language import Verb

SOURCE = "voice"


@dataclass(frozen=True)
class ServiceCall:
    """A call of one of the segmenter's services.

    Attributes:
        service: name below the segmenter's, such as ``reset`` for ``~/reset``.
        arguments: fields of the request.

    """

    service: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownInstance:
    """An instance that the segmenter tracks, as far as words can mean it."""

    id: int
    label: str = ""
    class_name: str = ""


class RefusalError(ValueError):
    """The command cannot be carried out; the message is for the operator, in their language."""


Action = Prompt | ServiceCall


class Planner:
    """Turns commands into actions.

    Remembers the last name, so that "not the red one" after "find the mug" means the red mug.

    Args:
        replies: the language's reply texts.

    """

    def __init__(self, replies: Mapping[str, str]) -> None:
        self._replies = replies
        self._last_name = ANYTHING

    def plan(self, command: Command, instances: Sequence[KnownInstance] | None) -> list[Action]:
        """Plan a command.

        Args:
            command: what was asked for.
            instances: what is tracked; None is not known (then a name is sent as the label).

        Raises:
            RefusalError: it relates two things, or names an instance that is not tracked or not
                unique.

        """
        if command.relation:
            meant = [*command.targets, command.excluded]
            name = meant[0].noun if meant[0] else self._last_name
            raise RefusalError(
                self._replies["relation"].format(relation=command.relation, name=name)
            )
        match command.verb:
            case Verb.SEGMENT | Verb.TRACK | Verb.PICK:
                return self._look(command)
            case Verb.EXCLUDE:
                return [
                    Prompt(negative_text=self._negative(command), mode=Mode.REFINE, source=SOURCE)
                ]
            case Verb.RENAME | Verb.TEACH:
                return self._call_it(str(self._meant(command.targets[0])), command.verb)
            case Verb.SELECT:
                return [self._on_instance(Mode.SELECT, command, instances)]
            case Verb.REMOVE:
                return [self._on_instance(Mode.REMOVE, command, instances)]
            case Verb.UNDO:
                return [Prompt(mode=Mode.UNDO, source=SOURCE)]
            case Verb.NEXT:
                return [Prompt(mode=Mode.NEXT, source=SOURCE)]
            case Verb.BIGGER | Verb.SMALLER:
                return [Prompt(mode=Mode.NEXT, text=command.verb.value, source=SOURCE)]
            case Verb.RESET:
                return [ServiceCall("reset")]
            case Verb.STOP | Verb.RESUME:
                return [ServiceCall("enable", {"data": command.verb == Verb.RESUME})]
        return []

    def _call_it(self, name: str, verb: Verb) -> list[Action]:
        """Name the selected instance; to teach is to name it, too, even if it cannot be learnt."""
        named = ServiceCall("rename_instance", {"instance_id": 0, "label": name})
        if verb == Verb.RENAME:
            return [named]
        return [named, ServiceCall("teach", {"instance_id": 0, "name": name})]

    def _look(self, command: Command) -> list[Action]:
        targets = [self._meant(target) for target in command.targets]
        excluded = self._negative(command)
        track = command.verb == Verb.TRACK
        return [
            Prompt(text=str(target), negative_text=excluded, track=track, source=SOURCE)
            for target in targets
        ]

    def _negative(self, command: Command) -> str:
        return str(self._meant(command.excluded)) if command.excluded else ""

    def _meant(self, phrase: Phrase) -> Phrase:
        """Put the last name in place of "one", and remember a name."""
        if phrase.noun == ANYTHING:
            return phrase.named(self._last_name)
        self._last_name = phrase.noun
        return phrase

    def _on_instance(
        self, mode: Mode, command: Command, instances: Sequence[KnownInstance] | None
    ) -> Prompt:
        if command.number or not command.targets:
            return Prompt(mode=mode, instance_id=command.number, source=SOURCE)
        name = str(self._meant(command.targets[0]))
        if instances is None:
            return Prompt(mode=mode, label=name, source=SOURCE)
        return Prompt(mode=mode, instance_id=self._resolved(name, instances), source=SOURCE)

    def _resolved(self, name: str, instances: Sequence[KnownInstance]) -> int:
        """Find the one instance of a name: by label, else by class, else by the last word."""
        for matches in (
            [each for each in instances if each.label.lower() == name.lower()],
            [each for each in instances if each.class_name.lower() == name.lower()],
            [each for each in instances if name.lower().split()[-1] in _last_words(each)],
        ):
            if len(matches) == 1:
                return matches[0].id
            if matches:
                numbers = ", ".join(str(each.id) for each in matches)
                raise RefusalError(
                    self._replies["ambiguous"].format(
                        name=name, numbers=numbers, first=matches[0].id
                    )
                )
        known = ", ".join(f"{each.id} {each.label or each.class_name}" for each in instances)
        known = known or self._replies["nothing_known"].format(name=name)
        raise RefusalError(self._replies["no_instance"].format(name=name, known=known))


def _last_words(instance: KnownInstance) -> set[str]:
    return {text.lower().split()[-1] for text in (instance.label, instance.class_name) if text}
