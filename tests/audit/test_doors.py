"""The audit through the command line and the control host."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from mockwise import MockWise, Sandbox
from tests.api_calls import GRANT
from tests.cli.processes import MOCKWISE, fail, mockwise, succeed

BAD = """
import os, ssl, httpx
context = ssl.create_default_context(cafile=os.environ["MOCKWISE_CA_FILE"])
context.load_cert_chain(os.environ["MOCKWISE_CERT_FILE"], os.environ["MOCKWISE_KEY_FILE"])
auth = os.environ["MOCKWISE_CLIENT_ID"], os.environ["MOCKWISE_CLIENT_SECRET"]
with httpx.Client(verify=context, base_url=os.environ["MOCKWISE_MTLS_URL"], auth=auth) as client:
    for _ in range(3):
        client.post("/oauth/token", data={"grant_type": "client_credentials"})
"""


@pytest.fixture(scope="module")
def mock() -> Iterator[MockWise]:
    """A running mock that the tests of this file share."""
    with MockWise(token_format="uuid") as running:
        yield running


@pytest.fixture
def box(mock: MockWise) -> Iterator[Sandbox]:
    """A sandbox whose client fetches a token for each call, and tells its secret."""
    with mock.sandbox() as fresh:
        with httpx.Client(verify=fresh.ssl_context()) as client:
            for _ in range(3):
                data = {**GRANT, "client_secret": "x"}
                client.post(fresh.token_url, auth=(fresh.client_id, fresh.client_secret), data=data)
        yield fresh


def test_the_control_host_has_it_as_data(mock: MockWise, box: Sandbox) -> None:
    """The same findings as `box.audit()`."""
    answer = httpx.get(f"{mock.control_url}/sandboxes/{box.name}/audit").json()
    assert answer["counts"] == {"error": 1, "warning": 1, "note": 0}
    assert answer["sandboxes"] == [{"name": box.name, "exchanges": 3, "tokens": 3}]
    first, finding = answer["findings"][0], box.audit()[0]
    assert (first["rule"], first["what"], first["sandbox"]) == (finding.rule, finding.what, box.name)
    assert first["evidence"][0] == {"number": 1, "line": finding.evidence[0].line}
    assert httpx.get(f"{mock.control_url}/sandboxes/nobody/audit").status_code == 404


def test_the_control_host_has_it_as_a_page_and_for_ci(mock: MockWise, box: Sandbox) -> None:
    """The page may load nothing but its own style."""
    page = httpx.get(f"{mock.control_url}/sandboxes/{box.name}/audit/page")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "tokens-not-held" in page.text
    suite = ET.fromstring(httpx.get(f"{mock.control_url}/sandboxes/{box.name}/audit/junit").text)
    assert [it.get("type") for it in suite.iter("failure")] == ["error"]


def test_the_verb_prints_and_writes(mock: MockWise, box: Sandbox, tmp_path: Path) -> None:
    """A table, what to change, and files."""
    where = ("--control", mock.control_url, "--sandbox", box.name)
    out = succeed("audit", *where, "--junit", str(tmp_path / "a.xml"), "--html", str(tmp_path / "a.html"))
    assert "Audit: 1 error, 1 warning" in out
    assert "error    tokens-not-held  3 live tokens were held" in out
    assert "  seen in #1 #2 #3" in out
    assert "tokens-not-held" in (tmp_path / "a.xml").read_text()
    assert "<svg" in (tmp_path / "a.html").read_text()
    assert json.loads(succeed("audit", *where, "--json"))["counts"]["error"] == 1
    assert mockwise("audit", *where, "--fail").returncode == 1
    box.reset()
    assert succeed("audit", *where, "--fail") == "audit: nothing found in 0 exchanges\n"


def test_clients_and_sandboxes_are_named_where_there_are_several(mock: MockWise, box: Sandbox) -> None:
    """Otherwise the columns would say the same in each row."""
    other = box.add_client(client_id=f"other-{box.name}")
    with httpx.Client(verify=other.ssl_context()) as client:
        for _ in range(2):
            client.post(box.token_url, auth=(other.client_id, other.client_secret), data=GRANT)
    out = succeed("audit", "--control", mock.control_url, "--sandbox", box.name)
    assert "level    rule             client" in out
    assert f"other-{box.name}" in out


@pytest.mark.parametrize("option", ["--junit", "--html"])
def test_a_report_that_cannot_be_written_is_told_in_time(option: str, tmp_path: Path) -> None:
    """A report file that cannot be written is refused before anything is done."""
    missing = tmp_path / "no" / "such.xml"
    said = f"{option}: {missing} cannot be written"
    assert said in fail("audit", option, str(missing))
    assert said in fail("run", option, str(missing), "--", sys.executable, "-c", "print(1)")
    assert "cannot be written" in fail("audit", option, str(tmp_path))


def test_a_report_that_could_not_be_written_in_the_end(tmp_path: Path) -> None:
    """The command took the place."""
    file = tmp_path / "a.html"
    done = mockwise(
        "run", "--html", str(file), "--", sys.executable, "-c", f"import os; os.mkdir({str(file)!r})"
    )
    assert (done.returncode, done.stderr) == (
        125,
        (
            f"mockwise: {file} cannot be written: Is a directory: make room, or name another file. "
            "The command itself ended with status 0\n"
        ),
    )


def run(*options: str, code: str = BAD) -> tuple[int, str, str]:
    """A command in `mockwise run`."""
    done = mockwise("run", *options, "--", sys.executable, "-c", code)
    return done.returncode, done.stdout, done.stderr


def test_run_reports_beside_the_output(tmp_path: Path) -> None:
    """The status stays the command's own."""
    status, out, err = run("--junit", str(tmp_path / "a.xml"))
    assert (status, out) == (0, "")
    assert "Audit: 1 error" in err
    assert "<failure" in (tmp_path / "a.xml").read_text()


def test_run_fails_if_it_is_asked_to() -> None:
    """Unless the command has failed by itself."""
    assert run("--audit", "fail")[0] == 1
    assert run("--audit", "fail", code=f"{BAD}\nraise SystemExit(7)")[0] == 7


def test_run_is_quiet_where_there_is_nothing_to_say(tmp_path: Path) -> None:
    """One line for a good client, none if it is switched off."""
    done = mockwise("run", "--audit", "fail", "--", *MOCKWISE, "token")
    assert (done.returncode, done.stderr) == (0, "audit: nothing found in 1 exchange\n")
    assert run("--audit", "off") == (0, "", "")
    assert run("--audit", "off", "--html", str(tmp_path / "a.html")) == (0, "", "")
    assert "tokens-not-held" in (tmp_path / "a.html").read_text()


ARMS = """
import os, httpx
faults = os.environ["MOCKWISE_CONTROL_URL"] + "/sandboxes/default/faults"
httpx.post(faults, json={"fault": "respond", "status": 503, "path": "/oauth/tokn"}).raise_for_status()
"""


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--audit", "fail"), 1)])
def test_run_says_that_nothing_asked_the_mock(options: tuple[str, ...], status: int) -> None:
    """A test suite that calls something else is green, and proves nothing."""
    assert run(*options, code="print(1)") == (status, "1\n", "mockwise: nothing asked the mock\n")
    assert run("--audit", "off", code="print(1)") == (0, "1\n", "")


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--audit", "fail"), 1)])
def test_run_names_faults_that_did_not_happen(options: tuple[str, ...], status: int) -> None:
    """The path of one is mistyped, so that the client was never tried."""
    ended, _, err = run(*options, code=ARMS + BAD.replace("range(3)", "range(1)"))
    assert ended == status
    assert (
        "mockwise: sandbox 'default': faults were armed and did not happen:\n  1: respond status=503" in err
    )
    assert "nothing asked" not in err


def test_a_refused_handshake_is_a_question_too() -> None:
    """The command tried to call the mock."""
    code = "import os, ssl, urllib.request as u\ntry: u.urlopen(os.environ['MOCKWISE_MTLS_URL'])\nexcept OSError: pass"
    assert run("--audit", "fail", code=code) == (0, "", "")
