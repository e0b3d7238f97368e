"""A mock before its start and after its end, and a sandbox after it was closed: every use says the same, clearly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import httpx
import pytest

from mockwise import MockWise, MockwiseError, Respond, Sandbox

OVER = "the mock does not run any more: make another MockWise"
NOT_YET = "the mock does not run: use it in a with block, or call start()"

OF_A_SANDBOX: dict[str, Callable[[Sandbox], object]] = {
    "mtls_url": lambda box: box.mtls_url,
    "tls_url": lambda box: box.tls_url,
    "token_url": lambda box: box.token_url,
    "control_url": lambda box: box.control_url,
    "ca_file": lambda box: box.ca_file,
    "cert_file": lambda box: box.cert_file,
    "key_file": lambda box: box.key_file,
    "ssl_context": lambda box: box.ssl_context(),
    "client": lambda box: box.client(),
    "async_client": lambda box: box.async_client(),
    "environ": lambda box: box.environ(),
    "now": lambda box: box.now,
    "advance": lambda box: box.advance(hours=1),
    "freeze": lambda box: box.freeze(),
    "reset": lambda box: box.reset(),
    "arm": lambda box: box.arm(Respond(503)),
    "faults": lambda box: box.faults,
    "play": lambda box: box.play("outage"),
    "users": lambda box: box.users,
    "authorize": lambda box: box.authorize(),
    "exchanges": lambda box: box.exchanges,
    "audit": lambda box: box.audit(),
    "add_client": lambda box: box.add_client(),
    "stub": lambda box: box.stub("GET", "/v1/x", json={}),
    "rotate_secret": lambda box: box.rotate_secret(),
    "revoke_tokens": lambda box: box.revoke_tokens(),
    "revoke_certificate": lambda box: box.revoke_certificate(),
    "renew_certificate": lambda box: box.renew_certificate(),
    "bad_server": lambda box: box.bad_server("expired"),
    "credentials": lambda box: box.credentials.ssl_context(),
    "credentials.serial": lambda box: box.credentials.serial,
}
OF_A_MOCK: dict[str, Callable[[MockWise], object]] = {
    "default": lambda mock: mock.default,
    "sandbox": lambda mock: mock.sandbox(),
    "sandboxes": lambda mock: mock.sandboxes,
    "reports": lambda mock: mock.reports(),
    "mtls_url": lambda mock: mock.mtls_url,
    "tls_url": lambda mock: mock.tls_url,
    "control_url": lambda mock: mock.control_url,
    "ca_file": lambda mock: mock.ca_file,
    "bad_servers": lambda mock: mock.bad_servers(),
    "trust": lambda mock: mock.trust(mock.new_authority("other")),
    "distrust": lambda mock: mock.distrust(mock.new_authority("other")),
    "rotate_server_certificate": lambda mock: mock.rotate_server_certificate(),
    "rotate_authority": lambda mock: mock.rotate_authority(),
}


def raised(uses: dict[str, Callable[[Any], object]], on: object) -> dict[str, str]:
    """The message of the error that each use raises."""
    said = {}
    for name, use in uses.items():
        with pytest.raises(MockwiseError) as error:
            use(on)
        said[name] = str(error.value)
    return said


def test_a_mock_that_has_not_started_says_how_to_start_it() -> None:
    """Whatever is asked of it."""
    assert set(raised(OF_A_MOCK, MockWise()).values()) == {NOT_YET}


def test_a_mock_that_has_ended_says_so() -> None:
    """And so do its sandboxes, and their clients, certificates included that were asked for before the end."""
    with MockWise(token_format="uuid") as mock:
        default, other = mock.default, mock.sandbox()
        assert default.cert_file.exists()
        added = default.add_client()
        own = default.credentials
    assert set(raised(OF_A_MOCK, mock).values()) == {OVER}
    for box in (default, other):
        assert set(raised(OF_A_SANDBOX, box).values()) == {OVER}
    uses = {"ssl_context": lambda it: it.ssl_context(), "cert_file": lambda it: it.cert_file}
    for credentials in (added, own):
        assert set(raised(uses, credentials).values()) == {OVER}
    assert default.name in repr(default)
    default.close()
    other.close()
    mock.stop()


@pytest.mark.parametrize("by_another_door", [False, True])
def test_a_closed_sandbox_says_so(*, by_another_door: bool, mockwise_server: MockWise) -> None:
    """Also one that the control host closed, and one whose name is another's by now."""
    box = mockwise_server.sandbox("to-be-closed")
    added = box.add_client()
    if by_another_door:
        httpx.delete(f"{mockwise_server.control_url}/sandboxes/{box.name}").raise_for_status()
    else:
        box.close()
    with mockwise_server.sandbox("to-be-closed") as heir:
        said = raised(OF_A_SANDBOX, box)
        assert set(said.values()) == {"the sandbox 'to-be-closed' was closed: make another with sandbox()"}
        with pytest.raises(MockwiseError, match="was closed"):
            added.ssl_context()
        box.close()
        heir.advance("1h")
    assert box.client_id
    assert "to-be-closed" in repr(box)


def test_a_sandbox_that_another_mock_dropped_closes_too(mockwise_server: MockWise) -> None:
    """On shared state another mock may drop it before this one notices: nothing is left to do, and nothing fails."""
    box = mockwise_server.sandbox("dropped-elsewhere")
    mockwise_server._context.registry.drop(box.name)
    box.close()
    with pytest.raises(MockwiseError, match="was closed"):
        box.advance("1h")


def test_files_of_a_sandbox_that_nobody_holds_are_removed(mockwise_server: MockWise) -> None:
    """A mock that shares state clears what others dropped, whether or not anybody here holds its handle."""
    context = mockwise_server._context
    folder = context._folder_of("held-by-nobody")
    folder.mkdir(parents=True)
    context.clear("held-by-nobody")
    assert not folder.exists()


def test_a_bad_server_of_a_mock_that_stops_says_so(mockwise_server: MockWise) -> None:
    """The server's thread may end between the check and the opening."""

    def stopped(_: object) -> NoReturn:
        raise RuntimeError("the loop is closed")

    stopping = replace(mockwise_server._context, open_bad_server=stopped)
    with pytest.raises(MockwiseError, match=OVER):
        stopping.bad_server("hang")
