"""Checks of the URL: its form, known hosts of Wise, and whether host and files are of one environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from mockwise.common.host_urls import TOKEN_PATH, token_endpoint
from mockwise.doctor.certificate import spell_subject
from mockwise.doctor.check import Check, failed, passed
from mockwise.errors import InvalidValueError

SANDBOX, PRODUCTION = "api-mtls.wise-sandbox.com", "api-mtls.transferwise.com"
_WRONG_HOSTS = {
    "api.wise-sandbox.com": (SANDBOX, "is Wise's sandbox without mutual TLS"),
    "wise-sandbox.com": (SANDBOX, "is the site of Wise's sandbox, for browsers"),
    "api.wise.com": (PRODUCTION, "is Wise's production without mutual TLS"),
    "api.transferwise.com": (PRODUCTION, "is an older name of Wise's production, without mutual TLS"),
    "wise.com": (PRODUCTION, "is Wise's site, for browsers"),
    "api-mtls.wise.com": (PRODUCTION, "is no host that Wise documents"),
    "api-mtls.sandbox.transferwise.tech": (SANDBOX, "is Wise's old sandbox, which ended on 2026-06-30"),
    "api.sandbox.transferwise.tech": (SANDBOX, "is Wise's old sandbox, which ended on 2026-06-30"),
    "sandbox.transferwise.tech": (SANDBOX, "is Wise's old sandbox, which ended on 2026-06-30"),
}
"""Hosts of Wise that are not the mTLS host, with that (docs/wise/mtls.md#hosts)."""
_WISE = ("wise.com", "transferwise.com", "wise-sandbox.com", "transferwise.tech")
_OF_A_MOCK = "mockwise, for testing only"
_WORDS = {
    "sandbox": re.compile(r"(?<![a-z])(sandbox|sbx|test(ing)?|staging)(?![a-z])"),
    "production": re.compile(r"(?<![a-z])(production|prod|live)(?![a-z])"),
}


def examine_url(url: str, source: str) -> Iterator[Check]:
    """Check a URL's form and its host."""
    try:
        parts = urlsplit(token_endpoint(url, source))
    except InvalidValueError as error:
        cause, _, remedy = re.sub(r"\. Write", ": write", str(error)).rpartition(": ")
        yield failed("url.form", cause, remedy)
        return
    if parts.path.count(TOKEN_PATH) > 1:
        yield failed("url.form", f"{source}: the path {TOKEN_PATH} stands twice in the URL", "write it once")
        return
    yield passed("url.form", f"the token endpoint is https://{parts.netloc}{parts.path}")
    host = (parts.hostname or "").lower()
    if host in _WRONG_HOSTS:
        right, what = _WRONG_HOSTS[host]
        yield failed("url.host", f"{host} {what}", f"set {source} to https://{right}", presumed=True)
    else:
        yield passed("url.host", f"{host} is {_kind(host)}")


def examine_environment(url: str, certificates: Sequence[x509.Certificate], files: Sequence[Path]) -> Check:
    """Check that host, certificates and files are of one environment, as far as names tell."""
    code, host = "url.environment", (urlsplit(url).hostname or "").lower()
    kind = _kind(host)
    if not _is_wise(host):
        return passed(code, f"{host} is no host of Wise")
    if any(_OF_A_MOCK in spell_subject(it.issuer) for it in certificates):
        cause = f"a mock issued a certificate that is given, and {host} is Wise's"
        return failed(code, cause, "take the certificate and the authority that Wise gave you", presumed=True)
    other = "sandbox" if kind == "Wise's production" else "production"
    if odd := [it for it in files if _WORDS[other].search(it.name.lower())]:
        cause = f"{', '.join(map(str, odd))} is by its name of Wise's {other}, and {host} is not"
        remedy = "take files, id, secret and URL of one environment: none of them is good in the other"
        return failed(code, cause, remedy, presumed=True)
    return passed(code, f"nothing is named after another environment than {kind}")


def _kind(host: str) -> str:
    if not _is_wise(host):
        return "no host of Wise that is known"
    return "Wise's sandbox" if "sandbox" in host else "Wise's production"


def _is_wise(host: str) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in _WISE)
