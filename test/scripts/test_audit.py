"""The audit tells vulnerable packages, clean ones, and those that nobody could look up apart."""

from __future__ import annotations

import importlib
import json
import subprocess
from pathlib import Path

import pytest

CLEAN = {"name": "pillow", "version": "12.3.0", "vulns": []}
UNKNOWN = {"name": "lark", "skip_reason": "not found on PyPI and could not be audited"}
HOLE = {"id": "PYSEC-1", "fix_versions": ["6.1"], "aliases": [], "description": ""}
VULNERABLE = {"name": "pyyaml", "version": "6.0", "vulns": [HOLE]}


@pytest.fixture
def audit(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "scripts"))
    return importlib.import_module("audit")


def run(audit, monkeypatch, capsys, report) -> tuple[int, str]:
    """Audit where pip-audit gives `report` of each file; return exit code and output."""
    monkeypatch.setattr(audit, "installed", lambda folder: folder)
    monkeypatch.setattr(audit, "report_of", report)
    with pytest.raises(SystemExit) as end:
        audit.main()
    return end.value.code, capsys.readouterr().out


def of_base(*packages: dict) -> object:
    """Return what reports packages for base.txt and nothing for the other files."""
    return lambda tool, file: json.dumps(
        {"dependencies": packages if file.name == "base.txt" else [], "fixes": []}
    )


def test_a_vulnerable_package_is_named_and_fails(audit, monkeypatch, capsys):
    code, said = run(audit, monkeypatch, capsys, of_base(CLEAN, UNKNOWN, VULNERABLE))
    assert code == 1
    assert "2 packages, 1 vulnerabilities" in said
    assert "nothing of lark" in said
    assert "pyyaml 6.0: PYSEC-1, fixed in 6.1" in said


def test_clean_packages_pass(audit, monkeypatch, capsys):
    code, said = run(audit, monkeypatch, capsys, of_base(CLEAN))
    assert (code, said) == (0, "audit: 1 packages, 0 vulnerabilities\n")


def test_a_mirror_that_knows_no_package_is_no_audit(audit, monkeypatch, capsys):
    code, said = run(audit, monkeypatch, capsys, of_base(UNKNOWN))
    assert code == 0
    assert "not done" in said


def test_offline_it_says_so_and_does_not_fail(audit, monkeypatch, capsys, tmp_path):
    def no_network(folder: Path) -> Path:
        raise subprocess.CalledProcessError(1, ["pip", "install"])

    monkeypatch.setattr(audit, "installed", no_network)
    with pytest.raises(SystemExit) as end:
        audit.main()
    assert end.value.code == 0
    assert "not done" in capsys.readouterr().out


def test_what_was_found_before_the_network_broke_still_fails(audit, monkeypatch, capsys):
    def breaks(tool: Path, file: Path) -> str:
        if file.name > "base.txt":
            raise ValueError("connection reset")
        return of_base(VULNERABLE)(tool, file)

    code, said = run(audit, monkeypatch, capsys, breaks)
    assert code == 1
    assert "stopped: connection reset" in said
