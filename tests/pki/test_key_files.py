"""Files of certificates and keys that cannot be used: named for what they are, with the command that converts them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mockwise.common.clock import wall_now
from mockwise.pki.authority import Authority
from mockwise.pki.key_files import KeyFileError, KeyFiles

NAMES = ("--ca", "--cert", "--key", "--key-password")
PASSWORD = "correct horse"


def openssl(folder: Path, command: str) -> None:
    """Run OpenSSL, as a user does."""
    subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pair in every form that people have."""
    folder = tmp_path_factory.mktemp("files")
    authority = Authority(now=wall_now)
    identity = authority.issue_client("app")
    (folder / "ca.pem").write_bytes(authority.certificate_pem)
    (folder / "cert.pem").write_bytes(identity.certificate_pem)
    (folder / "key.pem").write_bytes(identity.key_pem)
    (folder / "other.pem").write_bytes(authority.issue_client("other").certificate_pem)
    (folder / "both.pem").write_bytes(identity.key_pem + identity.certificate_pem)
    (folder / "order.pem").write_bytes(authority.certificate_pem + identity.certificate_pem)
    (folder / "crlf.pem").write_bytes(identity.certificate_pem.replace(b"\n", b"\r\n"))
    (folder / "bom.pem").write_bytes(b"\xef\xbb\xbf" + identity.key_pem)
    (folder / "utf16.pem").write_bytes(identity.key_pem.decode().encode("utf-16"))
    (folder / "cut.pem").write_bytes(identity.certificate_pem[:200])
    broken = identity.certificate_pem.splitlines(keepends=True)
    (folder / "broken.pem").write_bytes(b"".join([broken[0], b"AAAA\n", broken[-1]]))
    (folder / "empty.pem").write_bytes(b"\n")
    (folder / "junk.pem").write_bytes(b"hello\n")
    (folder / "store.jks").write_bytes(b"\xfe\xed\xfe\xed\0\0\0\2")
    (folder / "folder").mkdir()
    (folder / "ssh.pem").write_bytes(
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
    )
    (folder / "list.pem").write_bytes(authority.revocation_list([1]))
    (folder / "pass").write_text(PASSWORD)
    for command in (
        "x509 -in cert.pem -outform DER -out cert.der",
        "pkey -in key.pem -outform DER -out key.der",
        "ec -in key.pem -outform DER -out ec.der",
        "pkcs8 -topk8 -in key.pem -passout file:pass -out enc8.pem",
        "ec -in key.pem -aes128 -passout file:pass -out enc.pem",
        "pkcs8 -topk8 -in key.pem -outform DER -passout file:pass -out enc8.der",
        "pkcs12 -export -in cert.pem -inkey key.pem -passout file:pass -out pair.p12",
        "crl2pkcs7 -nocrl -certfile cert.pem -out chain.p7b",
        "crl2pkcs7 -nocrl -certfile cert.pem -outform DER -out chain.p7",
        "req -new -key key.pem -subj /CN=app -out request.csr",
        "req -new -key key.pem -subj /CN=app -outform DER -out request.der",
        "pkey -in key.pem -pubout -out public.pem",
        "pkey -in key.pem -pubout -outform DER -out public.der",
    ):
        openssl(folder, command)
    return folder


def load(
    files: Path,
    cert: str | None = "cert.pem",
    key: str | None = "key.pem",
    ca: str | None = "ca.pem",
    password: str | None = None,
) -> str:
    """What is said of files, without the folder's name; nothing if they can be used."""
    authority, certificate, private = (None if it is None else files / it for it in (ca, cert, key))
    given = KeyFiles(
        authority=authority, certificate=certificate, key=private, password=password, names=NAMES
    )
    try:
        given.context()
    except KeyFileError as error:
        said = str(error).replace(f"{files}/", "")
    else:
        said = ""
    assert "\n" not in said
    assert PASSWORD not in said + repr(given)
    return said


@pytest.mark.parametrize(
    ("cert", "key", "ca", "password"),
    [
        ("cert.pem", "key.pem", "ca.pem", None),
        ("crlf.pem", "key.pem", "ca.pem", None),
        ("both.pem", None, "ca.pem", None),
        (None, None, None, None),
        ("cert.pem", "enc.pem", "ca.pem", PASSWORD),
        ("cert.pem", "enc8.pem", "ca.pem", PASSWORD),
        ("cert.pem", "key.pem", "ca.pem", PASSWORD),
    ],
)
def test_what_can_be_used_is(
    cert: str | None, key: str | None, ca: str | None, password: str | None, files: Path
) -> None:
    """Also with Windows' line ends, with both in one file, with a key that a password opens, or that needs none."""
    assert load(files, cert, key, ca, password) == ""


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            "cert.der",
            "is a certificate in DER: convert it with openssl x509 -inform DER -in cert.der -out cert.pem",
        ),
        (
            "key.der",
            "is a private key in DER: convert it with openssl pkey -inform DER -in key.der -out key.key.pem",
        ),
        (
            "ec.der",
            "is a private key in DER: convert it with openssl pkey -inform DER -in ec.der -out ec.key.pem",
        ),
        ("enc8.der", "is an encrypted key in DER: convert it with openssl pkcs8 -inform DER -in enc8.der"),
        (
            "pair.p12",
            "is PKCS#12, with certificate and key: convert it with openssl pkcs12 -in pair.p12 -out pair.pem",
        ),
        ("chain.p7b", "is PKCS#7: convert it with openssl pkcs7 -print_certs -in chain.p7b -out client.pem"),
        (
            "chain.p7",
            "is PKCS#7: convert it with openssl pkcs7 -inform DER -print_certs -in chain.p7 -out chain.pem",
        ),
        ("store.jks", "is a Java key store: convert it with keytool -importkeystore -srckeystore store.jks"),
        ("request.csr", "is a certificate signing request: what is wanted is the"),
        ("request.der", "is a certificate signing request in DER: what is wanted is the"),
        ("public.pem", "is a public key: what is wanted is the"),
        ("public.der", "is a public key in DER: what is wanted is the"),
        ("ssh.pem", "is a key in OpenSSH's own format: convert it with ssh-keygen -p -m PEM -f ssh.pem"),
        ("list.pem", "holds X509 CRL: what is wanted is the"),
        ("empty.pem", "is empty"),
        ("junk.pem", "is neither PEM nor anything else that is known"),
        ("cut.pem", "is damaged or cut off: a part of it has a BEGIN line and no END line"),
        ("none.pem", "cannot be read: No such file or directory"),
        ("folder", "cannot be read: Is a directory"),
    ],
)
def test_what_cannot_be_used_is_named_with_the_command_that_converts_it(
    file: str, said: str, files: Path
) -> None:
    """As a certificate, as a key, and as an authority."""
    assert load(files, cert=file).startswith(f"--cert: {file} {said}")
    assert load(files, key=file).startswith(f"--key: {file} {said}")
    if file != "list.pem":
        assert load(files, ca=file).startswith(f"--ca: {file} {said}")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"cert": "key.pem", "key": "cert.pem"},
            "--cert: key.pem is a private key, and no certificate: were the two",
        ),
        (
            {"key": "cert.pem"},
            "--key: cert.pem is a certificate, and holds no private key: were the two swapped?",
        ),
        ({"ca": "key.pem"}, "--ca: key.pem is a private key: what is wanted is the authority's certificate"),
        ({"ca": "broken.pem"}, "--ca: broken.pem holds no certificate of an authority that OpenSSL can read"),
        (
            {"ca": "list.pem"},
            "--ca: list.pem holds X509 CRL: what is wanted is the authority's certificate, PEM",
        ),
        ({"key": None}, "--cert: cert.pem has no usable private key in it: name its file with --key"),
        ({"cert": None}, "--key: key.pem is of no use without --cert: name both"),
        (
            {"cert": "other.pem"},
            "--cert, --key: the key key.pem is another certificate's than other.pem: openssl x509",
        ),
        (
            {"cert": "order.pem"},
            "--cert, --key: order.pem has its certificates in the wrong order: the client's own",
        ),
        ({"cert": "broken.pem"}, "--cert, --key: broken.pem with key.pem cannot be read: it is damaged"),
        ({"key": "utf16.pem"}, "--key: utf16.pem is text with a byte order mark"),
        ({"key": "enc.pem"}, "--key: enc.pem is encrypted: say its password with --key-password"),
        ({"key": "enc8.pem"}, "--key: enc8.pem is encrypted: say its password with --key-password"),
        (
            {"key": "enc.pem", "password": "x"},
            "--key: enc.pem is encrypted, and --key-password does not open it",
        ),
        (
            {"key": "enc8.pem", "password": "x" * 2000},
            "--key: enc8.pem is encrypted, and --key-password does not",
        ),
        (
            {"key": "enc8.pem", "cert": "other.pem", "password": PASSWORD},
            "--cert, --key: the key enc8.pem is another certificate's than other.pem",
        ),
    ],
)
def test_files_that_do_not_fit_together_are_told_apart(
    given: dict[str, str | None], said: str, files: Path
) -> None:
    """Swapped, of different pairs, in the wrong order, encrypted; nobody is ever asked for a password."""
    assert load(files, **given).startswith(said)


def test_a_pair_that_openssl_refuses_says_why(tmp_path: Path) -> None:
    """A key that is too short for OpenSSL's level of security, in a pair that is whole."""
    openssl(tmp_path, "req -x509 -newkey rsa:1024 -nodes -keyout key.pem -out cert.pem -subj /CN=app -days 2")
    said = load(tmp_path, ca=None)
    assert (
        said
        == "--cert, --key: cert.pem with key.pem is refused by OpenSSL (EE_KEY_TOO_SMALL): get a new pair"
    )
