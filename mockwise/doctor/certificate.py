"""Checks of the client certificate's content: dates, usage, key, common name, issuer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from mockwise.doctor.check import Check, failed, passed
from mockwise.pki.csr import CURVES, RSA_BITS
from mockwise.pki.der import COMMON_NAME, subject_of_certificate

Extension = TypeVar("Extension", bound=x509.ExtensionType)

NOTICE = timedelta(days=28)
"""So long before the end Wise sends its first notice (docs/wise/mtls.md#certificates)."""
RENEW = (
    "make a key and a request with openssl req -nodes -newkey rsa:4096 -keyout client.key -out client.csr "
    '-subj "/C=EU/O=<your organization>", and have the request signed: at Wise in Developer Hub, Authentication, '
    "Generate certificate"
)


def examine_certificate(
    chain: Sequence[x509.Certificate], client_id: str | None, now: datetime, file: str
) -> Iterator[Check]:
    """Check what can be known of a client certificate without asking the server; `file` names it in commands."""
    own = chain[0]
    yield check_dates("certificate.dates", own, now, "by the clock of this machine")
    yield _usage(own)
    yield _key(own)
    if client_id:
        yield _name(own, client_id, file)
    yield _issuer(chain)


def check_dates(code: str, own: x509.Certificate, now: datetime, clock: str) -> Check:
    """Whether a certificate is valid at a time, which a clock tells."""
    since, until = own.not_valid_before_utc, own.not_valid_after_utc
    if now < since:
        cause = f"the client certificate is not valid before {_spell(since)}; {clock} it is {_spell(now)}"
        return failed(
            code, cause, "set the clock, or wait, or use the certificate before this one", presumed=True
        )
    if now > until:
        cause = f"the client certificate ended on {_spell(until)}; {clock} it is {_spell(now)}"
        return failed(code, cause, RENEW, presumed=True)
    left = until - now
    found = f"valid until {_spell(until)}, {left.days} days more, {clock}"
    return passed(code, found, RENEW if left < NOTICE else None)


def common_name(certificate: x509.Certificate) -> str | None:
    """The common name of a certificate's subject."""
    values = dict(subject_of_certificate(certificate.tbs_certificate_bytes))
    return values.get(COMMON_NAME)


def _usage(own: x509.Certificate) -> Check:
    code = "certificate.usage"
    usages = extension(own, x509.ExtendedKeyUsage)
    if usages is None:
        return passed(code, "no extended key usage that can be read restricts it")
    if {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(usages):
        return passed(code, "it allows client authentication")
    cause = "the certificate is not a client's: its extended key usage does not name client authentication"
    return failed(
        code, cause, f"use the certificate that was issued for the client, or get one: {RENEW}", presumed=True
    )


def _key(own: x509.Certificate) -> Check:
    code = "certificate.key"
    try:
        key = own.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    match key:
        case rsa.RSAPublicKey():
            kind, taken = f"RSA of {key.key_size} bits", key.key_size in RSA_BITS
        case ec.EllipticCurvePublicKey():
            kind, taken = f"the elliptic curve {key.curve.name}", key.curve.name in CURVES
        case _:
            kind, taken = "neither RSA nor an elliptic curve", False
    if taken:
        return passed(code, f"its key is {kind}")
    cause = f"its key is {kind}; Wise takes RSA of 2048, 3072 or 4096 bits, P-256 and P-384"
    return failed(code, cause, RENEW, presumed=True)


def _name(own: x509.Certificate, client_id: str, file: str) -> Check:
    code, name = "certificate.name", common_name(own)
    if name == client_id:
        return passed(code, f"the common name is the client id, {client_id!r}")
    is_named = (
        "the certificate has no common name" if name is None else f"the certificate's common name is {name!r}"
    )
    cause = f"{is_named}, and the client id is {client_id!r}: Wise issues certificates in the name of the client id"
    remedy = (
        f"use certificate and id of the same client: openssl x509 -noout -subject -in {file} prints the name"
    )
    return failed(code, cause, remedy, presumed=True)


def _issuer(chain: Sequence[x509.Certificate]) -> Check:
    code, own = "certificate.issuer", chain[0]
    issuer = spell_subject(own.issuer)
    if _is_authority(own):
        cause = "the first certificate in the file is an authority's, not a client's"
        return failed(code, cause, "put the client's own certificate first", presumed=True)
    if _signed(own, own):
        cause = "the certificate is signed by itself: a server that asks for one knows its issuer"
        return failed(code, cause, RENEW, presumed=True)
    for lower, upper in pairwise(chain):
        if not _signed(lower, upper):
            cause = (
                f"in the file, {spell_subject(upper.subject)!r} follows {spell_subject(lower.subject)!r} and did not "
                "sign it"
            )
            remedy = "let each certificate be followed by its issuer's, or leave all but the first away"
            return failed(code, cause, remedy, presumed=True)
    return passed(code, f"issued by {issuer}")


def spell_subject(name: x509.Name) -> str:
    """The values of a distinguished name."""
    return ", ".join(str(part.value) for part in name) or "a name without values"


def extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    """An extension of a certificate; None if it is not there or cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return None


def _is_authority(own: x509.Certificate) -> bool:
    constraints = extension(own, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _signed(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    try:
        lower.verify_directly_issued_by(upper)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _spell(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
