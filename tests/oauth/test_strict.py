"""Tokens of a strict sandbox."""

from __future__ import annotations

import re
from random import Random

from mockwise.oauth.formats import new_refresh_token, write_token
from mockwise.oauth.jose import Signer
from tests.oauth.test_user_grants import UserTokenEndpoint
from tests.oauth.token_endpoint import HOUR, one_key_pem
from tests.state.helpers import NOON


def form(text: str) -> str:
    """What a token looks like."""
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        return "uuid"
    if re.fullmatch(r"eyJ[\w-]*(\.[\w-]+){4}", text):
        return "jwe"
    return "jwt" if re.fullmatch(r"eyJ[\w-]*\.[\w-]+\.[\w-]+", text) else "random"


def of_a_user(seed: int) -> list[tuple[str, str]]:
    """The forms of the access and the refresh token at repeated grants."""
    endpoint = UserTokenEndpoint(strict=True, seed=seed)
    answers = [endpoint.register() for _ in range(20)]
    return [(form(it.text), form(it.refresh_token or "")) for it in answers]


def test_tokens_of_users_vary_too() -> None:
    """All formats, whatever `user_token_format` says; a refresh token is never a jwt or jwe; the seed repeats it (docs/wise/lifetimes-and-formats.md#formats)."""
    forms = of_a_user(7)
    assert {access for access, _ in forms} == {"jwt", "jwe", "uuid", "random"}
    assert {refresh for _, refresh in forms} == {"uuid", "random"}
    assert forms == of_a_user(7) != of_a_user(8)


def test_a_refresh_token_stays_the_same() -> None:
    """OBSERVED, docs/wise/token-endpoint.md#response: a refresh hands it out again, while the access token takes another form."""
    endpoint = UserTokenEndpoint(strict=True, seed=7)
    first = endpoint.register()
    again = [endpoint.post("refresh_token", refresh_token=first.refresh_token or "") for _ in range(6)]
    assert {it.refresh_token for it in again} == {first.refresh_token}
    assert len({form(it.text) for it in again}) > 1


def test_the_seed_tells_nothing_of_a_token() -> None:
    """It has a say in length and alphabet; what must not be guessed is as random as ever (RFC 6749 section 10.10)."""
    signer = Signer(one_key_pem)
    one, two = (write_token("random", "app", NOON, NOON + HOUR, signer, draw=Random(7)) for _ in range(2))
    assert len(one) == len(two)
    assert one != two
    refresh = [new_refresh_token("random", Random(7)) for _ in range(2)]
    assert len(refresh[0]) == len(refresh[1])
    assert refresh[0] != refresh[1]
