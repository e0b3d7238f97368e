"""The reason of a refusal, with what only the whole request tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mockwise.oauth.credentials import BearerToken, Credentials
from mockwise.oauth.errors import FORM, InvalidRequest, OAuthError
from mockwise.oauth.reasons.requests import RawRequest, find_broken_form, find_credentials, find_parameter

_UNAUTHORIZED = 401


def complete_reason(
    error: OAuthError,
    *,
    credentials: Credentials,
    headers: Iterable[tuple[bytes, bytes]],
    query: bytes,
    body: bytes,
    form: Sequence[tuple[str, str]] | None,
) -> str:
    """Why, and what to do: where a parameter is that is missing in the body, and a secret that is not in Basic."""
    request = RawRequest(list(headers), query, body, form)
    if isinstance(error, InvalidRequest) and error.lacks is not None:
        found = find_broken_form(request) if error.lacks == FORM else find_parameter(error.lacks, request)
        return found or error.reason
    if error.status == _UNAUTHORIZED and not isinstance(credentials, BearerToken):
        found = find_credentials(request)
        return f"{error.reason} {found}" if found else error.reason
    return error.reason
