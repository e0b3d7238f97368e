from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from mockwise.transport.server.bad_server_kinds import BAD_SERVER_SPECS, BAD_SERVERS, BadServerKind
from tests.transport.support import VERSIONS, Server, drained, hello, now, shake_by_hand

FALSE: dict[BadServerKind, tuple[str, str]] = {  # the alert that OpenSSL sends, and what Python says
    "expired": ("certificate_expired", "certificate has expired"),
    "not-yet-valid": ("bad_certificate", "certificate is not yet valid"),
    "wrong-host": ("bad_certificate", "Hostname mismatch"),
    "foreign-ca": ("unknown_ca", "unable to get local issuer certificate"),
    "self-signed": ("unknown_ca", "self-signed certificate"),
    "weak": ("bad_certificate", "certificate key too weak"),
    "missing-intermediate": ("unknown_ca", "unable to get local issuer certificate"),
}
CHOOSY: dict[BadServerKind, str] = {"tls1.2-only": "1.2", "tls1.3-only": "1.3"}


def careless(server: Server, name: str | None = "good") -> ssl.SSLContext:
    """A client that looks at nothing."""
    context = server.certificates.context(name)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def lenient(server: Server) -> ssl.SSLContext:
    """A good client, of either version."""
    context = server.certificates.context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def test_every_kind_is_tried_here() -> None:
    """A new kind needs a test."""
    assert {*FALSE, *CHOOSY, "hang", "reset"} == set(BAD_SERVERS) == set(BAD_SERVER_SPECS)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", FALSE)
def test_python_refuses_a_false_server_and_is_told_apart_from_a_careless_client(
    server: Server, kind: BadServerKind, version: str
) -> None:
    """The default context sends the alert of RFC 8446 §6.2; who does not look is served, and shows itself."""
    alert, said = FALSE[kind]
    assert said in server.refuses(listener=server.bad(kind), version=version)
    refusal = server.refusals.wait()
    assert (refusal.alert, refusal.listener) == (alert, f"bad server: {kind}")
    assert refusal.reason == f"the client refused this server, as it must: {BAD_SERVER_SPECS[kind].flaw}"
    assert server.get(context=careless(server), listener=kind)["listener"] == f"bad server: {kind}"
    assert len(server.refusals.all) == 1


@pytest.mark.parametrize("kind", FALSE)
def test_curl_and_openssl_refuse_a_false_server(server: Server, kind: BadServerKind) -> None:
    """Whatever their way of saying so: curl looks at the host name after the handshake, and just leaves."""
    server.bad(kind)
    status, output = server.curl("good", listener=kind)
    assert (status, "certificate" in output) == (60, True)
    assert "as it must" in server.refusals.wait(1).reason
    strict = ("-verify_return_error", "-verify_hostname", "localhost")
    assert "HTTP/1.1 200" not in server.openssl("good", *strict, listener=kind)
    assert "as it must" in server.refusals.wait(2).reason
    assert server.curl("good", "--insecure", listener=kind)[0] == 0


@pytest.mark.parametrize("kind", CHOOSY)
def test_a_good_client_gets_on_with_either_version(server: Server, kind: BadServerKind) -> None:
    """These are no bad servers: one that speaks the other version only is told what to allow."""
    version = CHOOSY[kind]
    assert server.get(context=lenient(server), listener=server.bad(kind))["tls_version"] == f"TLSv{version}"
    assert server.curl("good", listener=kind)[0] == 0
    assert "HTTP/1.1 200" in server.openssl("good", "-verify_return_error", listener=kind)
    assert not server.refusals.all
    assert server.refuses(listener=kind, version="1.2" if version == "1.3" else "1.3")
    refusal = server.refusals.wait()
    assert refusal.reason.startswith(f"the client does not offer TLS {version}")
    assert refusal.alert == "protocol_version"


def test_what_good_clients_do_at_a_choosy_server_is_nothing_special(server: Server) -> None:
    """A refusal, a silent client and one that leaves are explained as on any other listener."""
    server.bad("tls1.2-only")
    with server.secured(context=lenient(server), listener="tls1.2-only"):
        pass
    stranger = ssl.create_default_context()
    assert "certificate" in server.refuses(context=stranger, listener="tls1.2-only")
    assert "give the client this server's authority" in server.refusals.wait(1).reason
    with server.connect("tls1.2-only") as raw:
        raw.sendall(hello(lenient(server)))
        raw.recv(1)
    assert server.refusals.wait(2).reason == "the client closed the connection in the middle of the handshake"


@pytest.mark.parametrize("kind", ["expired", "not-yet-valid", "wrong-host"])
def test_not_knowing_the_authority_proves_nothing(server: Server, kind: BadServerKind) -> None:
    """That client would refuse the good server too; the record says so, and what to do."""
    assert "certificate" in server.refuses(context=ssl.create_default_context(), listener=server.bad(kind))
    refusal = server.refusals.wait()
    assert (refusal.alert, "proves nothing" in refusal.reason) == ("unknown_ca", True)


def test_a_client_that_leaves_without_an_alert_refuses_too(server: Server) -> None:
    """In the middle of the handshake, as asyncio's TLS does (python/cpython#98078), or after it."""
    server.bad("expired")
    with server.connect("expired") as raw:
        raw.sendall(hello(lenient(server)))
        raw.recv(1)
    middle = server.refusals.wait(1)
    assert middle.reason.startswith("the client left in the middle of the handshake, as it must")
    with server.secured(context=careless(server), listener="expired"):
        pass
    after = server.refusals.wait(2)
    assert after.reason.startswith("the client left after the handshake and asked nothing, as it must")
    assert (after.alert, after.tls_version) == (None, "TLSv1.3")


def test_a_client_that_breaks_off_right_after_the_handshake_was_not_served(server: Server) -> None:
    """One loop may learn of that before HTTP begins, the other after it."""
    server.bad("expired")
    with server.connect("expired") as raw:
        _, _, outgoing = shake_by_hand(careless(server), raw)
        raw.sendall(outgoing.read() + b"garbage that is no TLS record")
        with suppress(ConnectionError):
            drained(raw)
    assert "asked nothing" in server.refusals.wait().reason


def test_a_false_server_asks_for_a_client_certificate_as_the_good_one(server: Server) -> None:
    """A careless client without a good one is refused for that, not praised."""
    server.bad("expired")
    for name in (None, "foreign"):
        assert server.refuses(context=careless(server, name), listener="expired")
        assert "as it must" not in server.refusals.wait().reason
    server.trust.remove(server.certificates.authority)
    server.bad("weak")
    assert server.refuses(context=careless(server), listener="weak")


def test_a_false_certificate_stays_until_another_authority_signs_the_good_one(server: Server) -> None:
    """Changes of trust do not touch it; after a change of authority it is wrong in its own way only."""
    server.bad("expired")

    def shown() -> bytes | None:
        with server.secured(context=careless(server), listener="expired") as connection:
            return connection.getpeercert(binary_form=True)

    first = shown()
    server.trust.revoke(5)
    assert shown() == first
    new = server.certificates.foreign_authority
    server.trust.replace_authority(new)
    assert shown() == first
    server.trust.serve_identity(new.issue_server(["localhost"]), new)
    assert shown() != first
    context = lenient(server)
    context.load_verify_locations(cadata=new.certificate_pem.decode())
    assert "certificate has expired" in server.refuses(context=context, listener="expired")


@pytest.mark.parametrize("kind", ["hang", "reset"])
def test_a_port_that_is_only_tried_is_no_news(server: Server, kind: BadServerKind) -> None:
    """As on any other listener; and half a hello leads to nothing."""
    server.bad(kind)
    server.connect(kind).close()
    with server.connect(kind) as raw:
        raw.sendall(hello(lenient(server))[:20])
        raw.settimeout(0.05)
        with pytest.raises(TimeoutError):
            raw.recv(1)
    assert "gave up" in server.refusals.wait().reason
    assert len(server.refusals.all) == 1


def test_a_server_that_never_answers_is_given_up_by_the_client_alone(
    serve: Callable[..., Server],
) -> None:
    """It waits longer than a handshake may take elsewhere, and takes what it is sent."""
    server = serve(handshake_timeout=0.01)
    server.bad("hang")
    with server.connect("hang") as raw:
        raw.settimeout(0.1)
        said = hello(lenient(server))
        for part in (said, said, b"x" * 100_000):
            raw.sendall(part)
        with pytest.raises(TimeoutError):
            raw.recv(1)
    refusal = server.refusals.wait()
    assert re.match(
        r"the client gave up after \d+\.\d seconds on a server that never answers", refusal.reason
    )
    assert (refusal.alert, refusal.tls_version) == (None, None)
    assert server.curl("good", "--max-time", "0.2", listener="hang")[0] == 28


def test_a_server_resets_the_connection_after_the_hello(server: Server) -> None:
    """However many pieces it comes in; curl sees the reset as well."""
    server.bad("reset")
    with server.connect("reset") as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said = hello(lenient(server))
        for byte in said[:-1]:
            raw.sendall(bytes([byte]))
        raw.sendall(said[-1:])
        with pytest.raises(ConnectionError):
            drained(raw)
    assert "reset the connection" in server.refusals.wait(1).reason
    assert server.curl("good", listener="reset")[0] in {35, 56}
    server.refusals.wait(2)


@pytest.mark.parametrize("kind", ["hang", "expired"])
def test_a_stop_says_nothing_of_who_was_there(serve: Callable[..., Server], kind: BadServerKind) -> None:
    """Hanging clients, and idle ones that asked nothing yet, are sent off without a record."""
    server = serve()
    server.bad(kind)
    peers = [server.connect(kind) for _ in range(20)]
    for peer in peers:
        peer.sendall(hello(lenient(server)))
    with server.secured(context=careless(server), listener="expired" if kind == "expired" else "required"):
        server.server_thread.stop()
    for peer in peers:
        with suppress(ConnectionError):
            drained(peer)
        peer.close()
    assert not server.refusals.all


def test_each_kind_has_one_server_however_many_ask(server: Server) -> None:
    """Started at the first call, by whichever thread; a wrong name is told with the right ones."""
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: server.bad_servers.get("expired"), range(32)))
    assert len(found) == 1
    [bad] = found
    assert (bad.kind, bad.story, bad.must_refuse) == ("expired", BAD_SERVER_SPECS["expired"].story, True)
    assert not server.bad_servers.get("tls1.3-only").must_refuse
    with pytest.raises(ValueError, match=r"no bad server 'tired'; there are: expired, .*, reset"):
        server.bad_servers.get("tired")  # type: ignore[arg-type]  # what people do


def test_dates_are_told_by_the_authoritys_clock(server: Server) -> None:
    """Yesterday, and in a year."""
    issue = BAD_SERVER_SPECS["expired"].identity, BAD_SERVER_SPECS["not-yet-valid"].identity
    expired, future = (it(server.certificates.authority, ["localhost"]) for it in issue if it)
    assert expired.not_before < expired.not_after < now() < future.not_before < future.not_after


def test_no_server_is_started_when_the_engine_does_not_run(serve: Callable[..., Server]) -> None:
    """After the stop; the port is given back."""
    server = serve()
    server.server_thread.stop()
    with pytest.raises(RuntimeError, match="does not run"):
        server.bad_servers.get("expired")
