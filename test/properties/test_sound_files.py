"""A sound file of any bytes is read, as far as it goes, or refused by name."""

from __future__ import annotations

import io

import numpy as np
import pytest

pytest.importorskip("hypothesis", reason="needs hypothesis")
soundfile = pytest.importorskip("soundfile", reason="needs soundfile")
pytest.importorskip("soxr", reason="needs soxr")

from hypothesis import given
from hypothesis import strategies as st

from seem_ros.speech.audio import AudioError, Converter, read_recording, samples_from_bytes


def written(rate: int, subtype: str, channels: int, container: str) -> bytes:
    buffer = io.BytesIO()
    tone = np.sin(np.arange(400) / 5.0)[:, None].repeat(channels, axis=1)
    soundfile.write(buffer, tone, rate, subtype=subtype, format=container)
    return buffer.getvalue()


WHOLE = [
    written(16000, "PCM_16", 1, "WAV"),
    written(44100, "FLOAT", 2, "WAV"),
    written(8000, "PCM_U8", 1, "WAV"),
    written(48000, "PCM_24", 3, "FLAC"),
]


@st.composite
def files(draw) -> bytes:
    """Draw any bytes, or a sound file that is changed, cut off, or longer than it says."""
    content = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 8))):
        place = draw(st.integers(0, min(len(content), 80) - 1) | st.integers(0, len(content) - 1))
        content[place] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        del content[draw(st.integers(0, len(content))) :]
    return bytes(content) + draw(st.binary(max_size=20))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("sounds") / "sound.wav"


@given(content=files() | st.binary(max_size=300))
def test_a_sound_file_is_read_or_refused(path, content):
    path.write_bytes(content)
    try:
        recording = read_recording(path)
    except AudioError as error:
        assert "\n" not in str(error)
        assert str(path) in str(error) or "sample rate" in str(error) or "channels" in str(error)
        return
    assert recording.samples.dtype == np.int16
    assert recording.samples.ndim == 1


@given(
    rate=st.integers(-1, 400_000) | st.sampled_from([8000, 16000, 44100]),
    channels=st.integers(-2, 40),
    pieces=st.lists(st.binary(max_size=200), max_size=4),
)
def test_a_stream_of_any_bytes_is_converted_or_refused(rate, channels, pieces):
    try:
        convert = Converter(rate, channels)
        for piece in pieces:
            samples = convert(samples_from_bytes(piece))
            assert samples.dtype == np.int16
    except AudioError as error:
        assert str(error)
