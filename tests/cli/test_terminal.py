"""What is shown, where no process is needed to see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mockwise.cli.output import relative
from mockwise.cli.terminal import Terminal
from mockwise.mock import FailedHandshake
from tests.cli.processes import served
from tests.state.helpers import exchange


def test_nothing_to_show_is_nothing_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Of refusals only, what was let in is none; and a stop is no line."""
    Terminal(refusals_only=True).show([exchange(1), "stop"])
    assert capsys.readouterr().out == ""
    Terminal(refusals_only=False).show([exchange(1), exchange(2)])
    assert capsys.readouterr().out.count("\n") == 2


def test_a_terminal_has_colours(tmp_path: Path) -> None:
    """Lines in a terminal are coloured."""
    with served(tmp_path, environ={"FORCE_COLOR": "1"}) as mock:
        assert mock.ask().status_code == 200
        assert "\x1b[" in mock.lines("POST")[0]
        assert mock.stop() == 0


def test_times_are_told_from_each_other() -> None:
    """Times of the control API are told relative to its clock."""
    noon, later = "2026-11-22T12:00:00Z", "2026-11-22T14:05:00Z"
    assert (relative(noon, noon), relative(later, noon), relative(noon, later)) == (
        "now",
        "in 2h5m",
        "2h5m ago",
    )


def test_a_handshake_without_an_alert_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    """The peer left, or spoke no TLS; the reason says so."""
    refusal = FailedHandshake(
        time=datetime(2026, 7, 1, tzinfo=UTC),
        listener="mtls",
        connection="c1",
        peer=None,
        tls_version=None,
        alert=None,
        reason="It left.",
    )
    terminal = Terminal(refusals_only=False)
    terminal.show([refusal, replace(refusal, alert="certificate_expired")])
    without, named = capsys.readouterr().out.splitlines()
    assert without.endswith("TLS handshake refused mtls  It left.")
    assert named.endswith("TLS handshake refused: certificate_expired mtls  It left.")
