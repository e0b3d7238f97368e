"""Makes and reads PKCS #12 files (RFC 7292), in which Java and Windows keep keys and trusted certificates."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from mockwise.pki.pem import certificate_pem, key_pem, load_pair


def key_store(name: str, certificate: bytes, key: bytes, authority: bytes, password: str) -> bytes:
    """A PKCS #12 file with a certificate, its key and its chain, all given as PEM, under a name.

    Raises:
        ValueError: one of them cannot be read, the key is another certificate's, or the password is empty.
    """
    _check_password(password)
    chain, private = load_pair(certificate, key)
    above = [*chain[1:], *x509.load_pem_x509_certificates(authority)]
    return pkcs12.serialize_key_and_certificates(
        name.encode(), private, chain[0], above, BestAvailableEncryption(password.encode())
    )


def trust_store(name: str, authority: bytes, password: str) -> bytes:
    """A PKCS #12 file with trusted certificates, given as PEM, and with the mark that Java requires.

    Raises:
        ValueError: it cannot be read, or the password is empty.
    """
    _check_password(password)
    trusted = [
        pkcs12.PKCS12Certificate(it, f"{name} {number}".encode())
        for number, it in enumerate(x509.load_pem_x509_certificates(authority), 1)
    ]
    return pkcs12.serialize_java_truststore(trusted, BestAvailableEncryption(password.encode()))


def _check_password(password: str) -> None:
    if not password:
        raise ValueError("write at least one character, since Java opens no file without a password")


def read_key_store(content: bytes, password: str | None) -> tuple[bytes, bytes]:
    """The certificate with its chain and the key of a PKCS #12 file, as PEM.

    Raises:
        ValueError: the password does not open it, or it holds no certificate with a usable key.
    """
    try:
        store = pkcs12.load_pkcs12(content, None if password is None else password.encode())
    except ValueError:
        raise ValueError("is not opened by its password, or is damaged") from None
    if store.cert is None or not isinstance(store.key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("holds no certificate with a private key: it may be a trust store")
    above = [it.certificate for it in store.additional_certs]
    return b"".join(map(certificate_pem, [store.cert.certificate, *above])), key_pem(store.key)
