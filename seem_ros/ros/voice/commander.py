"""Sends what was said: prompts on the segmenter's topic, service calls, and ~/heard."""

from __future__ import annotations

import dataclasses
import time
import uuid

from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from seem_ros import msg, srv
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from seem_ros.ros.takers import are_taken
from seem_ros.speech.actions import KnownInstance, ServiceCall
from seem_ros.speech.dialogue import Heard

_SERVICES = {
    "rename_instance": srv.RenameInstance,
    "teach": srv.Teach,
    "reset": Trigger,
    "enable": SetBool,
}
_FOUND_S = 3.0  # so long a segmenter that runs may stay unknown after voice_node's start
_LOOK_S = 0.05


class VoiceCommander:
    """The ROS side of one segmenter, as far as speech needs it.

    Args:
        node: of the publishers, clients and subscriptions.
        segmenter: name of the seem_node.

    """

    def __init__(self, node: Node, segmenter: str) -> None:
        self._node = node
        self._segmenter = segmenter
        self._prompts = node.create_publisher(msg.Prompt, f"{segmenter}/prompt", qos.reliable())
        # Kept for whom the node finds only after the sentence.
        self._heard = node.create_publisher(msg.Heard, "~/heard", qos.latched(10))
        self._clients: dict[str, Client] = {
            name: node.create_client(kind, f"{segmenter}/{name}")
            for name, kind in _SERVICES.items()
        }
        self._instances: tuple[KnownInstance, ...] = ()
        node.create_subscription(
            msg.InstanceArray, f"{segmenter}/instances", self._on_instances, qos.newest()
        )

    def instances(self) -> tuple[KnownInstance, ...]:
        """List what the segmenter tracks."""
        return self._instances

    def labels(self) -> frozenset[str]:
        """Give the operator's names of what the segmenter tracks."""
        return frozenset(each.label for each in self._instances if each.label)

    def carry_out(self, heard: Heard) -> None:
        """Send the actions of a sentence, and say what was heard."""
        message = self._heard_message(heard)
        problems = [heard.refusal] if heard.refusal else []
        for action in heard.actions:
            if isinstance(action, ServiceCall):
                problems += self._call(action)
            else:
                message.prompt_id = self._send(action)
        message.refusal = "; ".join(problems)
        self._heard.publish(message)

    def _send(self, prompt: Prompt) -> str:
        prompt = dataclasses.replace(prompt, id=f"voice-{uuid.uuid4().hex[:8]}")
        if not self._is_taker_found():
            self._node.get_logger().warning(
                f"nobody takes prompts on {self._prompts.topic_name}: is {self._segmenter} active?"
            )
        self._prompts.publish(prompt_to_message(prompt))
        return prompt.id

    def _is_taker_found(self) -> bool:
        """Wait a little for who takes prompts: what is sent before it is found is lost."""
        end_s = time.monotonic() + _FOUND_S
        while not are_taken(self._node, self._segmenter, self._prompts):
            if time.monotonic() > end_s:
                return False
            time.sleep(_LOOK_S)
        return True

    def _call(self, call: ServiceCall) -> list[str]:
        """Call a service without waiting; returns why that is impossible."""
        client = self._clients[call.service]
        if not client.service_is_ready():
            return [f"{client.srv_name} is not offered: is {self._segmenter} running?"]
        request = _SERVICES[call.service].Request(**call.arguments)
        client.call_async(request).add_done_callback(self._on_answer)
        return []

    def _on_answer(self, future: Future) -> None:
        answer = future.result()
        if answer is not None and not answer.success:
            self._node.get_logger().warning(f"refused by {self._segmenter}: {answer.message}")

    def _heard_message(self, heard: Heard) -> msg.Heard:
        message = msg.Heard(
            text=heard.text,
            is_final=heard.is_final,
            confidence=float(heard.confidence),
            command=heard.command,
            phrase=heard.phrase,
        )
        message.header.stamp = self._node.get_clock().now().to_msg()
        return message

    def _on_instances(self, message: msg.InstanceArray) -> None:
        self._instances = tuple(
            KnownInstance(each.id, each.label, each.class_name) for each in message.instances
        )
