"""Certificates that must be refused, in the files that `mockwise certs` writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from mockwise import MockWise

DAY = timedelta(days=1)


def write_twins(mock: MockWise, folder: Path) -> None:
    """Write them for the default client, which gets a new certificate, because one of its own is revoked."""
    own = mock.default.credentials
    (folder / "revoked.pem").write_bytes(own.cert_file.read_bytes())
    (folder / "revoked.key").write_bytes(own.key_file.read_bytes())
    own.revoke_certificate()
    own.renew_certificate()
    trusted, stranger = mock.new_authority("twins"), mock.new_authority("stranger")
    mock.trust(trusted)
    now, name = datetime.now(UTC), mock.default.client_id
    for twin, identity in {
        "expired": trusted.issue_client(name, not_before=now - 3 * DAY, not_after=now - DAY),
        "not-yet-valid": trusted.issue_client(name, not_before=now + DAY),
        "no-client-auth": trusted.issue_client(name, client_auth=False),
        "foreign": stranger.issue_client(name),
        "wrong-client": trusted.issue_client("stranger"),
    }.items():
        (folder / f"{twin}.pem").write_bytes(identity.certificate_pem)
        (folder / f"{twin}.key").write_bytes(identity.key_pem)
