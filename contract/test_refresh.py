"""The grant `refresh_token`: what the answer looks like. Recorded answers of Wise's are all of this grant."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from . import sources
from .grant_requests import USER_TOKEN
from .rulebook import not_applicable, rule
from .target_client import members_of
from .user_link import LinkedUser

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_NANOSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")
_OUT_OF_STEP = 30  # seconds that a clock and a slow network may differ


@rule(
    "refresh.granted",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#parameters",
)
def test_granted(linked_user: LinkedUser) -> None:
    """`grant_type=refresh_token` with `refresh_token` gives a token; no `client_id` is needed."""
    assert linked_user.first.status_code == 200


@rule(
    "refresh.early",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_early(linked_user: LinkedUser) -> None:
    """A token may be refreshed at any time before it expires."""
    assert linked_user.second.status_code == 200


@rule(
    "refresh.fields", label="DOCUMENTED", source=sources.TOKEN_REFERENCE, known="token-endpoint.md#response"
)
def test_fields(linked_user: LinkedUser) -> None:
    """The answer has all nine members, those about the refresh token and `created_at` among them."""
    assert set(USER_TOKEN) - members_of(linked_user.second).keys() == set()


@rule("refresh.field-order", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_field_order(linked_user: LinkedUser) -> None:
    """They come in the recordings' order: `refresh_token` third, `created_at` after `scope`, the expiries last."""
    found = [name for name in members_of(linked_user.second) if name in USER_TOKEN]
    assert found == [name for name in USER_TOKEN if name in found]


@rule("refresh.type", label="DOCUMENTED", source=sources.TOKEN_REFERENCE, known="token-endpoint.md#response")
def test_type(linked_user: LinkedUser) -> None:
    """`token_type` is `bearer`, in lower case."""
    assert linked_user.member("token_type") == "bearer"


@rule("refresh.scope", label="DOCUMENTED", source=sources.TOKEN_REFERENCE, known="token-endpoint.md#response")
def test_scope(linked_user: LinkedUser) -> None:
    """The `scope` of the answer is `transfers`."""
    assert linked_user.member("scope") == "transfers"


@rule("refresh.format", label="OBSERVED", source=sources.RECORDED, known="lifetimes-and-formats.md#formats")
def test_format(linked_user: LinkedUser) -> None:
    """A user's access token is a UUID still; callers do not assume it."""
    fits = _UUID.fullmatch(linked_user.member("access_token")) is not None
    assert fits, "it is none"


@rule(
    "refresh.expires-in",
    label="DOCUMENTED",
    source=sources.REFRESH_TOKENS,
    known="token-endpoint.md#response, lifetimes-and-formats.md#formats",
)
def test_expires_in(linked_user: LinkedUser) -> None:
    """A new user token has 43199 whole seconds left, which is 12 hours."""
    assert (type(linked_user.member("expires_in")), linked_user.member("expires_in")) == (int, 43_199)


@rule("refresh.created-at", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_created_at(linked_user: LinkedUser) -> None:
    """`created_at` is UTC with nine fractional digits and `Z`."""
    assert _NANOSECONDS.fullmatch(linked_user.member("created_at"))


@rule("refresh.expires-at", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_expires_at(linked_user: LinkedUser) -> None:
    """`expires_at` and `refresh_token_expires_at` are UTC with three fractional digits and `Z`."""
    for name in ("expires_at", "refresh_token_expires_at"):
        assert _MILLISECONDS.fullmatch(linked_user.member(name)), name


@rule("refresh.twelve-hours", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_twelve_hours(linked_user: LinkedUser) -> None:
    """`expires_at` is `created_at` cut to milliseconds plus exactly 12 hours."""
    created, end = _moment(linked_user.member("created_at")), _moment(linked_user.member("expires_at"))
    cut = created.replace(microsecond=created.microsecond // 1000 * 1000)
    assert end - cut == timedelta(hours=12)


@rule(
    "refresh.refresh-expires-in",
    label="OBSERVED",
    source=sources.RECORDED,
    known="token-endpoint.md#response",
)
def test_refresh_expires_in(linked_user: LinkedUser) -> None:
    """`refresh_token_expires_in` is the seconds from the answer to `refresh_token_expires_at`."""
    left, end = (
        linked_user.member("refresh_token_expires_in"),
        _moment(linked_user.member("refresh_token_expires_at")),
    )
    answered = linked_user.second.headers.get("date")
    if answered is None:
        not_applicable("the answer has no header date")
    assert type(left) is int
    assert abs((end - parsedate_to_datetime(answered)).total_seconds() - left) < _OUT_OF_STEP


@rule(
    "refresh.no-rotation",
    label="OBSERVED",
    source=sources.RECORDED,
    known="token-endpoint.md#response, conflicts.md#c6",
)
def test_no_rotation(linked_user: LinkedUser) -> None:
    """The refresh token comes back unchanged."""
    given = members_of(linked_user.first).get("refresh_token")
    if given is None:
        not_applicable("the answer has no refresh_token")
    same = given == linked_user.refresh_token
    assert same, "it is another one"


@rule("refresh.fixed-end", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_fixed_end(linked_user: LinkedUser) -> None:
    """`refresh_token_expires_at` does not move with a refresh."""
    before = members_of(linked_user.first).get("refresh_token_expires_at")
    assert before == linked_user.member("refresh_token_expires_at")


@rule("refresh.created-anew", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_created_anew(linked_user: LinkedUser) -> None:
    """`created_at` is the time of this access token, not of the grant: it is later with each refresh."""
    assert str(members_of(linked_user.first).get("created_at")) < str(linked_user.member("created_at"))


@rule(
    "refresh.new-token",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_new_token(linked_user: LinkedUser) -> None:
    """A refresh gives another access token, which opens the API."""
    another = members_of(linked_user.first).get("access_token") != linked_user.member("access_token")
    assert another, "it is the same one"
    assert (linked_user.first_opens, linked_user.second_opens) == (200, 200)


@rule(
    "refresh.kills",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#revocation",
)
def test_kills(linked_user: LinkedUser) -> None:
    """A refresh kills the access token before it at once."""
    assert (linked_user.first_opens, linked_user.first_opens_still) == (200, 401)


@rule("refresh.not-stored", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_not_stored(linked_user: LinkedUser) -> None:
    """The answer is not to be kept: `cache-control: no-store`, `pragma: no-cache`."""
    headers = linked_user.second.headers
    assert "no-store" in headers.get("cache-control", "")
    assert headers.get("pragma") == "no-cache"


@rule("refresh.content-type", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_content_type(linked_user: LinkedUser) -> None:
    """The answer comes as `application/json`."""
    assert linked_user.second.headers.get("content-type", "").partition(";")[0] == "application/json"


def _moment(text: str) -> datetime:
    """A timestamp, to the microsecond."""
    try:
        return datetime.fromisoformat(text[:26].rstrip("Z")).replace(tzinfo=UTC)
    except ValueError:
        not_applicable("a timestamp cannot be read")
