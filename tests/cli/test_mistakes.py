"""What goes wrong outside of any option is one line, too; and what is printed for programs moves no terminal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mockwise import MockWise, MockwiseError
from mockwise.cli import _error_line, output
from mockwise.cli.config_file import read_config_file


@pytest.fixture
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()


@pytest.mark.usefixtures("_nowhere")
def test_a_deleted_directory_is_told() -> None:
    """By a mock that keeps its files in it, and by whatever else asks where it is."""
    with pytest.raises(
        MockwiseError, match="the current directory has been deleted: change to one that is there"
    ):
        MockWise(certs="certs").start()
    with pytest.raises(OSError, match="No such file") as error:
        os.getcwd()  # noqa: PTH109  because it is what the system says
    assert _error_line(error.value) == "the current directory has been deleted: change to one that is there"


def test_what_the_system_says_is_one_line_with_the_file(tmp_path: Path) -> None:
    """Whatever a command stumbles over."""
    with pytest.raises(OSError, match="No such file") as error:
        (tmp_path / "none").read_text()
    assert _error_line(error.value) == f"{tmp_path / 'none'}: No such file or directory"
    assert _error_line(OSError("what?")) == "what?"
    with pytest.raises(MockwiseError):
        read_config_file(tmp_path / "none")


def test_json_moves_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters and those that turn text around are escaped; it reads as the same."""
    content = {"path": "/\x9b31m\u202egpj.exe\u2028\u200b\ufeff\x7f\U000e0041\ud800", "name": "Zoë 日本"}
    output.print_json(content)
    printed = capsys.readouterr().out
    assert json.loads(printed) == content
    assert printed.replace("\n", "").isprintable()
    assert "Zoë 日本" in printed
