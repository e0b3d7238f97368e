"""Checks of files: whether each can be read and is what it should be, and whether certificate and key fit together."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509

from mockwise.doctor.check import Check, failed, not_tried, passed
from mockwise.doctor.inputs import Inputs
from mockwise.pki.key_files import KeyFileError, KeyFiles, certificate_problem, key_problem
from mockwise.pki.keystore import read_key_store
from mockwise.pki.pem import load_certificates

_ANEW = "look for the right password, or get the file anew"
_WINDOWS = "; its lines end as Windows writes them, which nearly every program reads"


@dataclass(frozen=True)
class Material:
    """What the files gave, as far as they could be used.

    `trusts` tells whether the authorities can be loaded, `presents` whether certificate and key can; `chain` holds the
    client certificate and what follows it, `authorities` what is trusted if a file says so; `shown` names the file of the
    certificate in commands.
    """

    files: KeyFiles
    shown: str = "FILE"
    trusts: bool = False
    presents: bool = False
    chain: tuple[x509.Certificate, ...] = ()
    authorities: tuple[x509.Certificate, ...] = ()

    def context(self, *, certificate: bool) -> ssl.SSLContext:
        """A new context that trusts the authorities; it presents the client certificate if there is one and it shall."""
        if certificate and self.presents:
            return self.files.context()
        return _without_pair(self.files).context()

    def blind_context(self) -> ssl.SSLContext:
        """A new context that shows no certificate and trusts whatever it meets. Nothing secret may be sent over it."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


def examine_files(inputs: Inputs, folder: Path) -> tuple[list[Check], Material]:
    """Check all files. What a key store holds is written to `folder`, which must be private and temporary."""
    names = [inputs.source(it) for it in ("ca", "cert", "key", "key-password")]
    material = Material(
        KeyFiles(
            authority=inputs.authority,
            certificate=inputs.certificate,
            key=inputs.key,
            password=inputs.password,
            names=names,
        ),
        shown="FILE" if inputs.certificate is None else str(inputs.certificate),
    )
    authority, material = _authority(material)
    checks = [authority]
    if inputs.keystore is not None:
        check, material = _key_store(inputs, inputs.keystore, material, folder)
        checks.append(check)
    else:
        checks += [not_tried("files.keystore", "no key store was given"), *_pair_files(inputs)]
    if inputs.has_certificate and all(it.status != "failed" for it in checks[1:]):
        check, material = _pair(material)
        checks = [it for it in checks if it.code != check.code] + [check]
    return checks, material


def _authority(material: Material) -> tuple[Check, Material]:
    code, path = "files.authority", material.files.authority
    try:
        _without_pair(material.files).context()
    except KeyFileError as error:
        return _of_error(code, error), material
    if path is None:
        check = passed(code, "no file was given: the authorities of the system are trusted")
        return check, replace(material, trusts=True)
    content = path.read_bytes()
    found = _certificates(content)
    check = passed(code, f"{path} holds {_count(found)}{_line_ends(content)}")
    return check, replace(material, trusts=True, authorities=found)


def _pair_files(inputs: Inputs) -> Iterator[Check]:
    certificate = inputs.certificate
    if certificate is None:
        yield not_tried("files.certificate", "no client certificate was given")
        if inputs.key is not None:
            alone = f"{inputs.key} is of no use without a certificate"
            yield failed("files.key", alone, f"name the certificate with {inputs.source('cert')}")
        return
    problem = certificate_problem(certificate)
    if problem is None:
        yield passed("files.certificate", f"{certificate} holds PEM{_line_ends(certificate.read_bytes())}")
    else:
        yield _of_problem("files.certificate", inputs.source("cert"), certificate, problem)
    key = inputs.key or certificate
    problem = key_problem(key)
    if problem is None:
        yield passed("files.key", f"{key} holds a private key{_line_ends(key.read_bytes())}")
    elif inputs.key is not None:
        yield _of_problem("files.key", inputs.source("key"), key, problem)
    else:
        remedy = f"name the file of the key with {inputs.source('key')}"
        yield failed("files.key", f"{certificate} has no usable private key in it", remedy)


def _key_store(inputs: Inputs, path: Path, material: Material, folder: Path) -> tuple[Check, Material]:
    code, name = "files.keystore", inputs.source("p12")
    problem = certificate_problem(path) or "is PEM: name it with --cert, and its key with --key"
    if not problem.startswith("is PKCS#12"):
        return _of_problem(code, name, path, problem), material
    try:
        chain, private = read_key_store(path.read_bytes(), inputs.password)
    except ValueError as error:
        remedy = (
            f"say its password with {inputs.source('key-password')}, and try "
            f"openssl pkcs12 -info -noout -in {path} by hand"
        )
        return failed(code, f"{name}: {path} {error}", remedy), material
    certificate, key = folder / "keystore.pem", folder / "keystore.key"
    key.touch(0o600)
    key.write_bytes(private)
    certificate.write_bytes(chain)
    files = replace(material.files, certificate=certificate, key=key, password=None)
    return passed(code, f"{path} opens, and holds a certificate with its key"), replace(material, files=files)


def _pair(material: Material) -> tuple[Check, Material]:
    files, code = material.files, "files.pair"
    try:
        replace(files, authority=None).context()
    except KeyFileError as error:
        return _of_error(f"files.{error.part}", error), material
    assert files.certificate is not None
    chain = _certificates(files.certificate.read_bytes())
    check = passed(code, f"they belong together; the file of the certificate holds {_count(chain)}")
    return check, replace(material, presents=True, chain=chain)


def _without_pair(files: KeyFiles) -> KeyFiles:
    return replace(files, certificate=None, key=None)


def _of_error(code: str, error: KeyFileError) -> Check:
    name, _, rest = str(error).partition(": ")
    what, _, remedy = rest.partition(": ")
    return failed(code, f"{name}: {what}", remedy or _ANEW)


def _of_problem(code: str, name: str, path: Path, problem: str) -> Check:
    """A problem is what the file is, a colon, and what to do; or the system's error."""
    if problem.startswith("cannot be read"):
        return failed(code, f"{name}: {path} {problem}", "name a file that is there and that you may read")
    what, _, remedy = problem.partition(": ")
    return failed(code, f"{name}: {path} {what}", remedy or _ANEW)


def _certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a file that OpenSSL accepts; none if cryptography, which is stricter, does not read them."""
    try:
        return tuple(load_certificates(pem))
    except (ValueError, x509.InvalidVersion):
        return ()


def _count(certificates: tuple[x509.Certificate, ...]) -> str:
    return "1 certificate" if len(certificates) == 1 else f"{len(certificates)} certificates"


def _line_ends(content: bytes) -> str:
    return _WINDOWS if b"\r\n" in content else ""
