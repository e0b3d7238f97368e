"""`mockwise authority`: trust, distrust and rotation at a terminal."""

from __future__ import annotations

from pathlib import Path

from mockwise import MockWise
from tests.api_calls import ask
from tests.cli.sandbox_commands import refused, said, told


def test_another_authority_is_trusted_and_distrusted(mockwise_own: MockWise, tmp_path: Path) -> None:
    """The list says which are."""
    default, other = mockwise_own.default, mockwise_own.new_authority("Acme")
    certificate, key = tmp_path / "ca.pem", tmp_path / "ca.key"
    certificate.write_bytes(other.certificate_pem)
    key.write_bytes(other.key_pem)
    line = said(default, "authority", "trust", str(certificate), str(key))
    assert line == f"client certificates of {other.fingerprint} are accepted\n"
    assert other.fingerprint in [it["fingerprint"] for it in told(default, "authority", "show")["trusted"]]
    line = said(default, "authority", "distrust", str(certificate))
    assert line == "its client certificates are accepted no longer\n"
    assert said(default, "authority", "show") == mockwise_own.ca_pem
    assert len(mockwise_own.trusted) == 1
    assert refused(default, "authority", "distrust", str(certificate), status=1)
    assert "none.pem cannot be read" in refused(default, "authority", "distrust", "none.pem")
    certificate.write_bytes(b"\xff")
    assert "is not PEM" in refused(default, "authority", "distrust", str(certificate))


def test_the_authority_is_rotated_step_by_step(mockwise_own: MockWise) -> None:
    """Each step says how far it has come; a client that takes the files anew notices nothing."""
    default, before = mockwise_own.default, mockwise_own.ca_pem
    assert refused(default, "authority", "rotation", status=1)
    assert said(default, "authority", "rotate-server-certificate") == "the server has a new certificate\n"
    assert said(default, "authority", "rotate").endswith("both are good, and the server shows the old one\n")
    assert said(default, "authority", "switch").endswith("both are good, and the server shows the new one\n")
    assert ask(default).status_code == 200
    assert told(default, "authority", "rotation")["switched"] is True
    assert said(default, "authority", "finish").endswith("it is over\n")
    assert mockwise_own.ca_pem != before
    assert ask(default).status_code == 200
    assert told(default, "authority", "rotate", "--no-overlap")["over"] is True
