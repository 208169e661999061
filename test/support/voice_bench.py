"""A voice_node in this process, and a plain node that speaks and listens to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from seem_ros.speech.audio import read_recording
from support.spoken_commands import RECORDINGS

PATIENCE_S = 60.0  # a limit for failing, never for passing: loaded machines are slow
BLOCK = 1600


def recorded(name: str) -> np.ndarray:
    """(N,) int16, 16 kHz."""
    return read_recording(RECORDINGS / f"{name}.flac").samples


class VoiceBench:
    """A voice_node with parameters, and a plain node that speaks and listens to it."""

    def __init__(self, ros, **parameters) -> None:
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.parameter import Parameter
        from std_msgs.msg import Int16MultiArray, String, UInt8MultiArray

        from seem_ros import msg
        from seem_ros.ros import qos
        from seem_ros.ros.voice.voice_node import VoiceNode

        self.prompts, self.heard, self.states = [], [], []
        self.peer = ros.create_node("voice_peer")
        for kind, topic, inbox in (
            (msg.Prompt, "seem_node/prompt", self.prompts),
            (msg.Heard, "voice_node/heard", self.heard),
        ):
            self.peer.create_subscription(kind, topic, inbox.append, qos.reliable(100))
        self.peer.create_subscription(
            String, "voice_node/state", lambda m: self.states.append(m.data), qos.latched()
        )
        kind = UInt8MultiArray if parameters.get("audio_encoding") == "bytes" else Int16MultiArray
        # Who takes prompts answers them, too.
        self.peer.create_publisher(msg.PromptStatus, "seem_node/prompt_status", qos.reliable())
        self._audio = self.offer(kind)
        values = {"engine": "pocketsphinx", "audio": "topic", "retry_period": 0.2, **parameters}
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        self.node = VoiceNode(parameter_overrides=overrides)
        self._executor = SingleThreadedExecutor()
        for each in (self.peer, self.node):
            self._executor.add_node(each)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def __enter__(self) -> VoiceBench:
        return self

    def __exit__(self, *_) -> None:
        self._executor.shutdown()
        self._thread.join()
        self.node.destroy_node()
        self.peer.destroy_node()

    def until(self, ready: Callable[[], object], what: str):
        """Wait for something; fails naming what was seen instead."""
        end_s = time.monotonic() + PATIENCE_S
        while not (result := ready()):
            assert time.monotonic() < end_s, f"no {what}; {self.states} {self.heard}"
            time.sleep(0.01)
        return result

    def offer(self, kind):
        """Publish sound of a message type, or be ready to."""
        from seem_ros.ros import qos

        return self.peer.create_publisher(kind, "audio", qos.reliable(100))

    def idle(self, reads: int) -> None:
        """Wait until the node waited for audio in vain so many times, a tenth of a second each."""
        read, empty = self.node._topic.read, []

        def watched(timeout_s: float) -> np.ndarray | None:
            samples = read(timeout_s)
            empty.extend([True] * (samples is None))
            return samples

        self.node._topic.read = watched
        self.until(lambda: len(empty) > reads, "silence")
        self.node._topic.read = read

    def ready(self) -> None:
        """Wait until it listens and is connected."""
        self.until(lambda: "listening" in self.states, "listening state")
        self.until(self._audio.get_subscription_count, "subscription of audio")

    def speak(self, samples: np.ndarray) -> None:
        """Send (N,) int16 samples as they are."""
        for start in range(0, len(samples), BLOCK):
            self.send(samples[start : start + BLOCK].tobytes())

    def send(self, data: bytes) -> None:
        """Send the bytes of one message."""
        message = self._audio.msg_type()
        typecode = "B" if "UInt8" in type(message).__name__ else "h"
        message.data = np.frombuffer(data, typecode).tolist()
        self._audio.publish(message)

    def finals(self) -> list:
        """List the finished sentences."""
        return [each for each in self.heard if each.is_final]
