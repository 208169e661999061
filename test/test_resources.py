"""Configuration, weights and the clip are found, and what is missing is named."""

from __future__ import annotations

import pytest

from seem_ros import resources


def test_model_configurations_are_found():
    path = resources.config_path("models", "nano.yaml")
    assert path.is_file()
    assert path.parent == resources.config_dir() / "models"


def test_installed_configuration_lies_inside_the_package(tmp_path, monkeypatch):
    package = tmp_path / "site" / "seem_ros"
    (package / "config" / "models").mkdir(parents=True)
    (package / "config" / "models" / "nano.yaml").write_text("")
    monkeypatch.setattr(resources, "PACKAGE", package)
    path = resources.config_path("models", "nano.yaml")
    assert path == package / "config" / "models" / "nano.yaml"


def test_a_missing_file_is_named_with_those_that_are_there():
    with pytest.raises(
        FileNotFoundError, match=r"huge\.yaml does not exist; there are .*nano\.yaml"
    ):
        resources.config_path("models", "huge.yaml")
    with pytest.raises(FileNotFoundError, match=r"huge\.safetensors does not exist"):
        resources.weights_path("huge")
