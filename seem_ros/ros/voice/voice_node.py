"""voice_node: audio in, prompts and service calls of seem_node out. A process of its own.

One thread reads audio, recognises it and sends what was meant; ROS callbacks only fill queues.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.subscription import Subscription
from std_msgs.msg import Int16MultiArray, String, UInt8MultiArray

from seem_ros.ros import node_help, parameter_fields, process, qos
from seem_ros.ros.names import watch_name
from seem_ros.ros.voice.commander import VoiceCommander
from seem_ros.ros.voice.parameters import VoiceParameters
from seem_ros.speech.audio import AudioError, Converter, samples_from_bytes
from seem_ros.speech.dialogue import Heard
from seem_ros.speech.engines.engine import SpeechError
from seem_ros.speech.grammar.command_grammar import CommandGrammar
from seem_ros.speech.listener import Listener
from seem_ros.speech.setup import chosen_language, open_listener
from seem_ros.speech.sources import FileSource, MicrophoneSource, QueueSource, Source

PROBLEM = "problem"  # how ~/state begins when nothing can be heard
_READ_TIMEOUT_S = 0.1


class VoiceNode(Node):
    """Listens while it exists. What is wrong is said in ~/state and the log; it never gives up."""

    def __init__(self, **node_arguments: Any) -> None:
        """Open the topics and start to listen.

        Raises:
            ValueError: a parameter is wrong.

        """
        super().__init__("voice_node", enable_logger_service=True, **node_arguments)
        watch_name(self)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)
        self._settings = parameter_fields.declare(self, VoiceParameters)
        self._state = self.create_publisher(String, "~/state", qos.latched())
        self._said_state = ""
        self._say("starting")
        self._commander = VoiceCommander(self, self._settings.segmenter)
        self._config = self._settings.voice_config()
        self._language = chosen_language(self._config)
        self._labels: frozenset[str] = frozenset()
        self._listener: Listener | None = None
        self._topic = QueueSource()
        self._audio: Subscription | None = None
        if self._settings.audio == "topic":
            self._subscribe()
        self._thread.start()

    def destroy_node(self) -> None:
        """Stop listening and destroy everything."""
        self._stop.set()
        if self._thread.ident is not None:  # not where a parameter was wrong
            self._thread.join()
        super().destroy_node()

    def _subscribe(self) -> None:
        parameters = self._settings
        self._converter = Converter(parameters.audio_rate, parameters.audio_channels)
        kind = Int16MultiArray if parameters.audio_encoding == "int16" else UInt8MultiArray
        quality = qos.reliable(depth=100)
        self._audio = self.create_subscription(kind, "audio", self._on_audio, quality)

    def _on_audio(self, message: Int16MultiArray | UInt8MultiArray) -> None:
        try:
            data = memoryview(message.data).cast("B")
            self._topic.put(self._converter(samples_from_bytes(data)))
        except AudioError as error:
            self.get_logger().error(f"audio: {error}", throttle_duration_sec=5.0)

    def _run(self) -> None:
        """Listen until the node is destroyed; try what is missing or broken again and again."""
        while not self._stop.is_set():
            try:
                if self._listener is None:
                    self._listener = self._opened()
                self._play(self._listener)
            except (AudioError, SpeechError) as error:
                self._say(f"{PROBLEM}: {error}")
                if self._listener is not None:
                    self._listener.reset()
                self._stop.wait(self._settings.retry_period)

    def _play(self, listener: Listener) -> None:
        """Listen to the source from its beginning to its end, if it has one."""
        try:
            with self._source() as source:
                self._say("listening")
                self._listen(listener, source)
        except EOFError as ended:
            self._take(listener.finish())
            self._say(str(ended))
            self._stop.wait()

    def _opened(self) -> Listener:
        listener = open_listener(self._config, self._commander.instances)
        self.get_logger().info(f"speech is recognised by {listener.engine.name}")
        self._report_unknown(listener)
        return listener

    def _source(self) -> Source:
        parameters = self._settings
        if parameters.audio == "topic":
            return self._topic
        if parameters.audio == "microphone":
            return MicrophoneSource(parameters.microphone)
        source = FileSource(parameters.audio_file)
        for note in source.notes:
            self.get_logger().info(f"{parameters.audio_file}: {note}")
        return source

    def _listen(self, listener: Listener, source: Source) -> None:
        last_s = time.monotonic()
        while not self._stop.is_set():
            samples = source.read(_READ_TIMEOUT_S)
            if samples is not None:
                last_s = time.monotonic()
                self._hear(listener, samples)
            elif time.monotonic() - last_s > self._settings.audio_timeout:
                self._interrupted(listener)

    def _hear(self, listener: Listener, samples: np.ndarray) -> None:
        if not listener.in_sentence:
            self._follow_labels(listener)
        self._take(listener.accept(samples))
        self._say("hearing" if listener.in_sentence else "listening")

    def _interrupted(self, listener: Listener) -> None:
        """Give up a sentence whose audio stopped; between sentences a topic may be silent."""
        if listener.in_sentence:
            reason = self._language.replies["audio_stopped"]
            self._commander.carry_out(Heard("", is_final=True, refusal=reason))
            listener.reset()
        elif self._audio is not None:
            self._look_for_publisher(self._audio)
            return
        self._say(f"{PROBLEM}: no audio for {self._settings.audio_timeout:g} s")

    def _look_for_publisher(self, audio: Subscription) -> None:
        """Say whether there is somebody who could be heard."""
        kind = f"std_msgs/msg/{audio.msg_type.__name__}"
        nobody = f"{PROBLEM}: nobody publishes {kind} on {audio.topic_name}"
        ends = self.get_publishers_info_by_topic(audio.topic_name)
        if not any(end.topic_type == kind for end in ends):
            self._say(nobody)
        elif self._said_state == nobody:
            self._say("listening")

    def _take(self, sentences: Sequence[Heard]) -> None:
        for heard in sentences:
            self._commander.carry_out(heard)
            if heard.is_final:
                meaning = heard.refusal or f"{heard.command} {heard.phrase}".strip()
                self.get_logger().info(f"heard {heard.text!r}: {meaning}")

    def _follow_labels(self, listener: Listener) -> None:
        """Listen for the operator's labels as soon as there are new ones."""
        labels = self._commander.labels()
        if not self._settings.use_labels or labels <= self._labels:
            return
        self._labels |= labels
        language = self._language.with_names(sorted(self._labels))
        listener.use(CommandGrammar(language, wake_word=self._config.dialogue.wake_word))
        self._report_unknown(listener)

    def _report_unknown(self, listener: Listener) -> None:
        if listener.unknown_words:
            words = ", ".join(listener.unknown_words)
            self.get_logger().warning(f"{listener.engine.name} cannot hear: {words}")

    def _say(self, state: str) -> None:
        """Publish the state when it changes; log it where it is bad, and what comes after that."""
        if state == self._said_state:
            return
        was_bad = self._said_state.startswith(PROBLEM)
        self._said_state = state
        self._state.publish(String(data=state))
        if state.startswith(PROBLEM):
            self.get_logger().warning(state)
        elif was_bad:
            self.get_logger().info(state)


def main(args: list[str] | None = None) -> None:
    """Run the node until it is interrupted."""
    if node_help.is_asked_for(args):
        print(node_help.text("voice_node", __doc__, (VoiceParameters,), "-p audio:=topic"))
        return
    stop = process.start("voice_node", args)
    node = process.created("voice_node", VoiceNode)
    with process.spun(node, SingleThreadedExecutor(), stop):
        process.wait(stop)


if __name__ == "__main__":
    main()
