"""Every odd file that people have: found for what it is, and the command that converts it really does."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from mockwise import Sandbox
from mockwise.doctor import Inputs
from mockwise.pki.keystore import key_store, trust_store
from tests.doctor.support import examined, failures, given

PASSWORD = "correct horse"
CERTIFICATE, KEY, PAIR, STORE = "files.certificate", "files.key", "files.pair", "files.keystore"


def openssl(folder: Path, command: str) -> None:
    """Run OpenSSL, as a user does."""
    subprocess.run(["openssl", *shlex.split(command)], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def files(box: Sandbox, tmp_path: Path) -> Path:
    """A folder with the client's files in every form."""
    certificate, key = box.cert_file.read_bytes(), box.key_file.read_bytes()
    authority = box.ca_file.read_bytes()
    contents = {
        "ca.pem": authority,
        "cert.pem": certificate,
        "key.pem": key,
        "both.pem": certificate + key,
        "order.pem": authority + certificate,
        "chain.pem": certificate + authority,
        "unrelated.pem": certificate + box.add_client().cert_file.read_bytes(),
        "other.key": box.add_client().key_file.read_bytes(),
        "empty.pem": b"",
        "crlf.pem": certificate.replace(b"\n", b"\r\n"),
        "crlf.key": key.replace(b"\n", b"\r\n"),
        "bom.pem": b"\xef\xbb\xbf" + certificate,
        "pass": PASSWORD.encode(),
        "pair.p12": key_store("app", certificate, key, authority, PASSWORD),
        "trust.p12": trust_store("app", authority, PASSWORD),
        "store.jks": b"\xfe\xed\xfe\xed\0\0\0\2",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    for command in (
        "x509 -in cert.pem -outform DER -out cert.der",
        "pkey -in key.pem -outform DER -out key.der",
        "pkcs8 -topk8 -in key.pem -passout file:pass -out encrypted.key",
        "req -new -key key.pem -subj /O=app -out request.csr",
    ):
        openssl(tmp_path, command)
    return tmp_path


def of(box: Sandbox, files: Path, **names: str | None) -> Inputs:
    """The inputs with other files."""
    return given(box, **{field: None if it is None else files / it for field, it in names.items()})


@pytest.mark.parametrize(
    ("names", "code", "said"),
    [
        ({"certificate": "none.pem"}, CERTIFICATE, "--cert: none.pem cannot be read: No such file"),
        ({"certificate": "empty.pem"}, CERTIFICATE, "--cert: empty.pem is empty"),
        ({"certificate": "bom.pem"}, CERTIFICATE, "--cert: bom.pem is text with a byte order mark"),
        ({"certificate": "cert.der"}, CERTIFICATE, "--cert: cert.der is a certificate in DER"),
        ({"certificate": "request.csr"}, CERTIFICATE, "is a certificate signing request"),
        ({"certificate": "pair.p12"}, CERTIFICATE, "--cert: pair.p12 is PKCS#12"),
        ({"certificate": "store.jks"}, CERTIFICATE, "--cert: store.jks is a Java key store"),
        ({"certificate": "key.pem"}, CERTIFICATE, "--cert: key.pem is a private key, and no certificate"),
        ({"key": "key.der"}, KEY, "--key: key.der is a private key in DER"),
        ({"key": "empty.pem"}, KEY, "--key: empty.pem is empty"),
        ({"key": "cert.pem"}, KEY, "--key: cert.pem is a certificate, and holds no private key"),
        ({"key": None}, KEY, "client.pem has no usable private key in it"),
        ({"certificate": None}, KEY, "client.key is of no use without a certificate"),
        ({"key": "other.key"}, PAIR, "other.key is another certificate's than"),
        ({"certificate": "order.pem"}, PAIR, "order.pem has its certificates in the wrong order"),
        ({"key": "encrypted.key"}, KEY, "--key: encrypted.key is encrypted"),
        ({"authority": "empty.pem"}, "files.authority", "--ca: empty.pem is empty"),
        ({"authority": "cert.der"}, "files.authority", "--ca: cert.der is a certificate in DER"),
    ],
)
def test_an_odd_file_is_found(
    names: dict[str, str | None], code: str, said: str, box: Sandbox, files: Path
) -> None:
    """As what it is; nothing is sent with it."""
    box.reset()
    checks = examined(of(box, files, **names))
    assert code in failures(checks)
    assert said in checks[code].cause.replace(f"{files}/", "")
    assert [it for it in box.exchanges if it.path == "/oauth/token"] == []
    assert checks["token.request"].status == "not tried"


def test_a_file_with_windows_line_ends_works_and_is_named(box: Sandbox, files: Path) -> None:
    """OpenSSL, Java, Go and Node read it, so that this is no failure."""
    checks = examined(of(box, files, certificate="crlf.pem", key="crlf.key"))
    assert failures(checks) == []
    for code in CERTIFICATE, KEY:
        assert "its lines end as Windows writes them" in checks[code].cause


def test_certificate_and_key_may_be_in_one_file(box: Sandbox, files: Path) -> None:
    """With the authority behind the certificate or without it."""
    assert failures(examined(of(box, files, certificate="both.pem", key=None))) == []
    checks = examined(of(box, files, certificate="chain.pem", key="key.pem"))
    assert failures(checks) == []
    assert checks[PAIR].cause.endswith("holds 2 certificates")


def test_what_follows_a_certificate_must_have_signed_it(box: Sandbox, files: Path) -> None:
    """The mock does not mind, and so this is said and no failure."""
    check = examined(of(box, files, certificate="unrelated.pem"))["certificate.issuer"]
    assert "did not sign it; this server gives a token all the same" in check.cause
    assert check.status == "ok"


def test_a_conversion_that_is_named_mends_it(box: Sandbox, files: Path) -> None:
    """The remedy is a command line."""
    remedy = examined(of(box, files, certificate="cert.der"))[CERTIFICATE].remedy
    assert remedy is not None
    command = remedy.removeprefix("convert it with openssl ")
    (files / "cert.pem").unlink()
    openssl(files, command)
    assert failures(examined(of(box, files, certificate="cert.pem"))) == []


@pytest.mark.parametrize(
    ("password", "codes"), [(PASSWORD, []), ("wrong", [KEY]), (None, [KEY])], ids=["right", "wrong", "none"]
)
def test_an_encrypted_key_needs_its_password(
    password: str | None, codes: list[str], box: Sandbox, files: Path
) -> None:
    """Which is never shown; nobody is asked for it."""
    assert failures(examined(given(box, key=files / "encrypted.key", password=password))) == codes


@pytest.mark.parametrize(
    ("file", "password", "said"),
    [
        ("pair.p12", "wrong", "is not opened by its password"),
        ("pair.p12", None, "is not opened by its password"),
        ("trust.p12", PASSWORD, "holds no certificate with a private key"),
        ("cert.pem", None, "is PEM: name it with --cert"),
        ("store.jks", None, "is a Java key store"),
        ("none.p12", None, "cannot be read: No such file"),
    ],
)
def test_a_key_store_that_cannot_be_used_is_found(
    file: str, password: str | None, said: str, box: Sandbox, files: Path
) -> None:
    """A wrong password, a trust store, and what is no PKCS#12."""
    checks = examined(given(box, certificate=None, key=None, keystore=files / file, password=password))
    assert failures(checks)[0] == STORE
    assert said in f"{checks[STORE].cause}: {checks[STORE].remedy}"
    assert checks[CERTIFICATE].status == checks["token.request"].status == "not tried"


def test_a_key_store_takes_the_place_of_both_files(box: Sandbox, files: Path) -> None:
    """It opens with its password, and a token comes."""
    inputs = given(box, certificate=None, key=None, keystore=files / "pair.p12", password=PASSWORD)
    checks = examined(inputs)
    assert failures(checks) == []
    assert checks[STORE].status == checks[PAIR].status == checks["token.request"].status == "ok"


def test_a_certificate_that_only_openssl_reads_is_used(box: Sandbox, files: Path) -> None:
    """OpenSSL's own form of a trusted certificate: what it says is left to the server."""
    openssl(files, "x509 -in cert.pem -trustout -out trusted.pem")
    openssl(files, "x509 -in ca.pem -trustout -out trusted-ca.pem")
    checks = examined(of(box, files, certificate="trusted.pem", authority="trusted-ca.pem"))
    assert failures(checks) == []
    assert checks["token.request"].status == "ok"
    assert checks["certificate.dates"].cause == "there is nothing to try it with"
    assert checks["files.authority"].cause.endswith("holds 0 certificates")
