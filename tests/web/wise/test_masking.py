"""No secret gets into a journal, however it was sent."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import pytest

from mockwise.state.options import SandboxOptions
from mockwise.web.wise.masking import mask_body, mask_headers, mask_pairs, mask_query
from tests.web.wise_app import AUTH, FORM, GRANT, ID, JSON, WiseApp

MARK = "MARKER0SECRET"
BASIC = base64.b64encode(f"{ID}:{MARK}".encode()).decode()
JUNK = base64.b64encode(MARK.encode()).decode()
SECRET_NAMES = [
    "access_token",
    "claimAccountCode",
    "client_assertion",
    "client_secret",
    "code",
    "password",
    "refresh_token",
    "registrationCode",
    "registration_code",
    "token",
]


def authorization(*values: str) -> dict[str, Any]:
    """A request with these `Authorization` headers and no others."""
    return {"auth": None, "headers": [("Authorization", value) for value in values]}


LEAKS: dict[str, dict[str, Any]] = {
    "basic": {"auth": (ID, MARK)},
    "basic of nobody": {"auth": ("nobody", MARK)},
    "basic in other case": authorization(f"bASIC   {BASIC}"),
    "basic without colon": authorization(f"Basic {JUNK}"),
    "basic that is not base64": authorization(f"Basic {ID}:{MARK}"),
    "basic twice": authorization(f"Basic {BASIC}", f"Basic {BASIC}"),
    "no scheme": authorization(MARK),
    "other scheme": authorization(f"Digest {MARK}"),
    "bearer": authorization(f"Bearer {MARK}"),
    "bearer in other case": authorization(f"bearer  {MARK}"),
    "proxy": {"headers": {"proxy-authorization": f"Basic {MARK}"}},
    "cookie": {"headers": {"cookie": f"session={MARK}"}},
    "query": {"params": {"client_secret": MARK, "access_token": MARK}},
    "form": {"data": {**GRANT, "client_secret": MARK, "refresh_token": MARK}},
    "repeated form": {"content": f"client_secret=a&client_secret={MARK}", "headers": FORM},
    "json": {"json": {"client_secret": MARK, "deep": [{"registrationCode": {"x": [MARK]}}]}},
    "other text": {"content": f"client_secret: {MARK}", "headers": {"content-type": "text/plain"}},
    "broken json": {"content": f'{{"client_secret":"{MARK}"', "headers": JSON},
    "multipart": {"files": {"grant_type": (None, "client_credentials"), "client_secret": (None, MARK)}},
    "file": {"files": {"client_secret": ("s.txt", MARK)}},
    "broken multipart": {"content": MARK, "headers": {"content-type": "multipart/form-data; boundary=b"}},
}


@pytest.mark.parametrize("options", LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("path", ["/oauth/token", "/v1/users/exists", "/nowhere"])
def test_a_secret_is_not_in_the_journal(wise_app: WiseApp, options: dict[str, Any], path: str) -> None:
    """Secrets and tokens are masked before anything is kept, wherever they were put and whatever was answered."""
    answer = wise_app.request("POST", path, **{"auth": AUTH, "data": {}, **options})
    kept = repr(wise_app.last)

    for trace in (MARK, BASIC, JUNK):
        assert trace not in kept
        assert trace not in answer.text
        assert trace not in repr(answer.headers)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f'{{"client_secret":"{MARK}"}}', id="json"),
        pytest.param(f"client_secret: {MARK}", id="yaml"),
        pytest.param(f"grant_type=client_credentials;client_secret={MARK}", id="semicolon"),
        pytest.param(f"redirect_uri=https://x/?code={MARK}", id="in an address"),
    ],
)
def test_a_secret_is_not_in_the_journal_though_the_form_is_none(wise_app: WiseApp, content: str) -> None:
    """Whoever sends JSON under a form's media type (as `curl -d` does) has their secret masked all the same."""
    wise_app.token(content=content, headers=FORM)
    assert MARK not in repr(wise_app.last)


@pytest.mark.parametrize(
    "name",
    [
        "clientSecret",
        "Client_Secret",
        "client-secret",
        "client_secret[]",
        " client_secret",
        "secret",
        "accessToken",
    ],
)
def test_a_secret_is_masked_under_a_misspelt_name(wise_app: WiseApp, name: str) -> None:
    """A parameter that is nearly right is the likeliest mistake of all, and its value is as secret."""
    for options in ({"data": {name: MARK}}, {"json": {name: MARK}}, {"params": {name: MARK}}):
        wise_app.token(**options)
        assert MARK not in repr(wise_app.last)


@pytest.mark.parametrize("token_format", ["uuid", "random", "jwt", "jwe"])
def test_an_issued_token_is_masked_and_known_by_its_digest(token_format: Any) -> None:
    """The text of a token is nowhere in the exchange that issued it, nor in those that present it."""
    wise_app = WiseApp(SandboxOptions(mtls="optional", token_format=token_format))
    text = wise_app.access_token()
    issued = wise_app.last
    wise_app.call("GET", "/v1/authenticated/playground", text)
    used = wise_app.last
    wise_app.request("GET", "/v1/authenticated/playground", params={"access_token": text})

    assert text not in repr([asdict(it) for it in wise_app.box.journal.exchanges()])
    assert json.loads(issued.response_body)["access_token"] == "***"
    assert used.token == issued.token
    assert dict(used.request_headers)["authorization"] == f"Bearer ***{issued.token}"


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_these_names_are_secret_in_every_kind_of_body(name: str) -> None:
    """The parameters of docs/wise/token-endpoint.md#parameters and docs/wise/operations.md#endpoints that are secret are masked in forms, queries and JSON alike."""
    assert mask_pairs(((name, MARK), ("email", "a@b"))) == f"{name}=***&email=a@b"
    assert mask_query(f"x=1&{name}={MARK}&{name}=".encode()) == f"x=1&{name}=***&{name}=***"
    assert mask_body(json.dumps([{name: [MARK]}, {"a": {name: 1, "b": None}}]).encode()) == (
        f'[{{"{name}":"***"}},{{"a":{{"{name}":"***","b":null}}}}]'
    )


def test_what_is_no_secret_stays_readable() -> None:
    """A journal that hides everything helps nobody: other names, values and headers are kept."""
    assert mask_pairs((("grant_type", "a b"), ("redirect_uri", "https://x/?y"))) == (
        f"grant_type=a+b&redirect_uri={quote('https://x/?y', safe='')}"
    )
    assert mask_headers(((b"user-agent", b"caf\xe9"), (b"accept", b"*/*"))) == (
        ("user-agent", "caf\u00e9"),
        ("accept", "*/*"),
    )


def test_nothing_is_kept_of_nothing() -> None:
    """No parameters and no query are each an empty text."""
    assert (mask_pairs(()), mask_query(b"")) == ("", "")


def test_of_what_is_neither_form_nor_json_only_the_size_is_kept() -> None:
    """Bytes that nobody can read may hold anything."""
    assert mask_body(b"\x00\xff" * 8) == mask_body(b"[" * 16) == "<16 bytes>"
    assert mask_body(b"[" * 60_000) == "<60000 bytes>"


def test_bodies_are_kept_up_to_a_bound(wise_app: WiseApp) -> None:
    """A journal is bounded: 1024 characters are kept of a text, 4096 of a body or a query."""
    long = "x" * 5_000
    wise_app.token(data={**GRANT, "pad": long})
    assert wise_app.last.request_body == f"grant_type=client_credentials&pad={long[:1024]}"
    wise_app.token(json=[long] * 10)
    assert wise_app.last.request_body.startswith(f'["{long[:1024]}","xxx')
    assert len(wise_app.last.request_body) == 4096
    wise_app.token(params=[("pad", long)] * 10)
    assert len(wise_app.last.query) == 4096


@pytest.mark.parametrize("name", ["grant_type", "client_id"])
def test_no_field_of_an_exchange_is_kept_at_any_length(wise_app: WiseApp, name: str) -> None:
    """A journal is bounded: one parameter cannot bring 60 KB into each of its exchanges."""
    wise_app.token(auth=None, data={name: "x" * 60_000})
    assert len(repr(wise_app.last)) < 20_000
