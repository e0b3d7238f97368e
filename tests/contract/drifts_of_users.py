"""More ways to drift: in what is said of users and their tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.drifting import Drift, Exchange
from tests.contract.drifts import words


def in_refresh(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Drift:
    """Members of a user's token answer that are otherwise."""

    def drift(exchange: Exchange) -> None:
        if exchange.grants and "refresh_token" in exchange.members():
            members = exchange.members()
            exchange.say(members | change(members))

    return drift


def in_body(path: str, old: str, new: str) -> Drift:
    """Another text in what is read at a path, and below it if it ends with a slash."""

    def drift(exchange: Exchange) -> None:
        below = path.endswith("/") and exchange.path.startswith(path)
        if exchange.status == 200 and (exchange.path == path or below):
            exchange.body = exchange.body.replace(old.encode(), new.encode())

    return drift


def both(*drifts: Drift) -> Drift:
    """Apply several drifts, one after the other."""

    def drift(exchange: Exchange) -> None:
        for single in drifts:
            single(exchange)

    return drift


def _later(members: dict[str, Any]) -> dict[str, Any]:
    return {"refresh_token_expires_at": members["expires_at"]}


def _coarser(members: dict[str, Any]) -> dict[str, Any]:
    return {"created_at": members["created_at"][:-4] + "Z"}


def _of_the_grant(_: dict[str, Any]) -> dict[str, Any]:
    return {"created_at": "2026-01-01T00:00:00.000000001Z"}


def _profiles(old: str, new: str) -> Drift:
    return both(in_body("/v2/profiles", old, new), in_body("/v2/profiles/", old, new))


DRIFTS_OF_USERS: dict[str, tuple[Drift, set[str]]] = {
    "an end that moves": (in_refresh(_later), {"refresh.fixed-end", "refresh.refresh-expires-in"}),
    "a refresh token's time as text": (
        in_refresh(lambda members: {"refresh_token_expires_in": str(members["refresh_token_expires_in"])}),
        {"refresh.refresh-expires-in"},
    ),
    "microseconds in created_at": (in_refresh(_coarser), {"refresh.created-at"}),
    "the time of the grant": (in_refresh(_of_the_grant), {"refresh.created-anew", "refresh.twelve-hours"}),
    "a user without a state": (
        in_body("/v1/me", '"active":', '"alive":'),
        {"users.me", "users.me-quarterly", "users.by-id"},
    ),
    "a user without a picture": (
        both(*(in_body(path, '"avatar":', '"picture":') for path in ("/v1/me", "/2026Q3/me", "/v1/users/"))),
        {"users.me-details"},
    ),
    "profiles without a public id": (
        in_body("/v2/profiles", '"publicId":', '"public":'),
        {"users.profiles", "users.profile"},
    ),
    "profiles of another type": (_profiles('"PERSONAL"', '"personal"'), {"users.profile-type"}),
    "profiles with a zone": (_profiles('","updatedAt"', 'Z","updatedAt"'), {"users.profile-times"}),
    "a loud country": (_profiles('"gbr"', '"GBR"'), {"users.profile-country"}),
    "old profiles like new ones": (
        in_body("/v1/profiles", '"personal"', '"PERSONAL"'),
        {"users.old-profiles"},
    ),
    "other words for a code": (words("Invalid authorization code", "No"), {"code.unknown-words"}),
    "other words for a refresh": (words("Invalid refresh token", "No"), {"refresh.unknown-words"}),
    "other words for a registration": (words("Invalid user credentials.", "No"), {"registration.unknown"}),
    "other words for what is missing": (
        words("An authorization code must be supplied.", "No"),
        {"grants.missing-words"},
    ),
    "other errors for grants": (
        words("invalid_grant", "invalid_token"),
        {"code.unknown", "refresh.unknown", "registration.unknown"},
    ),
}
