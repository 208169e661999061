from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

TESTS = """
    import pytest

    def test_runs():
        pass

    def test_needs_a_package():
        pytest.importorskip("no_such_tf2", reason="tf2_ros is not installed")

    @pytest.mark.xfail
    def test_is_known_to_fail():
        raise AssertionError
"""
FILE = 'import pytest\n\npytest.importorskip("no_such_voice", reason="needs the package flite")\n'


@pytest.fixture
def run(pytester):
    pytester.makepyfile(test_some=TESTS, test_whole_file=FILE)

    def run(*options: str):
        return pytester.runpytest_inprocess("-p", "support.skip_gate", "-rs", *options)

    return run


def test_without_the_option_any_test_may_be_skipped(run):
    result = run()
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1, skipped=2, xfailed=1)


def test_a_skip_that_no_word_allows_fails_the_run_and_is_shown(run):
    result = run("--no-skips-but", "tf2_ros,CUDA")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, skipped=2, xfailed=1)
    result.stdout.fnmatch_lines(
        ["*skipped, but should run here*", "test_whole_file.py: Skipped: needs the package flite"]
    )
    result.stdout.no_fnmatch_line("test_some.py::test_needs_a_package*")


def test_skips_that_a_word_allows_pass(run):
    assert run("--no-skips-but", "TF2_ros,flite").ret == pytest.ExitCode.OK


@pytest.mark.parametrize("words", ["", "tf2,flit"])
def test_words_are_whole(run, words):
    result = run(f"--no-skips-but={words}")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["test_some.py::test_needs_a_package: Skipped: tf2_ros is not *"])
