"""``pytest --no-skips-but WORDS``: a skipped test fails the run, unless a word gives its reason.

Tests of what a machine lacks are skipped. Where all that can be installed is installed, a skip
hides a test that nobody runs; so there only those may be skipped that need something named here.
"""

from __future__ import annotations

import re

import pytest


class SkipGate:
    """Keeps the skips that no word allows, and fails a run that has any.

    Args:
        words: a skip's reason must hold one of them, as a whole word; case does not matter.
    """

    def __init__(self, words: list[str]) -> None:
        self._allowed = [re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE) for word in words]
        self.refused: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Look at a file that was skipped as a whole."""
        self._see(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at a test that was skipped; one that is expected to fail is none."""
        if not hasattr(report, "wasxfail"):
            self._see(report)

    def _see(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if not report.skipped:
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        if not any(word.search(str(reason)) for word in self._allowed):
            self.refused.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run."""
        if self.refused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which skips failed it."""
        if self.refused:
            terminalreporter.section("skipped, but should run here", red=True)
            for line in self.refused:
                terminalreporter.line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--no-skips-but", metavar="WORD,WORD",
        help="fail if a test is skipped for a reason that holds none of these words",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Watch the run if the option is given."""
    words = config.getoption("--no-skips-but")
    if words is not None:
        config.pluginmanager.register(SkipGate([word for word in words.split(",") if word]))
