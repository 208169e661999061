"""Sound files and streams of every kind become int16, mono, 16 kHz, or are refused by name."""

from __future__ import annotations

import numpy as np
import pytest

soundfile = pytest.importorskip("soundfile", reason="needs soundfile")
pytest.importorskip("soxr", reason="needs soxr")

from seem_ros.speech.audio import AudioError, Converter, read_recording, samples_from_bytes
from seem_ros.speech.sources import FileSource, MicrophoneSource, QueueSource


def tone(rate: int, seconds: float = 0.5, hertz: float = 440.0) -> np.ndarray:
    """(N,) float64, half of full scale."""
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def loudest_hertz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 16000 / len(samples))


@pytest.mark.parametrize(
    ("rate", "subtype", "note"),
    [
        (16000, "PCM_16", ""),
        (16000, "PCM_U8", "converted from PCM_U8"),
        (16000, "PCM_24", "converted from PCM_24"),
        (16000, "FLOAT", "converted from FLOAT"),
        (8000, "PCM_16", "converted from 8000 Hz"),
        (44100, "PCM_16", "converted from 44100 Hz"),
        (48000, "FLOAT", "converted from 48000 Hz"),
    ],
)
def test_a_file_of_any_rate_and_width_sounds_the_same(tmp_path, rate, subtype, note):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(rate), rate, subtype=subtype)
    recording = read_recording(path)
    assert recording.samples.dtype == np.int16
    assert recording.duration_s == pytest.approx(0.5, abs=0.002)
    assert loudest_hertz(recording.samples) == pytest.approx(440, abs=3)
    assert np.abs(recording.samples[2000:6000]).max() == pytest.approx(16384, rel=0.03)
    assert note in "; ".join(recording.notes)
    assert bool(recording.notes) == bool(note)


def test_stereo_is_mixed(tmp_path):
    path = tmp_path / "stereo.wav"
    left = tone(16000)
    soundfile.write(path, np.stack([left, np.zeros_like(left)], axis=1), 16000)
    recording = read_recording(path)
    assert recording.notes == ("mixed from 2 channels",)
    assert np.abs(recording.samples).max() == pytest.approx(8192, rel=0.01)


def test_a_cut_off_file_is_used_as_far_as_it_goes(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(16000, 1.0), 16000, subtype="PCM_16")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    recording = read_recording(path)
    assert recording.duration_s == pytest.approx(0.5, abs=0.01)
    assert f"{len(content) - len(content) // 2} bytes are missing" in recording.notes[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"", "cannot be read"), (b"not a sound " * 9, "cannot be read")],
)
def test_what_is_no_recording_is_refused(tmp_path, content, message):
    path = tmp_path / "wrong.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioError, match=message):
        read_recording(path)


def test_a_file_without_samples_is_refused(tmp_path):
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0), 16000, subtype="PCM_16")
    with pytest.raises(AudioError, match="no samples"):
        read_recording(path)


def test_a_stream_in_pieces_is_the_stream_as_a_whole():
    samples = (tone(44100, 1.0) * 32767).astype(np.int16)
    whole = Converter(44100)(samples, last=True)
    stream = Converter(44100)
    pieces = [stream(piece) for piece in np.array_split(samples, 77)]
    joined = np.concatenate([*pieces, stream(samples[:0], last=True)])
    assert abs(len(joined) - len(whole)) <= 1
    size = min(len(joined), len(whole))
    assert np.abs(joined[:size].astype(int) - whole[:size]).max() <= 2


def test_interleaved_channels_are_mixed():
    samples = np.array([100, 300, -200, -400], np.int16)
    assert Converter(16000, 2)(samples).tolist() == [200, -300]


@pytest.mark.parametrize(("rate", "channels"), [(0, 1), (3999, 1), (500000, 1), (16000, 0)])
def test_an_impossible_stream_is_refused(rate, channels):
    with pytest.raises(AudioError, match=str(rate if channels else channels)):
        Converter(rate, channels)


def test_half_a_sample_is_refused():
    with pytest.raises(AudioError, match="3 bytes"):
        samples_from_bytes(b"abc")
    with pytest.raises(AudioError, match="3 samples"):
        Converter(16000, 2)(np.zeros(3, np.int16))


def test_nan_in_a_float_file_is_silence(tmp_path):
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.full(1600, np.nan, np.float32), 16000, subtype="FLOAT")
    assert not read_recording(path).samples.any()


def test_a_full_queue_drops_the_oldest():
    source = QueueSource()
    for number in range(405):
        source.put(np.full(1, number, np.int16))
    assert source.dropped == 5
    assert source.read(0.0)[0] == 5
    source = QueueSource()
    assert source.read(0.01) is None


def test_a_file_source_plays_everything_and_ends(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(16000, 0.2), 16000, subtype="PCM_16")
    played = []
    with FileSource(str(path)) as source, pytest.raises(EOFError, match="ended"):
        while True:
            block = source.read(1.0)
            played += [] if block is None else [block]
    assert np.array_equal(np.concatenate(played), read_recording(path).samples)


def test_a_missing_microphone_is_named():
    with pytest.raises(AudioError, match="microphone"), MicrophoneSource("no such microphone"):
        pass
