"""What is printed: a table, a line a rule or a bar, JSON; and never a secret."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from mockwise import MockWise, Sandbox
from mockwise.contract_runner import run_contract
from mockwise.contract_runner.progress import console_for
from tests.contract.contract_results import linked, surroundings, try_contract
from tests.contract.drifting import Drifting, Exchange
from tests.contract.drifts import in_token


def printed(box: Sandbox, *, terminal: bool = False) -> tuple[int, str, str]:
    """Run the contract: its status, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    status = run_contract(
        environ=surroundings(**box.environ()),
        out=Console(file=out, width=200),
        err=Console(file=err, width=200, force_terminal=terminal),
    )
    return status, out.getvalue(), err.getvalue()


@pytest.fixture
def drifting(monkeypatch: pytest.MonkeyPatch) -> tuple[MockWise, Drifting]:
    """A mock, not yet started, and what makes it drift."""
    return MockWise(token_format="uuid"), Drifting.install(monkeypatch)


def test_json_has_every_rule_with_its_label_and_source(mockwise: Sandbox) -> None:
    """The members that scripts read."""
    report = try_contract(surroundings(**mockwise.environ())).report
    assert report.keys() == {"target", "unable", "summary", "rules"}
    assert sum(report["summary"].values()) == len(report["rules"])
    assert {rule["label"] for rule in report["rules"]} == {"DOCUMENTED", "OBSERVED", "INFERRED", "mock-only"}
    by_name = {rule["name"]: rule for rule in report["rules"]}
    assert by_name["token.type"] == {
        "name": "token.type",
        "verdict": "kept",
        "why": None,
        "label": "DOCUMENTED",
        "source": "docs.wise.com/api-reference/oauth-token/oauthtokencreate",
        "known": "token-endpoint.md#response",
        "sentence": "`token_type` is `bearer`, in lower case.",
    }


def test_a_file_gets_a_line_a_rule_and_a_table(drifting: tuple[MockWise, Drifting]) -> None:
    """Kept, broken and not applicable, each with label and source, the broken ones last with their reason."""
    mock, double = drifting
    double.drift = in_token(token_type="Bearer", scope="read")
    with mock:
        status, out, err = printed(mock.default)
        url = mock.mtls_url
    assert status == 1
    assert "broken         token.type: AssertionError: assert 'Bearer' == 'bearer'" in err
    assert "kept           token.granted\n" in err
    lines = [line.rstrip() for line in out.splitlines()]
    assert any(
        line.split() == ["kept", "token.text", "INFERRED", "RFC", "6750", "section", "2.1"] for line in lines
    )
    assert any(
        line.startswith("n/a    lifetime.ends") and line.endswith("/access") is False for line in lines
    )
    assert sum("left alone: this is tried on a mock of the contract's own" in line for line in lines) < 30
    labels = [line.split()[0] for line in lines[-6:-2]]
    assert labels == ["DOCUMENTED", "OBSERVED", "INFERRED", "mock-only"]
    assert any(line.startswith("BROKEN token.type") for line in lines[-27:])
    assert lines[-1].endswith("broken are 2 DOCUMENTED, 1 INFERRED")
    assert f"3 broken at {url}" in lines[-1]


def test_a_terminal_gets_a_bar(drifting: tuple[MockWise, Drifting]) -> None:
    """The bar moves; a broken rule stays above it."""
    mock, double = drifting
    double.drift = in_token(token_type="Bearer")
    with mock:
        _, _, err = printed(mock.default, terminal=True)
    assert re.search(r"\b\d+/\d{3}\b", err)
    assert "token.type" in err
    assert "kept " not in err


def test_output_that_goes_to_a_file_is_wide(capsys: pytest.CaptureFixture[str]) -> None:
    """A source is not folded for a terminal that is not there."""
    console = console_for(stderr=False)
    console.print("x" * 150)
    assert capsys.readouterr().out == "x" * 150 + "\n"


def test_a_terminal_keeps_its_own_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal says how wide it is."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "90")
    assert console_for(stderr=True).width == 90


def secret_spilling(exchange: Exchange) -> None:
    """Answers that repeat what was sent, wherever they can, with a token that is none."""
    shown = exchange.request.get("authorization", "")
    scheme, _, credentials = shown.partition(" ")
    if scheme.lower() == "basic":
        shown += base64.b64decode(credentials).decode("utf-8", "replace")
    token = "spilt token " * 10
    exchange.headers |= {"x-trace-id": shown.encode("ascii", "replace").decode()}
    exchange.say({"error": shown, "error_description": shown, "access_token": token, "token_type": shown})


def test_no_secret_is_printed_even_if_the_target_repeats_it(
    drifting: tuple[MockWise, Drifting], tmp_path: Path
) -> None:
    """Reports end up in logs: secret, credentials and token are masked in JSON, lines, table and JUnit."""
    mock, double = drifting
    double.drift = secret_spilling
    with mock:
        environ = surroundings(**mock.default.environ())
        tried = try_contract(environ, junit=tmp_path / "junit.xml")
        _, out, err = printed(mock.default)
        secret = mock.default.client_secret
        basic = base64.b64encode(f"{mock.default.client_id}:{secret}".encode()).decode()
    said = f"{tried.report}{tried.err}{out}{err}{(tmp_path / 'junit.xml').read_text()}"
    assert len(tried.broken) > 20
    assert "***" in said
    for hidden in (secret, basic, "spilt token spilt"):
        assert hidden not in said
    assert secret[:8] not in said


def personal(exchange: Exchange) -> None:
    """Answers about users that are wrong and full of what is nobody's business."""
    if exchange.status == 200 and exchange.path.endswith(("/me", "/profiles")):
        for value in (b'"1990-01-01"', b'"gbr"', b'"GB"', b'"PERSONAL"', b"T"):
            exchange.body = exchange.body.replace(value, value[:-1] + b" nobody's business" + value[-1:])


def test_nothing_is_printed_of_what_is_read_of_a_user(
    drifting: tuple[MockWise, Drifting], tmp_path: Path
) -> None:
    """The link may be a real person's: dates, addresses and ids are compared, and not shown."""
    mock, double = drifting
    with mock:
        environ = surroundings(**mock.default.environ(), **linked(mock.default))
        user, profiles = mock.default.users[0], mock.default.profiles(mock.default.users[0])
        double.drift = personal
        tried = try_contract(environ, junit=tmp_path / "junit.xml")
    assert {"users.me-details", "users.profile-times", "users.profile-country"} <= tried.broken
    said = f"{tried.report}{tried.err}{(tmp_path / 'junit.xml').read_text()}"
    for hidden in (user.email, str(user.user_id), str(profiles[0].profile_id), "1990-01-01", "1 Example"):
        assert hidden not in said
