"""One command gives every file that names the version a new one."""

from __future__ import annotations

import datetime
import importlib
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("CHANGELOG.rst", "CITATION.cff", "package.xml", "seem_ros/__init__.py")
DAY = datetime.date(2026, 12, 24)


@pytest.fixture
def bump(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("bump_version").bump


@pytest.fixture
def tree(tmp_path):
    """Return a copy of the files that name the version."""
    (tmp_path / "seem_ros").mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    if "Forthcoming" not in (tmp_path / "CHANGELOG.rst").read_text():
        text = (tmp_path / "CHANGELOG.rst").read_text()
        new = text.replace("\n\n", "\n\nForthcoming\n-----------\n* New.\n\n", 1)
        (tmp_path / "CHANGELOG.rst").write_text(new)
    return tmp_path


def test_every_file_gets_the_version(bump, tree):
    bump(tree, "12.3.45", DAY)
    assert '__version__ = "12.3.45"' in (tree / "seem_ros/__init__.py").read_text()
    assert "<version>12.3.45</version>" in (tree / "package.xml").read_text()
    citation = (tree / "CITATION.cff").read_text()
    assert "\nversion: 12.3.45\n" in citation
    assert "cff-version: 1.2.0" in citation
    changes = (tree / "CHANGELOG.rst").read_text()
    assert "12.3.45 (2026-12-24)\n--------------------\n" in changes
    assert "Forthcoming" not in changes


@pytest.mark.parametrize("version", ["1.2", "v1.2.3", "1.2.3rc1"])
def test_what_is_no_version_changes_nothing(bump, tree, version):
    before = {name: (tree / name).read_text() for name in FILES}
    with pytest.raises(ValueError, match="a version is X.Y.Z"):
        bump(tree, version, DAY)
    assert {name: (tree / name).read_text() for name in FILES} == before


def test_a_release_says_what_is_new(bump, tree):
    bump(tree, "1.0.0", DAY)
    with pytest.raises(ValueError, match=r"no section Forthcoming: what is new in 1\.0\.1"):
        bump(tree, "1.0.1", DAY)
    assert "1.0.0" in (tree / "package.xml").read_text()


def test_the_files_agree_today():
    version = (ROOT / "seem_ros/__init__.py").read_text().split('__version__ = "')[1].split('"')[0]
    assert f"<version>{version}</version>" in (ROOT / "package.xml").read_text()
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
