"""Runs all checks, the cheapest first, and stops asking where an answer would prove nothing."""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote, quote_plus

from mockwise.common.host_urls import token_endpoint
from mockwise.doctor.acceptance import examine_acceptance, examine_clocks
from mockwise.doctor.certificate import common_name, examine_certificate
from mockwise.doctor.check import CODES, Check, failed, not_tried
from mockwise.doctor.files import Material, examine_files
from mockwise.doctor.handshake import Handshake
from mockwise.doctor.inputs import Inputs
from mockwise.doctor.journal import ReadControl, examine_journal
from mockwise.doctor.network import Route, examine_route, route_to
from mockwise.doctor.secret import examine_credentials
from mockwise.doctor.server import SERVER_CODES, examine_handshake, examine_request, examine_server
from mockwise.doctor.token import TokenTry, examine_token
from mockwise.doctor.trust_variables import examine_trust_variables
from mockwise.doctor.url import examine_environment, examine_url
from mockwise.pki.temporary_folder import TemporaryFolder
from mockwise.real_time import real_now

_SHORTEST_MASKED = 4  # characters; a shorter secret would mask words


def diagnose(inputs: Inputs, read_control: ReadControl | None = None) -> list[Check]:
    """Try everything that a client needs for a token. Each code of `CODES` comes once, in its order.

    Args:
        inputs: what the client is given.
        read_control: reads the control host of the mock that is tried, if it is one.
    """
    with TemporaryFolder() as folder, warnings.catch_warnings():
        # cryptography warns of names that X.520 does not allow; what they are is told by the checks.
        warnings.simplefilter("ignore", UserWarning)
        examination = _Examination(inputs, read_control)
        checks, material = examine_files(inputs, folder.path)
        examination.add(checks)
        examination.here(material)
        if examination.is_ok("url.form"):
            examination.network(material)
        examination.add([examine_trust_variables(inputs.environ, examination.reached)])
    return examination.results()


class _Examination:
    """The checks that were made so far, and what they found."""

    def __init__(self, inputs: Inputs, read_control: ReadControl | None) -> None:
        self._inputs = inputs
        self._read_control = read_control
        self._checks: dict[str, Check] = {}
        self._secrets = {inputs.client_secret, inputs.password}
        self.reached: Route | None = None

    def add(self, checks: Iterable[Check]) -> None:
        """Add the results of checks to the examination."""
        for check in checks:
            assert check.code in CODES
            self._checks[check.code] = check

    def is_ok(self, *codes: str) -> bool:
        """Whether all these checks were tried and are ok."""
        return all(code in self._checks and self._checks[code].status == "ok" for code in codes)

    def here(self, material: Material) -> None:
        """What can be known without the network."""
        inputs, chain = self._inputs, material.chain
        if chain:
            self.add(examine_certificate(chain, inputs.client_id, real_now(), material.shown))
        owner = common_name(chain[0]) if chain else None
        if owner is not None and owner == inputs.client_secret:  # the two are swapped
            self._secrets = {inputs.client_id, inputs.password}
        sources = inputs.source("client-id"), inputs.source("client-secret")
        self.add(examine_credentials(inputs.client_id, inputs.client_secret, owner, sources))
        self.add(examine_url(inputs.url, inputs.source("url")))
        if self.is_ok("url.form"):
            files = [inputs.authority, inputs.certificate, inputs.key, inputs.keystore]
            certificates = [*chain, *material.authorities]
            self.add([examine_environment(inputs.url, certificates, [it for it in files if it is not None])])

    def network(self, material: Material) -> None:
        """What the host says."""
        inputs = self._inputs
        try:
            route = route_to(inputs.url, inputs.environ, inputs.timeout)
        except ValueError as error:
            self.add([failed("network.proxy", str(error), "name an HTTP proxy, or add the host to NO_PROXY")])
            return
        self.add(examine_route(route))
        if not self.is_ok("network.proxy") or not (route.proxy or self.is_ok("network.tcp")):
            return
        check, seen = examine_handshake(route, material)
        self.add([check])
        if check.status == "ok":
            self.reached = route
            self.add(examine_request(seen, material))
            self.add(examine_server(route, material, seen))
            if self.is_ok(*SERVER_CODES) and (material.presents or not inputs.has_certificate):
                self._accepted(route, material)

    def _accepted(self, route: Route, material: Material) -> None:
        """Whether the host takes the client, by TLS and by OAuth."""
        check, seen = examine_acceptance(route, material)
        self.add([check])
        self.add(examine_clocks(seen, material, real_now()))
        attempt = self._token_try() if check.status == "ok" else None
        if attempt is not None:
            for result, token in examine_token(attempt, route, material, self._presumed()):
                self.add([result])
                self._secrets.add(token)
        self._journal(seen, attempt)

    def _token_try(self) -> TokenTry | None:
        inputs = self._inputs
        if not inputs.client_id or not inputs.client_secret:
            return None
        return TokenTry(
            endpoint=token_endpoint(inputs.url, inputs.source("url")),
            client_id=inputs.client_id,
            client_secret=inputs.client_secret,
            correlation=str(uuid.uuid4()),
        )

    def _journal(self, seen: Handshake, attempt: TokenTry | None) -> None:
        correlation = attempt.correlation if attempt is not None else ""
        self.add([examine_journal(self._read_control, correlation, seen.local)])

    def _presumed(self) -> list[Check]:
        return [it for it in self._checks.values() if it.status == "failed" and it.presumed]

    def results(self) -> list[Check]:
        """All checks in their order. What the server has proved wrong is ok; no text holds a secret."""
        if self.is_ok("token.request"):
            self.add(_outvoted(it) for it in self._presumed())
        missing = [not_tried(it, self._what_comes_first(it)) for it in CODES if it not in self._checks]
        self.add(missing)
        return [self._masked(self._checks[code]) for code in CODES]

    def _what_comes_first(self, code: str) -> str:
        """Why a check was not tried: the one before it that failed, if possible one that the server has judged."""
        if not self._inputs.has_certificate and code.startswith(("files.", "certificate.")):
            return "no client certificate was given"
        before = [self._checks[it] for it in [*CODES][: [*CODES].index(code)] if it in self._checks]
        broken = [it for it in before if it.status == "failed"]
        if not broken:
            return "there is nothing to try it with"
        return f"{([it for it in broken if not it.presumed] or broken)[-1].code} failed"

    def _masked(self, check: Check) -> Check:
        return replace(
            check,
            cause=self._mask(check.cause),
            remedy=None if check.remedy is None else self._mask(check.remedy),
        )

    def _mask(self, text: str) -> str:
        given = {it for it in self._secrets if it is not None and len(it) >= _SHORTEST_MASKED}
        spelled = {
            form for it in given for form in (it, it.strip(), quote(it), quote_plus(it), repr(it)[1:-1])
        }
        for secret in sorted(spelled, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def _outvoted(check: Check) -> Check:
    """A check that failed without the server, which gave a token all the same."""
    return replace(check, status="ok", cause=f"{check.cause}; this server gives a token all the same")
