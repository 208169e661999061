"""The vocabulary of the sentence tables."""

from __future__ import annotations

from seem_ros.prompts import Mode, Prompt
from seem_ros.speech.actions import KnownInstance, ServiceCall

INSTANCES = [
    KnownInstance(1, class_name="mug"),
    KnownInstance(2, label="my bottle", class_name="bottle"),
    KnownInstance(3, class_name="chair"),
    KnownInstance(4, class_name="chair"),
    KnownInstance(5, label="red mug", class_name="cup"),
    KnownInstance(6, class_name="dog"),
    KnownInstance(7, class_name="clock"),
    KnownInstance(8, class_name="apple"),
]


def say(**fields: object) -> dict:
    """Describe a prompt by its fields that are set."""
    return {"mode": Mode.ADD, **fields}


def call(service: str, **arguments: object) -> ServiceCall:
    """Describe a service call."""
    return ServiceCall(service, arguments)


def taught(name: str) -> list[ServiceCall]:
    """The calls that name the selected instance and remember what it looks like."""
    return [
        call("rename_instance", instance_id=0, label=name),
        call("teach", instance_id=0, name=name),
    ]


def refused(part: str) -> str:
    """Describe a refusal by a part of its words."""
    return part


def described(prompt: Prompt) -> dict:
    """Give every field of a prompt that is not empty, but for the sender."""
    fields = {name: getattr(prompt, name) for name in Prompt.__dataclass_fields__}
    fields.pop("source")
    return {name: value for name, value in fields.items() if value or name == "mode"}
