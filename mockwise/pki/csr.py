"""Client certificates that are issued for signing requests (CSR).

The rules are those of Wise (docs/wise/mtls.md#certificates): PEM without anything
around it; an RSA key of 2048, 3072 or 4096 bits or an elliptic curve key of 256 or 384; an organization in the
subject; whatever common name the request has is overridden (of up to 64 bytes, as X.520 has it); one year. The request's own
signature, which proves that its author has the key, is checked as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from mockwise.pki.der import COMMON_NAME, COUNTRY_NAME, JURISDICTION_COUNTRY_NAME, subject_of_request

if TYPE_CHECKING:
    from mockwise.pki.authority import Authority, Identity

RSA_BITS = (2048, 3072, 4096)
CURVES = ("secp256r1", "secp384r1")
_LONGEST_NAME = 64  # bytes; X.520, ub-common-name
_COUNTRY = 2  # letters; ISO 3166
LONGEST = 16 * 1024  # characters; a request for the largest key has some 1,800

# Java's keytool writes NEW.
_PEM = re.compile(
    r"\s*-----BEGIN (NEW )?CERTIFICATE REQUEST-----\s[A-Za-z0-9+/=\s]+-----END (NEW )?CERTIFICATE REQUEST-----\s*"
)


@dataclass(frozen=True)
class SigningRequest:
    """The subject and the key of a signing request that keeps the rules."""

    subject: x509.Name
    public_key_pem: bytes


def read_request(pem: str) -> SigningRequest:
    """Read a certificate signing request and check it against the rules.

    Raises:
        ValueError: it cannot be read or breaks a rule; the message says which and what to do.
    """
    if len(pem) > LONGEST:
        raise ValueError(
            f"the signing request is over {LONGEST} characters: send one request, and nothing else"
        )
    if not _PEM.fullmatch(pem):
        raise ValueError(
            "the signing request is not PEM, or has text around it: "
            "send what openssl req writes, from BEGIN to END CERTIFICATE REQUEST"
        )
    try:
        request = x509.load_pem_x509_csr(pem.strip().encode("ascii"))
        _check_subject(request.tbs_certrequest_bytes)
        owner, key, proven = request.subject, request.public_key(), request.is_signature_valid
    except _SubjectError:
        raise
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        UserWarning,
    ):  # UserWarning is raised where warnings are errors
        raise ValueError("the signing request cannot be read: make a new one with openssl req") from None
    _check_key(key)
    if not proven:
        raise ValueError(
            "the signing request is not signed with its own key: make a new one with openssl req"
        )
    organizations = owner.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    if not any(str(organization.value).strip() for organization in organizations):
        raise ValueError(
            'the signing request names no organization: make one with -subj "/C=EU/O=<your organization>"'
        )
    return SigningRequest(owner, key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def sign_request(authority: Authority, pem: str, common_name: str) -> Identity:
    """Issue the client certificate that a signing request asks for, with `common_name` in the place of its own.

    Raises:
        ValueError: it cannot be read or breaks a rule; the message says which and what to do.
    """
    request = read_request(pem)
    return authority.issue_client(
        common_name, subject_of_request=request.subject, public_key_pem=request.public_key_pem
    )


class _SubjectError(ValueError):
    """A subject that X.520 does not allow."""


def _check_subject(tbs: bytes) -> None:
    """Check the subject before cryptography reads it, which would only warn."""
    for identifier, value in subject_of_request(tbs):
        if identifier == COMMON_NAME and not 1 <= len(value.encode()) <= _LONGEST_NAME:
            raise _SubjectError(
                f"the signing request's common name is empty or over {_LONGEST_NAME} bytes: make one with a shorter name"
            )
        if identifier in (COUNTRY_NAME, JURISDICTION_COUNTRY_NAME) and len(value) != _COUNTRY:
            raise _SubjectError(
                'the signing request\'s country is not a code of two letters: make one with -subj "/C=GB/..."'
            )


def _check_key(key: object) -> None:
    match key:
        case rsa.RSAPublicKey() if key.key_size in RSA_BITS:
            return
        case ec.EllipticCurvePublicKey() if key.curve.name in CURVES:
            return
        case _:
            raise ValueError(
                "the signing request's key is of another kind or size: take RSA of 2048, 3072 or 4096 bits, "
                "or an elliptic curve, P-256 or P-384"
            )
