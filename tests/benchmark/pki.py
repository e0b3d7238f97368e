"""Certificates for the bare servers, of the same kinds as mockwise's: P-256, an authority and what it signed."""

from __future__ import annotations

from pathlib import Path

import trustme


def write_certificates(folder: Path) -> None:
    """Write `ca.pem`, `server.pem` and `client.pem`, the latter two with their keys."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name, identity in (
        ("server.pem", authority.issue_cert("127.0.0.1")),
        ("client.pem", authority.issue_cert("client.test", common_name="client")),
    ):
        identity.private_key_and_cert_chain_pem.write_to_path(folder / name)
