"""Where Vosk models are looked for, and how one is fetched."""

from __future__ import annotations

import functools
import http.server
import io
import threading
import zipfile

import pytest

from seem_ros.speech.engines import vosk_models
from seem_ros.speech.engines.choice import EngineChoice, open_engine
from seem_ros.speech.engines.engine import SpeechError

FILES = ("am/final.mdl", "graph/Gr.fst", "conf/mfcc.conf")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return an empty folder that is the only place for models."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(vosk_models, "model_folders", lambda: [folder])
    return folder


def make_model(folder):
    for file in FILES:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"x")
    return folder


@pytest.fixture
def archive():
    """Return the bytes of an archive that holds a model in a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as content:
        for file in FILES:
            content.writestr(f"vosk-model-small-en-us-0.15/{file}", b"x")
    return buffer.getvalue()


@pytest.fixture
def server(tmp_path):
    """Return a folder and the address under which it is served on this machine."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_model_is_found_by_language_name_and_folder(home):
    model = make_model(home / "vosk-model-small-xx-0.15")
    assert vosk_models.find_model("", "xx") == model
    assert vosk_models.find_model("vosk-model-small-xx-0.15", "en") == model
    assert vosk_models.find_model(str(model), "en") == model
    assert vosk_models.find_model(str(home), "en") == model  # the folder around it


def test_the_older_layout_is_a_model_too(home):
    (home / "old").mkdir()
    for file in ("final.mdl", "HCLr.fst"):
        (home / "old" / file).write_bytes(b"x")
    assert vosk_models.find_model("old", "en") == home / "old"


def test_a_missing_model_says_where_was_looked_and_what_to_do(home):
    with pytest.raises(SpeechError, match="'xx' Vosk model in .*seem-ros download"):
        vosk_models.find_model("", "xx")
    with pytest.raises(SpeechError, match="nowhere"):
        vosk_models.find_model("nowhere", "en")


def test_a_folder_that_is_no_model_is_refused(home):
    (home / "other").mkdir()
    with pytest.raises(SpeechError, match="is no Vosk model: it lacks am/final.mdl"):
        vosk_models.find_model(str(home / "other"), "en")


def test_an_engine_without_the_language_is_refused(home):
    with pytest.raises(ValueError, match="unknown engine 'whisper'"):
        EngineChoice("whisper")
    with pytest.raises(SpeechError, match="English only"):
        open_engine(EngineChoice("pocketsphinx"), "ko")
    with pytest.raises(SpeechError, match=r"no 'xx' Vosk model.*English only"):
        open_engine(EngineChoice("auto"), "xx")


def test_a_broken_model_is_refused(home):
    pytest.importorskip("vosk", reason="needs vosk")
    make_model(home / "broken")
    with pytest.raises(SpeechError, match="cannot read the model"):
        open_engine(EngineChoice("vosk", "broken"), "en")


def test_a_model_is_fetched_and_found(home, server, archive):
    folder, address = server
    (folder / "model.zip").write_bytes(archive)
    seen = []
    found = vosk_models.fetch_model(
        "vosk-small-en-us", f"{address}/model.zip", lambda done, total: seen.append((done, total))
    )
    assert found == home / "vosk-model-small-en-us-0.15"
    assert vosk_models.find_model("", "en") == found
    assert seen[-1] == (len(archive), len(archive))
    assert [path.name for path in home.iterdir()] == [found.name]


@pytest.mark.parametrize("kind", ["no archive", "no model"])
def test_what_is_no_model_is_not_kept(home, server, kind):
    folder, address = server
    if kind == "no archive":
        (folder / "model.zip").write_bytes(b"<html>")
    else:
        with zipfile.ZipFile(folder / "model.zip", "w") as content:
            content.writestr("readme.txt", "hello")
    with pytest.raises(ValueError, match=r"is no archive|holds no Vosk model"):
        vosk_models.fetch_model("vosk-small-en-us", f"{address}/model.zip", lambda *_: None)
    assert list(home.iterdir()) == []


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="vosk-small-en-us, vosk-small-ko"):
        vosk_models.fetch_model("vosk-large", None, lambda *_: None)
