from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mockwise.pki.authority import Authority
from mockwise.transport.tls.ca_rotation import CaRotation, TrustAnchors
from tests.transport.support import NAMES, Server, now, write_identity


@dataclass
class Clients:
    """What the server's owner does for its clients, and when."""

    folder: Path
    calls: list[str] = field(default_factory=list)

    def renew(self) -> None:
        """Record that the clients are told to renew their certificates."""
        self.calls.append("renew")

    def retire(self) -> None:
        """Take note that the old ones are worth nothing."""
        self.calls.append("retire")


@pytest.fixture
def clients(tmp_path: Path) -> Clients:
    """The clients whose certificates the server's owner has to replace."""
    return Clients(tmp_path)


def begin(server: Server, clients: Clients, anchors: TrustAnchors) -> CaRotation:
    """A drill, with a client certificate of the new authority in the folder."""
    new = Authority(now=now)
    write_identity(clients.folder, "new", new.issue_client("client"))
    return CaRotation(
        server.trust,
        anchors,
        new,
        issue=lambda authority: authority.issue_server(NAMES),
        renew=clients.renew,
        retire=clients.retire,
    )


@pytest.fixture
def anchors(server: Server, tmp_path: Path) -> TrustAnchors:
    """What clients are told to trust, with a first file that is somebody's own."""
    return TrustAnchors(server.certificates.authority, server.certificates.ca, tmp_path / "own.pem")


def client(folder: Path, name: str, trusted: Path) -> ssl.SSLContext:
    """A client that has loaded what is in these files now."""
    context = ssl.create_default_context(cafile=trusted)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def test_an_authority_is_replaced_and_nobody_who_keeps_up_breaks(
    server: Server, clients: Clients, anchors: TrustAnchors
) -> None:
    """Overlap, the server's turn, the end: each step tells apart who loaded what again."""
    theirs, before = server.certificates.ca, server.certificates.ca.read_bytes()
    idle = client(server.certificates.folder, "good", anchors.file)
    drill = begin(server, clients, anchors)
    assert (server.trust.authority, server.trust.issuer) == (drill.new, drill.old)
    assert anchors.pem == anchors.file.read_bytes() == drill.old.certificate_pem + drill.new.certificate_pem
    half = client(server.certificates.folder, "good", anchors.file)
    awake = client(clients.folder, "new", anchors.file)
    for context in (idle, half, awake):
        assert server.get(context=context)

    drill.switch_server()
    assert server.trust.issuer is drill.new
    assert "CERTIFICATE_VERIFY_FAILED" in server.refuses(context=idle)
    for context in (half, awake):
        assert server.get(context=context)
    shown = server.trust.identity
    assert clients.calls == ["renew"]

    for _ in range(2):
        drill.finish()
    assert server.trust.identity is shown
    assert "UNKNOWN_CA" in server.refuses(context=half)
    assert server.get(context=awake)
    assert anchors.file.read_bytes() == drill.new.certificate_pem
    assert server.get(context=client(clients.folder, "new", anchors.file))
    assert clients.calls == ["renew", "retire", "renew"]
    assert (theirs.read_bytes(), anchors.file != theirs) == (before, True)


def test_certificates_of_both_authorities_can_be_revoked(
    server: Server, clients: Clients, anchors: TrustAnchors
) -> None:
    """During the overlap a serial is refused whoever signed it; so are those revoked before."""
    old, early = server.certificates.identities["good"], server.certificates.authority.issue_client("client")
    write_identity(clients.folder, "early", early)
    server.trust.revoke(early.serial)
    drill = begin(server, clients, anchors)
    new = drill.new.issue_client("client")
    write_identity(clients.folder, "new", new)
    contexts = [
        client(server.certificates.folder, "good", anchors.file),
        client(clients.folder, "new", anchors.file),
    ]
    assert "REVOKED" in server.refuses(context=client(clients.folder, "early", anchors.file))
    for context, identity in zip(contexts, (old, new), strict=True):
        assert server.get(context=context)
        server.trust.revoke(identity.serial)
        assert "REVOKED" in server.refuses(context=context)


def test_the_end_of_a_with_block_ends_the_overlap(
    server: Server, clients: Clients, anchors: TrustAnchors
) -> None:
    """One at a time; the next one begins where the last ended."""
    with begin(server, clients, anchors) as drill:
        with pytest.raises(RuntimeError, match="another change of authority is under way"):
            begin(server, clients, anchors)
        assert server.trust.authority is drill.new
    assert server.trust.authorities == (drill.new,)
    with begin(server, clients, anchors) as second:
        assert second.old is drill.new
    assert server.get(context=client(clients.folder, "new", anchors.file))
