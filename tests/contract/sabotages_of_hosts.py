"""More ways in which the contract's own mock may go wrong inside: in what it lets in, takes and limits."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from mockwise.common.rate_limit import Limit
from mockwise.oauth import consent, jose
from mockwise.state.limits import RateLimiter
from mockwise.state.user_events import UserEvents
from mockwise.web.wise import authorization, operations, rate_limiting
from mockwise.web.wise.api_errors import invalid
from mockwise.web.wise.handlers import MODELLED, signup


def no_claims(patch: pytest.MonkeyPatch) -> None:
    """That an account is claimed is not heard, nor that its client asked for it."""
    patch.setattr(UserEvents, "claim", lambda *_: None)
    patch.setattr(signup, "_claimed", lambda user: user)


def any_claim_code(patch: pytest.MonkeyPatch) -> None:
    """A claim-account code is had with any registration code."""
    patch.setattr(signup, "hmac", SimpleNamespace(compare_digest=lambda *_: True))


def languages(patch: pytest.MonkeyPatch) -> None:
    """One language is refused that is known."""
    sign_up = signup.sign_up

    def signing_up(call: Any) -> Any:
        if b'"HK"' in call.context.body:
            raise invalid(422, [], "No.")
        call.context.body = call.context.body.replace(b'"XX"', b'"EN"')
        return sign_up(call)

    patch.setitem(MODELLED, "userCreate", signing_up)


def any_kind(patch: pytest.MonkeyPatch) -> None:
    """The kind of a token is not looked at."""
    patch.setattr(authorization, "check_kind", lambda *_, **__: None)


def any_owner(patch: pytest.MonkeyPatch) -> None:
    """Nor whose things are asked for."""
    patch.setattr(operations, "check_owner", lambda *_, **__: None)


def open_doors(patch: pytest.MonkeyPatch) -> None:
    """Where no token is needed none is looked at."""
    authorize = authorization.authorize
    patch.setattr(
        operations,
        "authorize",
        lambda context, it: None if it is not None and it.open else authorize(context, it),
    )


def another_binding(patch: pytest.MonkeyPatch) -> None:
    """On the TLS host personal tokens are refused, and clients are not."""
    change: Any = lambda sandbox, client, peer: None if client or peer.on_mtls_host else "No."  # noqa: E731, ARG005
    for module in ("bearer", "client_authentication"):
        patch.setattr(f"mockwise.oauth.{module}.reject_reason", change)


def any_page(patch: pytest.MonkeyPatch) -> None:
    """The consent page takes any redirect URI."""
    patch.setattr(consent, "_redirect_uri", lambda client, uri: uri or client.redirect_uris[0])


def plain_header(patch: pytest.MonkeyPatch) -> None:
    """JWTs have the usual header."""
    patch.setattr(jose, "_HEADER", {"alg": "RS256", "typ": "JWT"})


def no_limits(patch: pytest.MonkeyPatch) -> None:
    """Nobody ever asks too often."""
    patch.setattr(RateLimiter, "wait", lambda *_: 0)


def strict_limits(patch: pytest.MonkeyPatch) -> None:
    """All ask too often together, even where there is no limit, and nobody is ever forgiven."""
    wait, counted = RateLimiter.wait, dict[int, int]()

    def waiting(limits: RateLimiter, who: str, limit: Limit, now: datetime) -> int:
        counted[id(limits)] = counted.get(id(limits), 0) + 1
        allowed = min(limit.per_second or 120, limit.per_minute or 120) - 1
        return wait(limits, who, limit, now) or (60 if counted[id(limits)] > allowed else 0)

    patch.setattr(RateLimiter, "wait", waiting)
    patch.setattr(rate_limiting, "OFF", None)
