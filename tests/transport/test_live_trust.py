from __future__ import annotations

import ssl
from typing import Any

import pytest
import trustme

from mockwise.pki.authority import Authority
from mockwise.transport.tls.trust import Trust
from tests.transport.support import DAY, Certificates, Server, exchange, now, write_identity

VERSIONS = pytest.mark.parametrize("version", ["1.2", "1.3"])


@VERSIONS
def test_an_authority_is_trusted_from_the_next_handshake_on_until_it_is_removed(
    server: Server, version: str
) -> None:
    """An authority can be added and removed while the server runs."""
    foreign_authority = server.certificates.foreign_authority
    assert "unknown ca" in server.refuses(name="foreign", version=version).replace("_", " ").lower()
    server.trust.add(foreign_authority)
    assert server.get(name="foreign", version=version)["tls_version"] == f"TLSv{version}"
    assert server.get(version=version)
    server.trust.remove(foreign_authority)
    assert server.refuses(name="foreign", version=version)
    assert server.refusals.wait(2).alert == "unknown_ca"
    assert server.get(version=version)


@VERSIONS
def test_a_revoked_certificate_stays_refused_when_its_authority_comes_back(
    server: Server, version: str
) -> None:
    """Removing and adding an authority does not pardon anybody."""
    foreign_authority = server.certificates.foreign_authority
    server.trust.add(foreign_authority)
    assert server.get(name="foreign", version=version)
    server.trust.revoke(server.certificates.identities["foreign"].serial, foreign_authority)
    assert server.refuses(name="foreign", version=version)
    server.trust.remove(foreign_authority)
    server.trust.add(foreign_authority)
    assert server.refuses(name="foreign", version=version)
    assert server.refusals.wait(2).alert == "certificate_revoked"


@VERSIONS
def test_without_any_authority_everybody_is_refused(server: Server, version: str) -> None:
    """Removing the last authority does not turn verification off."""
    server.trust.remove(server.certificates.authority)
    server.trust.remove(server.certificates.authority)  # twice changes nothing
    assert server.refuses(version=version)
    assert server.refusals.wait().alert == "unknown_ca"
    assert server.refuses(name=None, version=version)
    assert "no certificate" in server.refusals.wait(2).reason
    server.trust.add(server.certificates.authority)
    assert server.get(version=version)


@VERSIONS
def test_a_certificate_can_be_revoked_and_forgotten(server: Server, version: str) -> None:
    """The next handshake of a revoked certificate fails; a serial that has left the list is no longer refused."""
    serial = server.certificates.identities["good"].serial
    assert server.get(version=version)["serial"] == serial
    server.trust.revoke(serial)
    assert server.refuses(version=version)
    assert server.refusals.wait().alert == "certificate_revoked"
    server.trust.forget([serial])
    assert server.get(version=version)
    assert server.refuses(name=None, version=version)


@VERSIONS
def test_the_server_certificate_can_be_rotated(server: Server, version: str) -> None:
    """The next handshake shows the new one; connections that are open go on."""
    renewed = server.certificates.authority.issue_server(["localhost"])
    with server.secured(version=version) as before:
        server.trust.serve_identity(renewed)
        assert server.trust.identity == renewed
        with server.secured(version=version) as after:
            assert serial(after) == renewed.serial
            assert exchange(after)["listener"] == "required"
        assert serial(before) == server.certificates.server.serial
        assert exchange(before)["listener"] == "required"


def serial(connection: ssl.SSLSocket) -> int:
    """The serial of the certificate that the server showed."""
    shown: Any = connection.getpeercert()
    return int(shown["serialNumber"], 16)


@VERSIONS
def test_a_saved_session_does_not_get_round_a_revocation(server: Server, version: str) -> None:
    """Resumption would skip verification: no session of before a change is taken up again."""
    context = server.certificates.context(version=version)
    with server.secured(context=context) as first:
        assert exchange(first)
        session = first.session
    server.trust.revoke(server.certificates.identities["good"].serial)
    assert server.refuses(context=context, session=session)
    assert server.refusals.wait().alert == "certificate_revoked"
    server.trust.forget([server.certificates.identities["good"].serial])
    with server.secured(context=context, session=session) as later:
        assert exchange(later)
        assert not later.session_reused


def test_no_session_ticket_is_given(server: Server) -> None:
    """A ticket would be taken up again without a look at the certificate."""
    with server.secured() as connection:
        assert exchange(connection)
        assert connection.session is None or not connection.session.has_ticket


def test_an_authority_below_another_one_can_be_trusted(server: Server) -> None:
    """A user's own intermediate authority is an anchor like any other."""
    child = trustme.CA().create_child_ca()
    authority = Authority.load(child.cert_pem.bytes(), child.private_key_pem.bytes(), now=now)
    identity = authority.issue_client("client")
    assert identity.certificate_pem.count(b"BEGIN CERTIFICATE") == 2
    write_identity(server.certificates.folder, "child", identity)
    assert server.refuses(name="child")
    server.trust.add(authority)
    assert server.get(name="child")["serial"] == identity.serial
    server.trust.revoke(identity.serial, authority)
    assert server.refuses(name="child")


HTTP_FAULTS = {
    None: None,
    "good": None,
    "expired": "certificate_expired",
    "not-yet-valid": "bad_certificate",
    "revoked": "certificate_revoked",
}


@VERSIONS
@pytest.mark.parametrize("name", HTTP_FAULTS)
def test_an_optional_certificate_comes_through_with_its_fault(
    server: Server, name: str | None, version: str
) -> None:
    """Where refusals are to be answered in HTTP, the app hears of none, expired, early and revoked certificates."""
    seen = server.get(name=name, version=version, listener="optional")["tls"]
    assert seen["client_cert_error"] == HTTP_FAULTS[name]
    assert len(seen["client_cert_chain"]) == (name is not None)
    assert not server.refusals.all


@VERSIONS
@pytest.mark.parametrize(
    ("name", "alert"), [("foreign", "unknown_ca"), ("no-client-auth", "unsupported_certificate")]
)
def test_an_optional_certificate_must_still_be_a_clients_of_a_trusted_authority(
    server: Server, name: str, alert: str, version: str
) -> None:
    """What Python cannot show the app stays an alert."""
    assert server.refuses(name=name, version=version, listener="optional")
    assert server.refusals.wait().alert == alert


def test_a_listener_that_asks_for_no_certificate_sees_none(server: Server) -> None:
    """The client keeps its certificate to itself."""
    assert server.get(name="foreign", listener="none")["tls"]["client_cert_chain"] == []


def test_a_trust_knows_what_it_has_revoked(certificates: Certificates) -> None:
    """Each authority has its own revoked serials, the one it was born with among them."""
    trust = Trust(certificates.authority, certificates.server)
    trust.add(certificates.foreign_authority)
    before = trust.version
    trust.revoke(5)
    trust.revoke(6, certificates.foreign_authority)
    assert trust.version == before + 2
    assert trust.revoked() == {5, certificates.authority.revoked_serial}
    assert trust.revoked(certificates.foreign_authority) == {6, certificates.foreign_authority.revoked_serial}
    assert trust.authorities == (certificates.authority, certificates.foreign_authority)
    trust.forget([])
    assert trust.version == before + 2  # nothing to forget costs no new context
    trust.forget([5, 6])
    assert trust.revoked(certificates.foreign_authority) == {certificates.foreign_authority.revoked_serial}


def test_the_files_of_a_trust_are_private_and_gone_afterwards(certificates: Certificates) -> None:
    """No key stays behind on the disk."""
    trust = Trust(certificates.authority, certificates.server)
    with trust.files() as files:
        folder = files.key.parent
        assert folder.stat().st_mode & 0o077 == 0
        assert files.key.read_bytes() == certificates.server.key_pem
    assert not folder.exists()


def test_a_long_expired_server_certificate_is_served_all_the_same(server: Server) -> None:
    """What the server shows is its owner's choice; it is the client that refuses it."""
    old = server.certificates.authority.issue_server(
        ["localhost"], not_before=now() - 3 * DAY, not_after=now() - DAY
    )
    server.trust.serve_identity(old)
    assert "expired" in server.refuses()
    server.trust.serve_identity(server.certificates.server)
    assert server.get()
