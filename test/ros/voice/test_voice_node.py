"""A real voice_node in this process: sound in, prompts out, and every kind of bad input."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

for package in ("lark", "pocketsphinx", "soundfile", "soxr"):
    pytest.importorskip(package, reason=f"needs {package}")

from seem_ros.speech.audio import read_recording

RECORDINGS = Path(__file__).parents[2] / "speech" / "recordings"
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
        self._audio = self.peer.create_publisher(kind, "audio", qos.reliable(100))
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


@pytest.fixture
def start(ros):
    """Return a function that starts a VoiceBench; all are destroyed afterwards."""
    started = []

    def begin(**parameters) -> VoiceBench:
        started.append(VoiceBench(ros, **parameters))
        return started[-1]

    yield begin
    for each in started:
        each.__exit__()


def test_a_spoken_name_becomes_a_prompt(start):
    bench = start()
    bench.ready()
    bench.speak(recorded("segment_the_red_mug"))
    prompt = bench.until(lambda: bench.prompts, "prompt")[0]
    assert (prompt.text, prompt.mode, prompt.source) == ("red mug", prompt.ADD, "voice")
    heard = bench.until(bench.finals, "heard sentence")[0]
    assert (heard.text, heard.command, heard.phrase) == (
        "segment the red mug",
        "segment",
        "red mug",
    )
    assert heard.prompt_id == prompt.id != ""
    assert heard.confidence > 0.5
    assert heard.header.stamp.sec > 0
    partial = [each for each in bench.heard if not each.is_final]
    assert partial
    assert all(each.confidence == 0 and each.command == "" for each in partial)
    assert "hearing" in bench.states


def test_bytes_of_another_rate_and_two_channels(start):
    import soxr

    bench = start(audio_encoding="bytes", audio_rate=44100, audio_channels=2)
    bench.ready()
    mono = soxr.resample(recorded("find_the_banana").astype(np.float32), 16000, 44100)
    stereo = np.stack([mono, mono], axis=1).astype("<i2")
    bench.speak(stereo.reshape(-1))
    assert bench.until(lambda: bench.prompts, "prompt")[0].text == "banana"


def test_audio_that_stops_in_mid_word_is_given_up_and_the_next_sentence_is_heard(start):
    bench = start(audio_timeout=0.5)
    bench.ready()
    samples = recorded("segment_the_red_mug")
    bench.speak(samples[: len(samples) // 2])
    heard = bench.until(bench.finals, "end of the broken sentence")[0]
    assert heard.refusal == "The audio stopped in mid-sentence. Please say it again."
    bench.until(lambda: "problem: no audio for 0.5 s" in bench.states, "problem state")
    assert bench.prompts == []
    bench.speak(recorded("find_the_banana"))
    assert bench.until(lambda: bench.prompts, "prompt")[0].text == "banana"


def test_half_a_sample_is_reported_and_the_node_goes_on(start):
    bench = start(audio_encoding="bytes")
    bench.ready()
    bench.send(b"abc")
    bench.speak(recorded("undo_that"))
    prompt = bench.until(lambda: bench.prompts, "prompt")[0]
    assert prompt.mode == prompt.UNDO


def test_with_the_wake_word_only_what_follows_it_counts(start):
    bench = start(wake_word=True)
    bench.ready()
    bench.speak(recorded("segment_the_red_mug"))
    bench.speak(recorded("robot_find_the_banana"))
    heard = bench.until(lambda: [each for each in bench.finals() if each.prompt_id], "sentence")[0]
    bench.until(lambda: bench.prompts, "prompt")
    assert [prompt.text for prompt in bench.prompts] == ["banana"]
    assert (heard.text.split()[0], heard.phrase) == ("robot", "banana")


def test_labels_of_instances_are_listened_for(start):
    from seem_ros import msg

    bench = start(names="banana", only_names=True)
    bench.ready()
    publisher = bench.peer.create_publisher(msg.InstanceArray, "seem_node/instances", 1)
    bench.until(publisher.get_subscription_count, "subscription of instances")
    publisher.publish(msg.InstanceArray(instances=[msg.Instance(id=3, label="red mug")]))
    bench.until(bench.node._commander.labels, "label")
    bench.speak(recorded("segment_the_red_mug"))
    assert bench.until(lambda: bench.prompts, "prompt")[0].text == "red mug"


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"audio": "file", "audio_file": "nowhere.wav"}, "nowhere.wav: no such file"),
        ({"audio": "microphone", "microphone": "no such one"}, "microphone"),
        ({"engine": "vosk", "vosk_model": "no-model"}, "no Vosk model 'no-model'"),
        ({"engine": "vosk", "vosk_model": "/usr"}, "is no Vosk model"),
    ],
)
def test_what_is_missing_is_said_and_the_node_lives(start, parameters, problem):
    bench = start(**parameters)
    state = bench.until(
        lambda: next((each for each in bench.states if each.startswith("problem")), None), "state"
    )
    assert problem in state
    assert bench.node._thread.is_alive()


def test_a_recording_that_appears_later_is_played(start, tmp_path):
    path = tmp_path / "late.flac"
    bench = start(audio="file", audio_file=str(path))
    bench.until(lambda: any("no such file" in each for each in bench.states), "problem state")
    path.write_bytes((RECORDINGS / "find_the_banana.flac").read_bytes())
    assert bench.until(lambda: bench.prompts, "prompt")[0].text == "banana"
    bench.until(lambda: "the recording has ended" in bench.states, "end of the recording")


def test_a_wrong_language_ends_the_start(ros):
    with pytest.raises(ValueError, match="no voice language 'xx'"):
        VoiceBench(ros, language="xx")
