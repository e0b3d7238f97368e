"""`mockwise serve --state`: what a mock keeps when it stops, and when it is killed at any moment."""

from __future__ import annotations

import sqlite3
import ssl
import threading
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from tests.api_calls import GRANT
from tests.cli.processes import Served, fail, served, succeed

OPTIONS = ("--state", "state.db", "--token-format", "uuid")


def client_of(mock: Served) -> httpx.Client:
    """A client with the default client's certificate."""
    context = ssl.create_default_context(cafile=mock.environ["MOCKWISE_CA_FILE"])
    context.load_cert_chain(mock.environ["MOCKWISE_CERT_FILE"], mock.environ["MOCKWISE_KEY_FILE"])
    return httpx.Client(verify=context, base_url=mock.environ["MOCKWISE_MTLS_URL"])


class Workers:
    """Ask for tokens as fast as they can, until the mock is gone; and remember every token that they were given."""

    def __init__(self, mock: Served, count: int) -> None:
        self._mock = mock
        self.tokens: list[str] = []
        self.enough = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        credentials = (self._mock.environ["MOCKWISE_CLIENT_ID"], self._mock.environ["MOCKWISE_CLIENT_SECRET"])
        with client_of(self._mock) as client, suppress(httpx.TransportError):
            while True:
                answer = client.post("/oauth/token", auth=credentials, data=GRANT)
                self.tokens.append(answer.json()["access_token"])
                if len(self.tokens) >= 100:
                    self.enough.set()

    def join(self) -> None:
        """Wait until the mock is gone for all."""
        for thread in self._threads:
            thread.join()


def test_what_was_given_before_a_kill_is_good_after_it(tmp_path: Path) -> None:
    """Killed in the midst of four clients' requests, three times: no token that anybody has is lost."""
    given: list[str] = []
    for _ in range(3):
        with served(tmp_path, *OPTIONS) as mock:
            with client_of(mock) as client:
                calls = [
                    client.get("/v2/profiles", headers={"authorization": f"Bearer {token}"})
                    for token in given
                ]
            assert {answer.status_code for answer in calls} <= {403}  # let in; an application has no profiles
            workers = Workers(mock, 4)
            assert workers.enough.wait(60)
            mock.process.kill()
            workers.join()
            given += workers.tokens
        (tmp_path / "ready.json").unlink()  # which a killed mock leaves behind
        with closing(sqlite3.connect(tmp_path / "state.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert len(set(given)) == len(given) >= 300


def test_a_session_goes_on_after_a_restart(tmp_path: Path) -> None:
    """The clock, the rotated secret and the revocation are as they were left, and Ctrl-C is no end."""
    with served(tmp_path, *OPTIONS) as mock:
        at = mock.environ["MOCKWISE_CONTROL_URL"]
        secret = succeed("rotate", "--control", at).strip()
        succeed("freeze", "--control", at)
        succeed("advance", "12h", "--control", at)
        now = httpx.get(f"{at}/sandboxes/default/clock").json()["now"]
        assert mock.stop() == 0
    with served(tmp_path, *OPTIONS) as mock:
        at = mock.environ["MOCKWISE_CONTROL_URL"]
        assert httpx.get(f"{at}/sandboxes/default/clock").json()["now"] == now
        assert mock.environ["MOCKWISE_CLIENT_SECRET"] == secret
        assert mock.ask().status_code == 200
        assert mock.lines("state")[0].split() == ["state", "state.db"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("http://x", "state: name a file, or a server as redis://HOST:PORT/0"),
        ("redis://u:s3cret@127.0.0.1:1/0", "the state at redis://127.0.0.1:1/0 does not answer"),
        (
            "ready.json",
            "ready.json cannot be used as state: file is not a database. Delete it, or name another",
        ),
        ("none/state.db", "none/state.db cannot be opened: No such file or directory. Name another file"),
    ],
)
def test_a_state_that_cannot_be_used_is_one_line_and_a_status(tmp_path: Path, state: str, said: str) -> None:
    """It says what to do, and shows no password."""
    (tmp_path / "ready.json").write_text("{}")
    line = fail(
        "serve",
        "--mtls-port",
        "0",
        "--tls-port",
        "0",
        "--control-port",
        "0",
        "--state",
        state,
        folder=tmp_path,
        status=2 if said.startswith("state: ") else 1,
    )
    assert said in line
    assert "s3cret" not in line
