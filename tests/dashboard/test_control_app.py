"""The control host as part of a mock: where it listens, who may use it, and that it knows what Python does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from mockwise import InvalidValueError, MockWise, MockwiseError
from mockwise.state.options import SandboxOptions
from mockwise.web.control import app as control_app

TOKEN = "c0ntrol"
EVERYWHERE = "0.0.0.0"


def test_it_listens_on_this_machine() -> None:
    """Loopback and a free port by default, plain HTTP; the URL is everywhere the same."""
    with MockWise(token_format="uuid") as mock:
        assert mock.control_url.startswith("http://127.0.0.1:")
        box = mock.default
        assert box.environ()["MOCKWISE_CONTROL_URL"] == box.control_url == mock.control_url
        assert httpx.get(f"{mock.control_url}/health").status_code == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "::1"])
def test_any_name_of_this_machine_needs_no_token(host: str) -> None:
    """Loopback is loopback, however it is written."""
    with MockWise(token_format="uuid", control_host=host) as mock:
        assert httpx.get(f"{mock.control_url}/sandboxes").status_code == 200


def test_an_open_host_needs_a_token() -> None:
    """Another address than loopback is refused at the start without one, and with one it asks for it."""
    with pytest.raises(MockwiseError, match="set --control-token"):
        MockWise(token_format="uuid", control_host=EVERYWHERE).start()
    options: dict[str, Any] = {
        "control_host": EVERYWHERE,
        "control_token": TOKEN,
        "public_host": ["localhost"],
    }
    with MockWise(token_format="uuid", **options) as mock:
        assert mock.control_url.startswith("http://localhost:")
        assert mock.default.environ()["MOCKWISE_CONTROL_TOKEN"] == TOKEN
        assert TOKEN not in repr(mock.settings)
        url = mock.control_url.replace("localhost", "127.0.0.1") + "/sandboxes"
        assert httpx.get(url).status_code == 401
        assert httpx.get(url, headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_public_name_is_one_of_its_own() -> None:
    """`public_host` joins the allowed names, in any case; its URL stays one that can be reached."""
    with MockWise(token_format="uuid", public_host=["Mock.Test"]) as mock:
        assert mock.control_url.startswith("http://127.0.0.1:")
        url = f"{mock.control_url}/health"
        assert httpx.get(url, headers={"host": "mock.test:8445"}).status_code == 200
        assert httpx.get(url, headers={"host": "other.test:8445"}).status_code == 403


@pytest.mark.parametrize("token", ["", "two words", "caf\u00e9", "a\nb"])
def test_a_token_must_fit_a_header(token: str) -> None:
    """RFC 6750 section 2.1; the message does not repeat it."""
    with pytest.raises(InvalidValueError, match="control_token: write a token of letters") as caught:
        MockWise(control_token=token)
    assert not token or token not in str(caught.value)
    with pytest.raises(InvalidValueError) as caught:
        MockWise(control_token=12345)
    assert "12345" not in str(caught.value)


def test_a_taken_port_names_its_options() -> None:
    """One line that says which options to change."""
    with MockWise(token_format="uuid") as mock:
        port = int(mock.control_url.rpartition(":")[2])
        with pytest.raises(MockwiseError, match=r"options --control-host and --control-port"):
            MockWise(token_format="uuid", control_port=port).start()


def test_it_knows_sandboxes_of_both_doors_and_forgets_them() -> None:
    """Thousands can be made and dropped without growth."""
    with MockWise(token_format="uuid") as mock:
        url = f"{mock.control_url}/sandboxes"
        known = [httpx.post(url).json()["name"], mock.sandbox().name]
        assert mock.sandboxes[1:] == known
        for name in known:
            assert httpx.delete(f"{url}/{name}").status_code == 204
        mock.sandbox().close()
        assert mock.sandboxes == ["default"]
        assert list(mock._handles) == ["default"]  # no door shows what is held


def test_a_client_that_is_reset_away_has_no_papers() -> None:
    """A reset from another thread, between making and telling, is told as such (Credentials.record)."""
    with MockWise(token_format="uuid") as mock:
        box = mock.sandbox("away")
        made = box.add_client

        def add_and_reset(**options: object) -> object:
            credentials = made(**options)  # type: ignore[arg-type]  # whatever was given
            box.reset()
            return credentials

        box.add_client = add_and_reset  # type: ignore[method-assign, assignment]  # to be in time
        answer = httpx.post(f"{mock.control_url}/sandboxes/away/clients")
        assert (answer.status_code, "ask again" in answer.json()["message"]) == (404, True)


def test_a_sandbox_that_is_just_being_made_is_not_there_yet() -> None:
    """The registry knows it a moment earlier (MockControls.sandbox_named)."""
    with MockWise() as mock:
        mock.default._context.registry.add("early", SandboxOptions())
        answer = httpx.get(f"{mock.control_url}/sandboxes/early/credentials")
    assert answer.status_code == 404
    assert answer.json()["message"] == "the sandbox 'early' is just being made: ask again"


def test_the_app_is_made_once_for_all_who_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask at the same moment; of as many logins each is good."""
    made: list[object] = []
    build = control_app.build_control_app

    def count(*args: Any, **options: Any) -> object:
        made.append(args)
        return build(*args, **options)

    monkeypatch.setattr(control_app, "build_control_app", count)

    def log_in(url: str) -> int:
        with httpx.Client(base_url=url, headers={"origin": url}) as browser:
            assert browser.post("/login", data={"token": TOKEN}).status_code == 303
            return browser.get("/hub/default").status_code

    with MockWise(token_format="uuid", control_token=TOKEN) as mock, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(log_in, [mock.control_url] * 8)) == [200] * 8
    assert len(made) == 1
