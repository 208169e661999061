"""The services of seem_node that the page has controls for; those that are missing are hidden."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from seem_ros import srv
from seem_ros.console import session as door
from seem_ros.console.session import Command

_TAUGHT_EVERY_S = 10.0  # others teach, too


class NodeServices:
    """Calls services without waiting."""

    def __init__(self, node: Node, segmenter: str) -> None:
        """Make a client of each service."""
        self._segmenter = segmenter
        kinds: dict[str, tuple[str, Any]] = {
            door.RENAME: ("rename_instance", srv.RenameInstance),
            door.RESET: ("reset", Trigger),
            door.ENABLE: ("enable", SetBool),
            door.TEACH: ("teach", srv.Teach),
            door.NEXT_READING: ("next_reading", srv.NextReading),
        }
        self._clients: dict[str, tuple[Any, Any]] = {
            ability: (node.create_client(kind, f"{segmenter}/{name}"), kind)
            for ability, (name, kind) in kinds.items()
        }

        self._taught: Any = node.create_client(srv.ListTaught, f"{segmenter}/list_taught")
        self._asked_s = -_TAUGHT_EVERY_S

    def ask_taught(self, know: Callable[[tuple[str, ...]], None]) -> None:
        """Ask for the names of what was taught, now and then; `know` is called with them."""
        now_s = time.monotonic()
        if now_s - self._asked_s < _TAUGHT_EVERY_S or not self._taught.service_is_ready():
            return
        self._asked_s = now_s

        def take(answer: Any) -> None:
            response = None if answer.exception() else answer.result()
            if response is not None and response.success:
                know(tuple(response.names))

        self._taught.call_async(srv.ListTaught.Request()).add_done_callback(take)

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
        if command.name == door.TEACH:
            self._asked_s = -_TAUGHT_EVERY_S  # there will be one more
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
