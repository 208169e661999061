"""The services of seem_node that the page has controls for; those that are missing are hidden."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from seem_ros import srv
from seem_ros.console import session as door
from seem_ros.console.session import Command

# Later versions of seem_node offer these; where their types are not built there is no control.
_OPTIONAL = {door.TEACH: "Teach", door.NEXT_READING: "NextReading"}


class NodeServices:
    """Calls services without waiting."""

    def __init__(self, node: Node, segmenter: str) -> None:
        """Make a client of each service."""
        self._segmenter = segmenter
        kinds: dict[str, tuple[str, Any]] = {
            door.RENAME: ("rename_instance", srv.RenameInstance),
            door.RESET: ("reset", Trigger),
            door.ENABLE: ("enable", SetBool),
        }
        for ability, name in _OPTIONAL.items():
            if hasattr(srv, name):
                kinds[ability] = (ability, getattr(srv, name))
        self._clients: dict[str, tuple[Any, Any]] = {
            ability: (node.create_client(kind, f"{segmenter}/{name}"), kind)
            for ability, (name, kind) in kinds.items()
        }

    def ready(self) -> frozenset[str]:
        """Return the abilities whose services are there now."""
        return frozenset(
            ability for ability, (client, _) in self._clients.items() if client.service_is_ready()
        )

    def call(self, command: Command) -> Future[str]:
        """Call the service of a command."""
        done: Future[str] = Future()
        client, kind = self._clients.get(command.name, (None, None))
        if client is None or not client.service_is_ready():
            done.set_exception(
                ValueError(f"{self._segmenter} does not offer {command.name} now: is it running?")
            )
            return done
        client.call_async(_request(kind, command)).add_done_callback(
            lambda answer: _finish(done, command, answer)
        )
        return done


def _request(kind: Any, command: Command) -> Any:
    """Fill those fields of a request that it has."""
    values = {
        "instance_id": command.instance_id,
        "label": command.text,
        "name": command.text,
        "data": command.on,
    }
    fields = kind.Request.get_fields_and_field_types()
    return kind.Request(**{name: value for name, value in values.items() if name in fields})


def _finish(done: Future[str], command: Command, answer: Any) -> None:
    if answer.exception() is not None:
        done.set_exception(ValueError(f"{command.name} failed: {answer.exception()}"))
        return
    response = answer.result()
    if response is None or not response.success:
        reason = response.message if response is not None else "no answer"
        done.set_exception(ValueError(reason))
    else:
        done.set_result(response.message)
