"""The command line as a whole: every command is found, by its name alone and among the others."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from outdial import __version__
from outdial.cli.main import _MODULES, application


def told(*words: str) -> str:
    result = CliRunner().invoke(application(words[0]), words)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("command", _MODULES)
def test_a_command_that_is_asked_for_is_there(command: str) -> None:
    assert f"{command} [" in told(command, "--help")


def test_all_commands_are_listed() -> None:
    listed = told("--help")
    assert [command for command in _MODULES if command not in listed] == []


def test_the_version_is_told() -> None:
    assert told("--version").strip() == __version__


@pytest.mark.slow  # a process of its own
@pytest.mark.parametrize("words", ["--version", "simulate --help"])
def test_what_other_commands_need_is_not_loaded(words: str) -> None:
    script = f"""
import sys
sys.argv = ["outdial", *{words.split()!r}]
from outdial.cli.main import main
try:
    main()
except SystemExit:
    pass
assert "fastapi" not in sys.modules and "asyncpg" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
