from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from mockwise.pki.authority import Authority
from mockwise.pki.keystore import key_store, trust_store
from tests.transport.support import now

AUTHORITY = Authority(now=now)
CLIENT = AUTHORITY.issue_client("app")
OTHER = AUTHORITY.issue_client("other")


def test_a_key_store_has_key_certificate_and_chain() -> None:
    """RFC 7292, under the client's name."""
    made = key_store("app", CLIENT.certificate_pem, CLIENT.key_pem, AUTHORITY.certificate_pem, "secret")
    read = pkcs12.load_pkcs12(made, b"secret")
    assert read.cert is not None
    assert read.cert.friendly_name == b"app"
    assert read.cert.certificate == x509.load_pem_x509_certificate(CLIENT.certificate_pem)
    authority = x509.load_pem_x509_certificate(AUTHORITY.certificate_pem)
    assert authority in [it.certificate for it in read.additional_certs]
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12(made, b"wrong")


def test_another_key_is_refused() -> None:
    """A certificate without its key is of no use."""
    with pytest.raises(ValueError, match="does not belong"):
        key_store("app", CLIENT.certificate_pem, OTHER.key_pem, AUTHORITY.certificate_pem, "secret")


def test_openssl_reads_it(tmp_path: Path) -> None:
    """By somebody who did not write it."""
    file = tmp_path / "client.p12"
    file.write_bytes(
        key_store("app", CLIENT.certificate_pem, CLIENT.key_pem, AUTHORITY.certificate_pem, "secret")
    )
    done = subprocess.run(
        ["openssl", "pkcs12", "-in", file, "-passin", "pass:secret", "-nodes"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert "friendlyName: app" in done.stdout
    assert done.stdout.count("BEGIN CERTIFICATE") >= 2
    assert "BEGIN PRIVATE KEY" in done.stdout


@pytest.mark.skipif(shutil.which("keytool") is None, reason="there is no Java here")
def test_java_trusts_it(tmp_path: Path) -> None:
    """Java takes for trusted what is marked so."""
    file = tmp_path / "truststore.p12"
    file.write_bytes(trust_store("mockwise", AUTHORITY.certificate_pem, "secret"))
    done = subprocess.run(
        ["keytool", "-list", "-keystore", file, "-storepass", "secret"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "trustedCertEntry" in done.stdout


def test_a_trust_store_has_the_authority() -> None:
    """And nothing that is secret."""
    read = pkcs12.load_pkcs12(trust_store("mockwise", AUTHORITY.certificate_pem, "secret"), b"secret")
    assert read.key is None
    assert [it.friendly_name for it in read.additional_certs] == [b"mockwise 1"]
