"""Sabotages and drifts of the contract's own mock, combined: those in one group do not touch each other's rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.contract import sabotages as inside
from tests.contract import sabotages_of_hosts as doors
from tests.contract.drifting import Drift, Exchange
from tests.contract.drifts import header, in_token, status, words
from tests.contract.drifts_of_users import in_body, in_refresh
from tests.contract.sabotages import Sabotage


@dataclass(frozen=True)
class CombinedFaults:
    """What goes wrong, inside and on the wire, and all rules that it breaks."""

    inside: tuple[Sabotage, ...] = ()
    wire: tuple[Drift, ...] = ()
    rules: str = ""

    @property
    def breaks(self) -> set[str]:
        """The names of the rules."""
        return set(self.rules.split())

    def drift(self, exchange: Exchange) -> None:
        """All that goes wrong on the wire."""
        for single in self.wire:
            single(exchange)


def location(old: str, new: str) -> Drift:
    """Another place to go to from the consent page."""

    def drift(exchange: Exchange) -> None:
        if "location" in exchange.headers:
            exchange.headers["location"] = exchange.headers["location"].replace(old, new)

    return drift


def at(*paths: str, old: int, new: int) -> Drift:
    """Another status at some paths."""
    return status(old, new, lambda exchange: exchange.path.startswith(paths))


def typed(name: str) -> Drift:
    """A form of another media type is not read."""
    return status(200, 400, lambda exchange: name in exchange.request.get("content-type", ""))


def unsafe_page(exchange: Exchange) -> None:
    """Errors of the consent page are redirected."""
    if exchange.path == "/oauth/authorize/" and exchange.status >= 400:
        exchange.status = 303
        exchange.headers["location"] = "https://localhost/callback?error=invalid_request"


def one_claim_code(exchange: Exchange) -> None:
    """There is one claim-account code for all, which is none."""
    if exchange.path == "/v1/user/claim-account" and exchange.status == 200:
        exchange.say({"claimAccountCode": "the same"})


def no_basic(exchange: Exchange) -> None:
    """Give tokens to requests without an `Authorization` header."""
    if exchange.path.endswith("/oauth/token") and "authorization" not in exchange.request:
        exchange.status = 200


def _is_page(exchange: Exchange) -> bool:
    return exchange.path == "/oauth/authorize/" and exchange.status == 200


def _always(_: Exchange) -> bool:
    return True


def _sooner(members: dict[str, Any]) -> dict[str, Any]:
    return {"refresh_token_expires_in": members["refresh_token_expires_in"] - 99}


_WORDS = (
    *("ApiRegisterCommand", "NotNull", "Size", "a valid email", "NOT_UNIQUE", "invalid_request"),
    *("Access is denied", "Invalid token", "Client ID mismatch", "Wrong client", "Redirect URI mismatch"),
    "Invalid authorization code",
)

COMBINED: dict[str, CombinedFaults] = {
    "nothing ends": CombinedFaults(
        inside=(
            *(inside.no_clock, inside.refresh_spares, inside.grant_spares, inside.no_events),
            *(inside.no_revocation, inside.rotation_spares),
        ),
        wire=(words('"code":"unauthorized"', '"code":"x"'),),
        rules="""
            claim.five-minutes code.again-refresh code.again-replaced code.dead-words code.ends
            events.deactivated events.deactivated-code events.disconnected
            events.disconnected-access events.email events.email-access events.leak
            events.leak-access events.ownership events.security events.security-access
            kinds.profile-of-another lifetime.ends lifetime.revocation personal.email refresh.access-ends
            refresh.access-expired refresh.counts-down refresh.ends refresh.kills refresh.rotated-out refresh.rotation
            registration.again-refresh
        """,
    ),
    "everything ends": CombinedFaults(
        inside=(
            *(inside.fast_clock, inside.grant_kills, inside.codes_wear_out, inside.ends_in_a_year),
            *(inside.events_kill_all, inside.no_way_back),
        ),
        rules="""
            claim.five-minutes code.again-access code.lives code.refused events.application
            events.ownership-others events.reconnected lifetime.credentials
            lifetime.lives-to-the-end personal.lives refresh.access-ends refresh.counts-down
            refresh.lives-to-the-end registration.again registration.again-access
            registration.no-end
        """,
    ),
    "grants give too much": CombinedFaults(
        inside=(inside.any_code, inside.refuse_nothing, inside.any_refresh, doors.no_claims),
        rules="""
            claim.begun claim.kills code.again-refresh code.another-client code.dead-words
            code.ends code.once code.redirect-uri code.redirect-uri-words code.refused
            code.unknown code.unknown-status code.unknown-words events.deactivated
            events.deactivated-code events.disconnected events.email events.leak
            events.ownership events.security grants.client-id grants.missing grants.missing-status
            grants.missing-words refresh.access-token refresh.another-client refresh.ends refresh.rotated-out
            refresh.unknown refresh.unknown-status refresh.unknown-words
            registration.again-refresh registration.another-client registration.other-email
            registration.unknown registration.wrong-code
        """,
    ),
    "doors stand open": CombinedFaults(
        inside=(
            *(doors.any_kind, doors.any_owner, doors.open_doors, doors.another_binding),
            *(inside.codes_stay, inside.any_redirect_uri, doors.any_page),
        ),
        wire=(
            *(no_basic, location("profileId=", "profile="), location(".com/?code", ".com?code")),
            *(location("x=1&", ""), location("access_denied", "server_error")),
            header("content-type", "application/json", _is_page),
        ),
        rules="""
            api.subscriptions-of-others code.once code.redirect-uri code.redirect-uri-words
            code.refused consent.decline consent.empty-path consent.exact consent.mismatch
            consent.needs-redirect-uri consent.other-profile consent.own-query consent.page
            consent.redirect consent.state errors.no-credentials grants.basic
            kinds.before-the-body kinds.client-only kinds.client-reads-nobody kinds.person-only
            kinds.profile-of-another kinds.quotes-dead-token kinds.user-is-no-application
            kinds.user-of-another kinds.user-only kinds.user-or-client mtls.adds-to-basic
            mtls.wrong-client personal.no-mtls personal.no-webhooks personal.read-only
            request.secret-in-body tls-host.answers tls-host.api tls-host.refresh tls-host.token
            tls-host.user trace.users
        """,
    ),
    "doors are shut, and things look otherwise": CombinedFaults(
        inside=(inside.one_link_a_user, doors.any_claim_code, doors.languages, doors.plain_header),
        wire=(
            *(at("/", old=501, new=403), typed("multipart"), typed("charset")),
            at("/2026Q3/oauth", "/2026Q3/user/", old=200, new=404),
            at("/v3/applications", old=204, new=404),
            at("/oauth/revoke", "/oauth/introspect", "/oauth/userinfo", "/.well-known", old=404, new=200),
            *(in_token(created_at=None), in_refresh(_sooner)),
            in_body("/v1/user/signup/registration_code", '"details":null', '"details":{}'),
            in_body("/v1/users/exists", "true", "false"),
            in_body("/v1/user/claim-account", "{", '{"x":1,'),
            *(in_body("/v1/me", '"id":1', '"id":2'), in_body("/v1/me", '"name":null', '"name":"x"')),
            *(in_body("/v2/profiles", '"fullName"', '"name"'), in_body("/v2/profiles", '"OWNER"', '"BOSS"')),
            in_body("/v3/applications/", '"trigger_on"', '"trigger"'),
        ),
        rules="""
            absence.discovery absence.introspection absence.keys absence.revocation
            absence.userinfo api.subscription api.subscription-ends claim.answer claim.quarterly
            claim.wrong-code code.charset code.exchanged code.user consent.one-profile
            grants.quarterly kinds.client kinds.currencies-open kinds.open kinds.person kinds.personal-guide
            kinds.personal-requirements kinds.personal-webhooks kinds.quotes kinds.quotes-for-nobody
            kinds.saml kinds.user
            kinds.user-or-client paths.quarterly-token personal.read-only personal.user
            refresh.ends refresh.fields refresh.lifetime refresh.multipart
            refresh.refresh-expires-in registration.exchanged request.charset request.multipart
            signup.answer signup.exists signup.languages signup.other-language signup.quarterly
            token.jwt users.business users.by-id users.me-quarterly users.personal users.profile
            users.signed-up
        """,
    ),
    "an unsafe page, and other words": CombinedFaults(
        wire=(
            *(unsafe_page, location("code=", "code=x"), at("/oauth/authorize", old=404, new=200)),
            header("x-external-correlation-id", None, lambda e: e.grants or e.path == "/v1/me"),
            *(one_claim_code, *(words(old, "no") for old in _WORDS)),
            status(400, 200, lambda e: b"unsupported_grant_type" in e.body),
        ),
        rules="""
            bearer.words claim.again claim.five-minutes claim.kills claim.taken-over code.another-client code.dead-words
            code.redirect-uri-words code.unknown-words consent.exact consent.link-back
            consent.mismatch consent.needs-client-id consent.needs-redirect-uri
            consent.no-response-type consent.slash consent.unknown-client correlation.echoed
            correlation.users errors.missing-grant-type errors.unsupported-grant
            errors.unsupported-grant-words grants.client-id grants.missing grants.others kinds.refusal
            refresh.access-expired refresh.another-client request.json
            request.repeated-parameter signup.missing signup.no-address signup.short
            signup.taken signup.taken-arguments
        """,
    ),
}

LIMITS: dict[str, CombinedFaults] = {
    "no limits": CombinedFaults(
        inside=(doors.no_limits,),
        rules="""
            limits.each-client limits.ends limits.error limits.every-operation limits.limited-by
            limits.minute limits.person limits.retry-after limits.second limits.status
        """,
    ),
    "strict limits": CombinedFaults(
        inside=(doors.strict_limits,),
        wire=(header("retry-after", None, _always), header("x-rate-limited-by", None, _always)),
        rules="""
            limits.each-client limits.ends limits.every-operation limits.limited-by
            limits.minute limits.off limits.person limits.retry-after limits.second
            limits.status
        """,
    ),
}
"""For the rules about rate limits, which take a second of their own."""
