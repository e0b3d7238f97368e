"""Loads certificate and key files for a client, and explains why a file cannot be used.

OpenSSL says little more of a file than that it cannot use it. So when it refuses one, the file is inspected, and the
error says what it is and which command converts it into what is wanted.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LABEL = re.compile(rb"^-----BEGIN ([A-Z0-9 ]+)-----\s*$", re.MULTILINE)
_BLOCK = re.compile(rb"^-----BEGIN ([A-Z0-9 ]+)-----\s*$.*?^-----END \1-----\s*$", re.MULTILINE | re.DOTALL)
_CERTIFICATES = {b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"}
_KEYS = {b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"DSA PRIVATE KEY"}
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_JAVA = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
_PBES = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05"  # PKCS #5
_SIGNED_DATA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"  # PKCS #7


Part = Literal["authority", "certificate", "key", "pair"]


class KeyFileError(ValueError):
    """A file that cannot be used; the message is one line, names it, and says what to do.

    `part` is the file that is at fault, or `pair` if certificate and key do not fit together.
    """

    def __init__(self, message: str, part: Part) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFiles:
    """The files that a client loads. `names` are the options or variables that they and the password came from."""

    authority: Path | None
    certificate: Path | None
    key: Path | None
    password: str | None = field(default=None, repr=False)
    names: Sequence[str] = ("the authority", "the certificate", "the key", "the key's password")

    def context(self) -> ssl.SSLContext:
        """A context that trusts the authority, or the system's if there is none, and presents the certificate.

        OpenSSL never asks for a password at the terminal.

        Raises:
            KeyFileError: a file cannot be used.
        """
        authority, _, key, _ = self.names
        if self.authority is None:
            context = ssl.create_default_context()
        else:
            try:
                context = ssl.create_default_context(cafile=self.authority)
                problem = (
                    None
                    if context.cert_store_stats()["x509"]
                    else _file_problem(self.authority, _as_authority)
                )
            except OSError as error:
                problem = _system_problem(error) or _file_problem(self.authority, _as_authority)
            if problem:
                raise KeyFileError(f"{authority}: {self.authority} {problem}", "authority")
        if self.certificate is not None:
            self._present(context, self.certificate)
        elif self.key is not None:
            raise KeyFileError(
                f"{key}: {self.key} is of no use without {self.names[1]}: name both", "certificate"
            )
        return context

    def _present(self, context: ssl.SSLContext, certificate: Path) -> None:
        _, own, key, password = self.names
        asked = False

        def ask_password() -> str:
            nonlocal asked
            asked = True
            if self.password is None:
                raise KeyFileError(f"{holder} is encrypted: say its password with {password}", "key")
            return self.password

        holder = f"{own}: the key in {certificate}" if self.key is None else f"{key}: {self.key}"
        try:
            context.load_cert_chain(certificate, self.key, ask_password)
        except KeyFileError:
            raise
        except (OSError, ValueError) as error:
            if problem := certificate_problem(certificate):
                raise KeyFileError(f"{own}: {certificate} {problem}", "certificate") from None
            where = certificate if self.key is None else self.key
            if problem := key_problem(where):
                if self.key is None:
                    problem = f"has no usable private key in it: name its file with {key}"
                raise KeyFileError(f"{own if self.key is None else key}: {where} {problem}", "key") from None
            if asked and "MISMATCH" not in str(error):
                raise KeyFileError(f"{holder} is encrypted, and {password} does not open it", "key") from None
            raise KeyFileError(
                f"{own}, {key}: {_pair_problem(certificate, where, self.password, error)}", "pair"
            ) from None


def certificate_problem(path: Path) -> str | None:
    """Why a file can hold no certificate in PEM, and what to do; None if it may."""
    return _read_problem(path) or _file_problem(path, _as_certificate)


def key_problem(path: Path) -> str | None:
    """Why a file can hold no private key in PEM, and what to do; None if it may."""
    return _read_problem(path) or _file_problem(path, _as_key)


def _system_problem(error: OSError) -> str | None:
    """The system's error on a file; None for one of OpenSSL's, which says nothing that helps."""
    return None if isinstance(error, ssl.SSLError) else f"cannot be read: {error.strerror or error}"


def _read_problem(path: Path) -> str | None:
    try:
        path.read_bytes()
    except OSError as error:
        return _system_problem(error)
    return None


def _file_problem(path: Path, usual: Callable[[Path, set[bytes]], str | None]) -> str | None:
    """What is wrong with a file; None if nothing is."""
    content = path.read_bytes()
    if not content.strip():
        return "is empty"
    if content.startswith(_BYTE_ORDER_MARKS):
        return "is text with a byte order mark, as Windows writes it: save it as UTF-8 or ASCII without one"
    labels = set(_LABEL.findall(content))
    if labels - {found[1] for found in _BLOCK.finditer(content)}:
        return "is damaged or cut off: a part of it has a BEGIN line and no END line"
    return usual(path, labels) if labels else _binary(path, content)


def _as_certificate(path: Path, labels: set[bytes]) -> str | None:
    if labels & _CERTIFICATES:
        return None
    if labels & _KEYS:
        return "is a private key, and no certificate: were the two swapped?"
    return _other(path, labels, "the certificate that was made of it")


def _as_authority(path: Path, labels: set[bytes]) -> str | None:
    if labels & _CERTIFICATES:
        return "holds no certificate of an authority that OpenSSL can read: get the file anew"
    if labels & _KEYS:
        return "is a private key: what is wanted is the authority's certificate, ca.pem"
    return _other(path, labels, "the authority's certificate")


def _as_key(path: Path, labels: set[bytes]) -> str | None:
    if labels & _KEYS:
        return None
    if labels & _CERTIFICATES:
        return "is a certificate, and holds no private key: were the two swapped?"
    return _other(path, labels, "the private key that belongs to it")


def _other(path: Path, labels: set[bytes], wanted: str) -> str:
    if b"OPENSSH PRIVATE KEY" in labels:
        return f"is a key in OpenSSH's own format: convert it with ssh-keygen -p -m PEM -f {path}"
    if b"PKCS7" in labels:
        return f"is PKCS#7: convert it with openssl pkcs7 -print_certs -in {path} -out client.pem"
    if labels & {b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"}:
        return f"is a certificate signing request: what is wanted is {wanted}"
    if labels & {b"PUBLIC KEY", b"RSA PUBLIC KEY"}:
        return f"is a public key: what is wanted is {wanted}"
    found = ", ".join(sorted(label.decode() for label in labels))
    return f"holds {found}: what is wanted is {wanted}, PEM"


def _binary(path: Path, content: bytes) -> str:
    """What a file that is not PEM is, by the first bytes of its ASN.1."""
    pem, key, store = (path.with_suffix(it).name for it in (".pem", ".key.pem", ".p12"))
    if content.startswith(_JAVA):
        return (
            f"is a Java key store: convert it with keytool -importkeystore -srckeystore {path} -destkeystore {store} "
            f"-deststoretype PKCS12, and that with openssl pkcs12 -in {store} -out {pem} -nodes"
        )
    outer = _inside(content)
    if outer is None:
        return "is neither PEM nor anything else that is known: get the file anew"
    inner = _inside(outer) or b""
    kinds = (
        (
            outer,
            b"\x02\x01\x03",
            f"PKCS#12, with certificate and key: convert it with openssl pkcs12 -in {path} -out {pem} -nodes",
        ),
        (
            outer,
            b"\x02\x01",
            f"a private key in DER: convert it with openssl pkey -inform DER -in {path} -out {key}",
        ),
        (
            outer,
            _SIGNED_DATA,
            f"PKCS#7: convert it with openssl pkcs7 -inform DER -print_certs -in {path} -out {pem}",
        ),
        (
            inner,
            _PBES,
            f"an encrypted key in DER: convert it with openssl pkcs8 -inform DER -in {path} -out {key}",
        ),
        (inner, b"\x06", "a public key in DER: what is wanted is the private key, or the certificate"),
        (
            inner,
            b"\x02\x01\x00\x30",
            "a certificate signing request in DER: what is wanted is the certificate made of it",
        ),
        (inner, b"", f"a certificate in DER: convert it with openssl x509 -inform DER -in {path} -out {pem}"),
    )
    return next(f"is {what}" for part, begins, what in kinds if part.startswith(begins))


def _inside(content: bytes) -> bytes | None:
    """What an ASN.1 sequence holds (X.690 section 8.1); None if it is none."""
    if len(content) < 2 or content[0] != 0x30:  # noqa: PLR2004  the tag of a sequence
        return None
    size = content[1]
    return content[2 + (size & 0x7F if size & 0x80 else 0) :]


def _pair_problem(certificate: Path, key: Path, password: str | None, error: Exception) -> str:
    """Why OpenSSL refuses a certificate and a key that are both usable by themselves."""
    from cryptography import x509  # because it is slow to import, and good files do not need it
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # because of the same

    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        [block] = [it[0] for it in _BLOCK.finditer(key.read_bytes()) if it[1] in _KEYS][:1]
        private = load_pem_private_key(
            block, password.encode() if password and b"ENCRYPTED" in block else None
        )
    except (ValueError, TypeError):
        return f"{certificate} with {key} cannot be read: it is damaged, or of a kind that is not known; get the files anew"
    owners = [it for it in chain if it.public_key() == private.public_key()]
    if not owners:
        return (
            f"the key {key} is another certificate's than {certificate}: openssl x509 -noout -pubkey -in {certificate} "
            f"and openssl pkey -pubout -in {key} print the same of a pair"
        )
    if owners[0] is not chain[0]:
        return f"{certificate} has its certificates in the wrong order: the client's own comes first, then who signed it"
    return f"{certificate} with {key} is refused by OpenSSL ({getattr(error, 'reason', None) or error}): get a new pair"
