"""Checks of the server: whether it speaks TLS, what it asks for, and each thing that its certificate must be.

OpenSSL names one thing that is wrong with a certificate, and no second one. So after a refusal the handshake is done
again for each thing apart, with the others left out.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from mockwise.doctor.certificate import extension, spell_subject
from mockwise.doctor.check import Check, failed, not_tried, passed
from mockwise.doctor.files import Material
from mockwise.doctor.handshake import Handshake, shake_hands
from mockwise.doctor.network import Route
from mockwise.pki.der import spell_name

_NO_CHECK_TIME = ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME, which Python does not name
_WEAK = {66, 67, 68}  # X509_V_ERR_EE_KEY_TOO_SMALL, CA_KEY_TOO_SMALL, CA_MD_TOO_WEAK
_NO_ISSUER = {2, 20, 21}  # X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT and what follows from it
_SELF_SIGNED = 18  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
_DATES = {9: "is not valid yet", 10: "has expired"}  # X509_V_ERR_CERT_NOT_YET_VALID, CERT_HAS_EXPIRED
SERVER_CODES = ("server.key", "server.chain", "server.root", "server.dates", "server.name")


def examine_handshake(route: Route, material: Material) -> tuple[Check, Handshake]:
    """Check that the port speaks TLS, with a handshake that shows no certificate."""
    code, seen = "tls.handshake", shake_hands(route, material.blind_context())
    if seen.version or seen.certificate:
        return passed(code, f"{route.authority} speaks {seen.version or 'TLS 1.2'}"), seen
    return _not_spoken(code, route, seen), seen


def examine_request(seen: Handshake, material: Material) -> Iterator[Check]:
    """Check that the server asks for a certificate, and whom it names, if there is a certificate to show."""
    asks, issuers = "tls.asks", "tls.issuers"
    if not seen.asked:
        without = "the host does not ask for a client certificate"
        if material.presents:
            remedy = "use the mTLS host; at a mock that is MOCKWISE_MTLS_URL"
            yield failed(asks, f"{without}: it is not an mTLS host", remedy, presumed=True)
        else:
            yield passed(asks, without)
        yield not_tried(issuers, without)
        return
    yield passed(asks, "the host asks for a client certificate")
    names = ", ".join(repr(spell_name(it)) for it in seen.named)
    if not seen.named:
        yield passed(issuers, "the host names no issuers, so it may accept any")
    elif not material.chain:
        yield not_tried(issuers, f"no certificate can be shown; the host accepts those that {names} issued")
    elif {it.issuer.public_bytes() for it in material.chain} & set(seen.named):
        yield passed(issuers, f"the host accepts certificates that {names} issued")
    else:
        cause = f"the host accepts certificates that {names} issued; this one is from {_issuer(material)!r}"
        remedy = "use the certificate of this environment, or give its file the intermediate certificates too"
        yield failed(issuers, cause, remedy, presumed=True)


def examine_server(route: Route, material: Material, seen: Handshake) -> Iterator[Check]:
    """Check the server's certificate as a client does, and each thing apart if it is refused."""
    if not material.trusts:
        yield from (not_tried(it, "the file of the authority cannot be used") for it in SERVER_CODES)
        return
    own = seen.certificate
    if own is None:
        unreadable = f"its certificate cannot be read here: openssl s_client -showcerts -connect {route.authority} shows it"
        yield from (not_tried(it, unreadable) for it in SERVER_CODES)
        return
    whole = shake_hands(route, material.context(certificate=False))
    if whole.verify_code is None and not whole.chain:
        yield from (not_tried(it, f"the connection was lost this time: {whole.error}") for it in SERVER_CODES)
        return
    if whole.verify_code is None:
        yield passed("server.key", "it is strong enough")
        yield passed("server.chain", f"{len(seen.chain)} sent")
        yield passed(
            "server.root", f"issued by {spell_subject(own.issuer)!r}, which leads to a trusted authority"
        )
        yield passed("server.dates", f"valid until {own.not_valid_after_utc:%Y-%m-%d}")
        yield passed("server.name", f"it carries the name {route.host}")
        return
    yield _key(route, material)
    root = _again(route, material, weak=True)
    if root.verify_code is not None:
        yield from _untrusted(route, material, own, root)
        return
    yield passed("server.chain", f"{len(seen.chain)} sent")
    yield passed("server.root", "it leads to a trusted authority")
    yield _dates(_again(route, material, weak=True, time=True))
    yield _name(route, own, _again(route, material, weak=True, name=True))


def _not_spoken(code: str, route: Route, seen: Handshake) -> Check:
    error, where = seen.error, route.authority
    by_proxy = "" if route.proxy is None else f" through the proxy {route.proxy.shown}"
    if isinstance(error, TimeoutError):
        cause = f"{where} takes connections{by_proxy}, and does not answer a handshake within {route.timeout:g} seconds"
        return failed(
            code, cause, "try again later; then ask those who run it, or see to what stands between"
        )
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        if seen.alert is not None:
            cause = f"{where} ends the handshake with the alert {seen.alert}"
            return failed(code, cause, "allow TLS 1.2 and 1.3, and call the host by its own name")
        cause = f"{where} does not speak TLS that is understood here ({error.reason})"
        return failed(code, cause, "compare the port: this one may be plain HTTP, or speak old versions only")
    what = getattr(error, "strerror", None) or type(error).__name__
    cause = f"{where} ends the connection{by_proxy} in the middle of the handshake ({what})"
    return failed(code, cause, "try again later; a firewall that forbids this host does the same")


def _again(
    route: Route, material: Material, *, weak: bool = False, time: bool = False, name: bool = False
) -> Handshake:
    """A handshake that leaves out what is not asked for: `weak` allows weak keys, `time` looks at dates, `name` at the name."""
    context = material.context(certificate=False)
    if weak:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if not time:
        context.verify_flags |= _NO_CHECK_TIME
    context.check_hostname = name
    return shake_hands(route, context)


def _key(route: Route, material: Material) -> Check:
    code = "server.key"
    if _again(route, material).verify_code in _WEAK:
        cause = "the server's certificate has a key or a signature that is too weak for OpenSSL"
        return failed(
            code, cause, "do not go on: ask those who run the server for a certificate with a longer key"
        )
    return passed(code, "it is strong enough")


def _untrusted(route: Route, material: Material, own: x509.Certificate, root: Handshake) -> Iterator[Check]:
    issuer = spell_subject(own.issuer)
    missing = _fetched_from(own)
    if root.verify_code in _NO_ISSUER and len(root.chain) == 1 and missing:
        cause = (
            f"the server sends its own certificate alone, and not that of {issuer!r}, which issued it; its certificate "
            f"says that this one is at {missing}"
        )
        remedy = (
            "ask those who run the server to send its chain; until then add the missing one to the file of the "
            f"authority: curl -s {missing} | openssl x509 -inform DER"
        )
        yield failed("server.chain", cause, remedy)
        yield not_tried("server.root", "a certificate on the way to it is missing")
    else:
        yield passed("server.chain", f"{len(root.chain)} sent")
        yield _root(route, material, root, issuer)
    for code in "server.dates", "server.name":
        yield not_tried(code, "OpenSSL judges them in certificates that are trusted")


def _root(route: Route, material: Material, root: Handshake, issuer: str) -> Check:
    assert isinstance(root.error, ssl.SSLCertVerificationError)
    signed = "itself" if root.verify_code == _SELF_SIGNED else repr(issuer)
    cause = f"the server's certificate, issued by {signed}, is not trusted: {root.error.verify_message}"
    if material.files.authority is None:
        cause += "; the authorities of the system are trusted, since no file was given"
    if route.proxy is not None:
        cause += f"; if the proxy {route.proxy.shown} opens TLS itself, mutual TLS cannot pass it"
        remedy = f"add {route.host} to NO_PROXY"
    else:
        remedy = (
            f"give the authority of this very environment with {material.files.names[0]}: at Wise, Get Wise Certificate "
            "in Developer Hub; at a mock, ca.pem in its certs folder"
        )
    return failed("server.root", cause, remedy)


def _dates(again: Handshake) -> Check:
    code, found = "server.dates", again.verify_code
    if found is None:
        return passed(code, "it is valid now")
    cause = (
        f"a certificate of the server's {_DATES.get(found, 'is not accepted')}, by the clock of this machine"
    )
    return failed(
        code, cause, "set the clock here if it is wrong; else ask those who run the server to renew it"
    )


def _name(route: Route, own: x509.Certificate, again: Handshake) -> Check:
    code = "server.name"
    if again.verify_code is None:
        return passed(code, f"it carries the name {route.host}")
    names = ", ".join(_alternative_names(own)) or "no name at all"
    cause = f"the server's certificate is for {names}, and not for {route.host}"
    return failed(code, cause, "call the host by a name that its certificate carries")


def _alternative_names(own: x509.Certificate) -> list[str]:
    return [str(it.value) for it in extension(own, x509.SubjectAlternativeName) or ()]


def _fetched_from(own: x509.Certificate) -> str | None:
    """Where a certificate says that its issuer's can be fetched."""
    found = extension(own, x509.AuthorityInformationAccess) or ()
    issuers = (it for it in found if it.access_method == AuthorityInformationAccessOID.CA_ISSUERS)
    return next((str(it.access_location.value) for it in issuers), None)


def _issuer(material: Material) -> str:
    return spell_subject(material.chain[0].issuer)
