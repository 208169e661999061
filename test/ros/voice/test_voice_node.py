"""A real voice_node in this process: sound in, prompts out, and every kind of bad input."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

for package in ("lark", "pocketsphinx", "soundfile", "soxr"):
    pytest.importorskip(package, reason=f"needs {package}")

from support.spoken_commands import RECORDINGS
from support.voice_bench import VoiceBench, recorded


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


def test_between_two_pushes_of_the_button_nothing_is_wrong(start):
    bench = start(audio_timeout=0.1)
    bench.ready()
    bench.idle(5)
    for count, name in enumerate(("segment_the_red_mug", "find_the_banana"), 1):
        bench.speak(np.append(recorded(name), np.zeros(16000, np.int16)))  # as the console does
        bench.until(lambda count=count: len(bench.prompts) == count, "prompt")
        bench.idle(5)
    assert bench.states[-1] == "listening"
    assert not [state for state in bench.states if state.startswith("problem")]
    assert [heard.refusal for heard in bench.finals()] == ["", ""]


@contextlib.contextmanager
def publishing_bytes(bench):
    """Let another program publish `audio` in a type that is not listened for."""
    import rclpy
    from std_msgs.msg import UInt8MultiArray

    context = rclpy.Context()
    context.init()
    stranger = rclpy.create_node("stranger", context=context)
    stranger.create_publisher(UInt8MultiArray, "audio", 1)
    bench.until(lambda: bench.node.count_publishers("/audio"), "publisher of bytes")
    yield
    stranger.destroy_node()
    context.shutdown()


def test_nobody_who_could_speak_is_a_problem_until_somebody_can(start):
    from std_msgs.msg import Int16MultiArray

    bench = start(audio_timeout=0.1)
    bench.ready()
    bench.peer.destroy_publisher(bench._audio)
    nobody = "problem: nobody publishes std_msgs/msg/Int16MultiArray on /audio"
    bench.until(lambda: bench.states[-1] == nobody, "problem state")
    with publishing_bytes(bench):
        bench.idle(5)
        assert bench.states[-1] == nobody
    bench._audio = bench.offer(Int16MultiArray)
    bench.until(lambda: bench.states[-1] == "listening", "listening state")
    bench.speak(recorded("find_the_banana"))
    bench.until(lambda: bench.prompts, "prompt")


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
