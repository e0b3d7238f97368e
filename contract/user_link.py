"""A user's link to the client, given by its refresh token. It is read, and never ended: unless the server rotates it.

A refresh kills the access token before it (that is one of the rules), so the link is refreshed twice and no more.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import httpx

from .grant_requests import ME, PROFILES, refresh, show
from .rulebook import not_applicable
from .target_client import TargetClient, access_token_of, members_of, token_in


class LinkedUser:
    """A user who is linked to the client, and the answers about the user that several rules judge."""

    def __init__(self, wise: TargetClient, refresh_token: str) -> None:
        self.wise = wise
        self.refresh_token = refresh_token
        self._newest = refresh_token  # which a server may put in its place
        self.first, self.first_opens = self._refreshed()
        self.second, self.second_opens = self._refreshed()
        self.first_opens_still = self._opens(self.first)

    def show(self, path: str) -> httpx.Response:
        """Read something of the user's; ends the rule if there is no token to do it with."""
        return show(self.wise, access_token_of(self.second), path)

    @cached_property
    def me(self) -> httpx.Response:
        """The answer to `GET /v1/me`."""
        return self.show(ME)

    @cached_property
    def listed(self) -> httpx.Response:
        """The answer to `GET /v2/profiles`."""
        return self.show(PROFILES)

    @property
    def profiles(self) -> list[dict[str, Any]]:
        """The profiles in that answer; ends the rule if there are none."""
        return profiles_in(self.listed)

    def member(self, name: str) -> Any:
        """A member of the second answer; ends the rule if it has none of that name."""
        members = members_of(self.second)
        if name not in members:
            not_applicable(f"the answer has no {name}")
        return members[name]

    def _refreshed(self) -> tuple[httpx.Response, int | None]:
        answer = refresh(self.wise, self._newest)
        newest = members_of(answer).get("refresh_token")
        self._newest = newest if isinstance(newest, str) else self._newest
        return answer, self._opens(answer)

    def _opens(self, answer: httpx.Response) -> int | None:
        """The status of a call with the token in an answer; None if there is no token."""
        token = token_in(answer)
        return None if token is None else show(self.wise, token).status_code


def profiles_in(answer: httpx.Response) -> list[dict[str, Any]]:
    """The profiles in an answer; ends the rule if there are none."""
    try:
        profiles = answer.json()
    except ValueError:
        profiles = None
    if not isinstance(profiles, list) or not profiles or not all(isinstance(it, dict) for it in profiles):
        not_applicable(f"there are no profiles in the answer with status {answer.status_code}")
    return profiles
