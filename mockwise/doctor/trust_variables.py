"""Checks of the variables that tell other programs whom to trust, each tried against the server."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

from mockwise.doctor.check import Check, failed, passed
from mockwise.doctor.handshake import shake_hands
from mockwise.doctor.network import Route

_PROGRAMS = {
    "SSL_CERT_FILE": "OpenSSL, curl, Go and Python",
    "SSL_CERT_DIR": "OpenSSL, curl, Go and Python",
    "CURL_CA_BUNDLE": "curl and requests",
    "REQUESTS_CA_BUNDLE": "requests",
    "NODE_EXTRA_CA_CERTS": "Node",
}
_CODE = "environment.trust"


def examine_trust_variables(environ: Mapping[str, str], route: Route | None) -> Check:
    """Check each file that a variable names; with a route, try whether the server is trusted by it."""
    there = {name: Path(value) for name in _PROGRAMS if (value := environ.get(name))}
    if not there:
        return passed(_CODE, f"none of {', '.join(_PROGRAMS)} is set")
    if broken := [*_broken(there)]:
        names = " ".join(name for name, _ in broken)
        cause = "; ".join(f"{name} ({_PROGRAMS[name]}) names {there[name]}, {why}" for name, why in broken)
        return failed(_CODE, cause, f"unset {names}, or name files that can be read")
    found = [f"{name} ({_PROGRAMS[name]}) {_verdict(path, route)}" for name, path in there.items()]
    remedy = "where a program is not told otherwise, it takes these: give it the file of the authority, or unset them"
    return passed(_CODE, "; ".join(found), remedy)


def _broken(there: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    for name, path in there.items():
        try:
            _context(path)
        except ssl.SSLError:
            yield name, "which holds no certificate"
        except OSError as error:
            yield name, f"which cannot be read: {error.strerror}"


def _context(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if path.is_dir():
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(cafile=path)
    return context


def _verdict(path: Path, route: Route | None) -> str:
    if route is None:
        return f"names {path}"
    refused = shake_hands(route, _context(path)).verify_code is not None
    return f"names {path}, by which this server is {'not trusted' if refused else 'trusted'}"
