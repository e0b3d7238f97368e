"""The mock as a whole: how it starts, whom it trusts, how it ends."""

from __future__ import annotations

import gc
import logging
import socket
import ssl
import tempfile
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockwise import Exchange, InvalidValueError, MockWise, MockwiseError, Settings
from mockwise.mock import FailedHandshake
from mockwise.state.users import Users
from tests.api_calls import ask, reason, token, use


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_it_starts_serves_and_leaves_nothing_behind(
    loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end of the `with` block there is no thread, no socket and no file left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    threads = set(threading.enumerate())
    with MockWise(loop=loop) as mock:
        assert ask(mock.default).status_code == 200
        assert list(tmp_path.iterdir())
        url = httpx.URL(mock.mtls_url)
    assert set(threading.enumerate()) == threads
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError), socket.create_connection((url.host, url.port or 0)):
        pass
    mock.stop()


def test_it_starts_once() -> None:
    """A mock that was stopped is over; before the start there is nothing to ask for."""
    mock = MockWise(token_format="uuid")
    with pytest.raises(MockwiseError, match="does not run"):
        _ = mock.mtls_url
    with mock, pytest.raises(MockwiseError, match="starts once"):
        mock.start()


def test_options_come_single_or_as_settings() -> None:
    """Single options change the settings that were made earlier; mistakes are told at the call."""
    settings = Settings(token_format="uuid", journal_size=5)
    with MockWise(settings, journal_size=6) as mock:
        assert (mock.settings.token_format, mock.settings.journal_size) == ("uuid", 6)
        with pytest.raises(InvalidValueError, match="Did you mean 'token_format'"):
            mock.sandbox(token_forma="jwt")
        with pytest.raises(MockwiseError, match="there is a sandbox 'default' already"):
            mock.sandbox("default")
    with pytest.raises(InvalidValueError, match="there is no option"):
        MockWise(colour="blue")


@pytest.mark.parametrize("option", ["mtls_port", "tls_port"])
def test_a_taken_port_is_named(option: str) -> None:
    """The message says which option to change; what was begun is undone."""
    threads = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MockwiseError, match=rf"port {port}.*--{option.replace('_', '-')}"):
            MockWise(**{option: port}).start()
    assert set(threading.enumerate()) == threads


@pytest.mark.parametrize(
    ("options", "host"),
    [
        ({}, "127.0.0.1"),
        ({"host": "localhost"}, "localhost"),
        ({"host": "0.0.0.0"}, "127.0.0.1"),
        ({"public_host": ("localhost", "mock.internal")}, "localhost"),
    ],
)
def test_printed_addresses_can_be_called(options: dict[str, Any], host: str) -> None:
    """The server certificate is good for the name in the URL, whatever address was bound."""
    with MockWise(token_format="uuid", **options) as mock:
        assert httpx.URL(mock.default.token_url).host == host
        assert ask(mock.default).status_code == 200


def test_wises_own_host_names_are_in_the_server_certificate(mockwise_server: MockWise) -> None:
    """Hard-coded sandbox names work when they are led here (docs/wise/mtls.md#hosts); production's are never shown."""
    url = httpx.URL(mockwise_server.mtls_url)
    context = mockwise_server.default.ssl_context()
    for name in ("api-mtls.wise-sandbox.com", "api.wise-sandbox.com"):
        with (
            socket.create_connection((url.host, url.port or 0)) as raw,
            context.wrap_socket(raw, server_hostname=name) as secured,
        ):
            assert secured.version() == "TLSv1.3"
    with (
        socket.create_connection((url.host, url.port or 0)) as raw,
        pytest.raises(ssl.SSLCertVerificationError, match="not valid for"),
        context.wrap_socket(raw, server_hostname="api.wise.com"),
    ):
        pass


def test_a_name_that_no_certificate_can_carry_is_refused() -> None:
    """A mistake in `public_host` is one sentence, not a traceback from a library."""
    with pytest.raises(MockwiseError):
        MockWise(public_host=("\u00e9" * 63,)).start()


def test_an_authority_is_trusted_and_removed_while_it_runs(mockwise_own: MockWise) -> None:
    """From the next handshake on; a client without a certificate is refused before and after."""
    box = mockwise_own.default
    foreign = mockwise_own.new_authority("the bank's own")
    identity = foreign.issue_client(box.client_id)
    files = box.cert_file.parent
    (files / "f.pem").write_bytes(identity.certificate_pem)
    (files / "f.key").write_bytes(identity.key_pem)
    context = ssl.create_default_context(cafile=box.ca_file)
    context.load_cert_chain(files / "f.pem", files / "f.key")
    bare = ssl.create_default_context(cafile=box.ca_file)

    for trusted in (False, True, False, True):
        if trusted:
            mockwise_own.trust(foreign)
            assert ask(box, context=context).status_code == 200
        else:
            mockwise_own.distrust(foreign)
            with pytest.raises(httpx.TransportError, match="UNKNOWN_CA"):
                ask(box, context=context)
        with pytest.raises(httpx.TransportError, match="CERTIFICATE_REQUIRED"):
            ask(box, context=bare)
        assert ask(box).status_code == 200
    assert [refusal.alert for refusal in mockwise_own.handshakes] == [
        *("unknown_ca", "certificate_required"),
        "certificate_required",
        *("unknown_ca", "certificate_required"),
        "certificate_required",
    ]
    assert all("certificate" in refusal.reason for refusal in mockwise_own.handshakes)


def test_the_server_certificate_is_rotated_while_it_runs(mockwise_own: MockWise) -> None:
    """The next handshake shows another one, of the same authority."""
    url = httpx.URL(mockwise_own.mtls_url)
    shown = []
    for _ in range(2):
        shown.append(ssl.get_server_certificate((url.host, url.port or 0)))
        mockwise_own.rotate_server_certificate()
    assert shown[0] != shown[1]
    assert ask(mockwise_own.default).status_code == 200


@pytest.mark.mockwise(handshake_refusals="http")
def test_refusals_may_come_in_http(mockwise_own: MockWise) -> None:
    """How Wise refuses is UNKNOWN (docs/wise/mtls.md#refusals): with the switch, 401 says it; a foreign authority stays an alert."""
    box = mockwise_own.default
    bare = ssl.create_default_context(cafile=box.ca_file)
    assert "No client certificate" in reason(ask(box, context=bare))
    access_token, context = token(box), box.ssl_context()
    box.revoke_certificate()
    refused = ask(box, context=context)
    assert (refused.status_code, "was revoked" in reason(refused)) == (401, True)
    assert use(box, access_token, context=context).json()["error"] == "invalid_token"
    context.load_verify_locations(box.ca_file)
    foreign = mockwise_own.new_authority("nobody's").issue_client(box.client_id)
    (box.cert_file.parent / "both.pem").write_bytes(foreign.certificate_pem + foreign.key_pem)
    stranger = ssl.create_default_context(cafile=box.ca_file)
    stranger.load_cert_chain(box.cert_file.parent / "both.pem")
    with pytest.raises(httpx.TransportError, match="UNKNOWN_CA"):
        ask(box, context=stranger)
    assert mockwise_own.handshakes[-1].alert == "unknown_ca"


def test_watchers_see_what_happens(mockwise_own: MockWise) -> None:
    """Exchanges of every sandbox and refused handshakes, from now on, each once."""
    seen: list[Exchange | FailedHandshake] = []
    mockwise_own.watch(seen.append)
    with mockwise_own.sandbox() as box:
        token(mockwise_own.default)
        token(box)
        box.reset()
        token(box)
        with pytest.raises(httpx.TransportError):
            ask(box, context=ssl.create_default_context(cafile=box.ca_file))
    assert [type(event) for event in seen] == [Exchange, Exchange, Exchange, FailedHandshake]
    assert [event.sandbox for event in seen if isinstance(event, Exchange)] == ["default", box.name, box.name]


def test_sandboxes_on_one_server_do_not_disturb_each_other(mockwise_server: MockWise) -> None:
    """Each has its own clock, clients, tokens and journal, however many are at work."""

    def work(number: int) -> list[int]:
        with mockwise_server.sandbox(token_format="uuid", token_lifetime=f"{number + 2}s") as box:
            access_token = token(box)
            before = use(box, access_token).status_code
            box.advance(f"{number + 2}s")
            after = use(box, access_token).status_code
            return [before, after, len(box.exchanges), len(box.token_requests)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(24))) == [[200, 401, 3, 1]] * 24


def test_thousands_of_sandboxes_leave_nothing(mockwise_server: MockWise) -> None:
    """Made and dropped, they leave neither memory nor names."""

    def many(count: int) -> None:
        for _ in range(count):
            with mockwise_server.sandbox() as box:
                box.advance("1h")
                box.add_client()

    there = mockwise_server.sandboxes

    def size() -> int:
        gc.collect()
        ours = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/mockwise/*")])
        return sum(line.size for line in ours.statistics("filename"))

    tracemalloc.start()
    many(200)
    before = size()  # the last 128 secrets of clients that are gone are in it, which stay masked
    many(2000)
    after = size()
    tracemalloc.stop()
    assert after - before < 2000 * 20  # nothing of one remains
    assert mockwise_server.sandboxes == there


def test_a_mistake_of_the_mock_is_told_to_its_owner(
    mockwise_own: MockWise, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure inside answers 500, leaves one record in the log, and the next request is served."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Users, "of_email", fail)
    box = mockwise_own.default
    headers = {"Authorization": f"Bearer {token(box)}"}
    with (
        httpx.Client(verify=box.ssl_context(), base_url=box.mtls_url, headers=headers) as client,
        caplog.at_level(logging.ERROR),
    ):
        assert client.post("/v1/users/exists", json={"email": "a@b"}).status_code == 500
        assert client.get("/v1/authenticated/playground").status_code == 200
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_strict_sandboxes_of_a_mock_share_a_seed() -> None:
    """One number repeats all of them, in whatever order they are made; another mock draws another."""
    with (
        MockWise(token_format="uuid") as mock,
        mock.sandbox(strict=True) as one,
        mock.sandbox(strict=True) as two,
    ):
        assert one.seed == two.seed
        assert (mock.default.seed, one.strict, mock.default.strict) == (0, True, False)
        with MockWise(strict=True, seed=one.seed) as again:
            assert again.default.seed == one.seed
            bodies = [[list(ask(box).json()) for _ in range(5)] for box in (one, two, again.default)]
    assert bodies[0] == bodies[1] == bodies[2]


def test_what_is_held_says_in_one_short_line_what_it_is() -> None:
    """Without a secret: it is what a failed assertion shows."""
    mock = MockWise()
    assert repr(mock) == "<MockWise, not started>"
    with mock:
        assert repr(mock) == f"<MockWise at {mock.mtls_url}>"
        box = mock.sandbox()
        with httpx.Client(verify=box.ssl_context()) as client:
            client.post(
                box.token_url, auth=(box.client_id, "wrong"), data={"grant_type": "client_credentials"}
            )
            client.get(box.tls_url + "/x")
        refused = box.exchanges[0]
        assert repr(refused) == f"<Exchange 1: POST '/oauth/token' on mtls of client {box.client_id!r}: 401>"
        assert repr(mock.default.exchanges[-1]).endswith(" on tls: 404>")
        for it in (mock, box, box.credentials, refused, mock.settings):
            assert box.client_secret not in repr(it)
            assert "\n" not in repr(it)
