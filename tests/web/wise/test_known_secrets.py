"""A secret that the mock knows is in no journal, wherever it stands in a request and however it is encoded there."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from mockwise.common.digests import digest_of
from mockwise.faults.kinds import TokenText
from mockwise.oauth.formats import write_token
from mockwise.oauth.jose import Signer
from mockwise.oauth.personal import issue_personal
from mockwise.state.known_secrets import KnownSecrets
from tests.web.wise_app import GRANT, ID, JSON, NOW, WiseApp

MARK = "Hb7-q_Zk/2+x9 Lw"
SHORT = "s3cr3t"
SIGNER = Signer()
SEPARATORS = re.compile(r"[/=.~+]")


def number_of(number: int) -> Callable[[], Iterable[str]]:
    """The secrets of a client with this number: a long one and a short one."""
    return lambda: [f"secret-number-{number}!", f"k{number:03}"]


def escaped(text: str) -> str:
    """As JSON may write it."""
    return "".join(f"\\u{ord(it):04x}" for it in text)


def base64_of(text: str) -> str:
    """As HTTP Basic has it."""
    return base64.b64encode(text.encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded in lower case": lambda text: (
        quote(text, safe="").replace("%2F", "%2f").replace("%2B", "%2b")
    ),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "form-encoded": lambda text: quote(text, safe="").replace("%20", "+"),
    "base64": lambda text: base64_of(f"{ID}:{text}"),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"??>{text}".encode()).decode().rstrip("="),
    "base64 of form-encoded": lambda text: base64_of(quote(text, safe="")),
    "percent-encoded base64": lambda text: quote(base64_of(f"{ID}:{text}"), safe=""),
    "escaped for JSON": escaped,
    "escaped for HTML": lambda text: text.replace("+", "&#43;").replace("/", "&#x2F;"),
    "in upper case": str.upper,
}
PLACES: dict[str, Any] = {
    "path": lambda text: {"url": f"/v1/things/{quote(text)}/x"},
    "end of the path": lambda text: {"url": f"/v1/{quote(text, safe='')}"},
    "query": lambda text: {"params": {"key": text}},
    "name in the query": lambda text: {"params": {text: "1"}},
    "header": lambda text: {"headers": {"X-Api-Key": text}},
    "user agent": lambda text: {"headers": {"User-Agent": f"app/1.0 ({text})"}},
    "location header": lambda text: {"headers": {"Location": f"/a/{text}?b={text}"}},
    "media type": lambda text: {"headers": {"Content-Type": f"text/{text}"}, "content": "x"},
    "scope": lambda text: {"data": {**GRANT, "scope": text}},
    "grant type": lambda text: {"data": {"grant_type": text}},
    "name in the form": lambda text: {"data": {**GRANT, text: "1"}},
    "client id in the form": lambda text: {"data": {**GRANT, "client_id": text}},
    "user of Basic": lambda text: {"auth": (text, ID)},
    "JSON": lambda text: {"content": json.dumps({"a": [text], "b": {"c": f"is {text}"}}), "headers": JSON},
    "name in JSON": lambda text: {"content": json.dumps({f"x {text}": 1}), "headers": JSON},
    "text": lambda text: {"content": text, "headers": {"content-type": "text/plain"}},
    "multipart": lambda text: {"files": {"scope": (None, text), text: (None, "1")}},
}


def shown(wise_app: WiseApp, text: str) -> None:
    """Look for a secret in all that is shown of the last exchange."""
    exchange = wise_app.last
    everything = json.dumps(asdict(exchange), default=str) + repr(exchange)
    for form in FORMS.values():
        assert form(text) not in everything


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_a_client_secret_is_masked_in_every_place_and_form(place: str, form: str) -> None:
    """Not by the names around it, which are harmless."""
    wise_app = WiseApp()
    wise_app.registry.add_client(wise_app.box, client_id="other", client_secret=MARK)
    options = PLACES[place](FORMS[form](MARK))
    wise_app.request("POST", options.pop("url", "/oauth/token"), **options)
    shown(wise_app, MARK)


@pytest.mark.parametrize("place", PLACES)
def test_a_short_secret_is_masked_where_it_stands_as_a_word(place: str) -> None:
    """A test's secret is often a short one."""
    wise_app = WiseApp()
    wise_app.registry.add_client(wise_app.box, client_id="other", client_secret=SHORT)
    options = PLACES[place](SHORT)
    wise_app.request("POST", options.pop("url", "/oauth/token"), **options)
    assert SHORT not in json.dumps(asdict(wise_app.last), default=str)


@pytest.mark.parametrize("place", PLACES)
def test_a_live_token_is_masked_in_every_place(place: str) -> None:
    """Access tokens of both kinds."""
    wise_app = WiseApp()
    user = wise_app.box.users.all()[0]
    for token in (wise_app.access_token(), issue_personal(wise_app.box, user.user_id)):
        options = PLACES[place](token)
        wise_app.request("POST", options.pop("url", "/oauth/token"), **options)
        shown(wise_app, token)


def test_a_rotated_secret_and_one_of_a_dropped_sandbox_stay_masked() -> None:
    """The journal is told when it is read, and masks what was a secret when it was written."""
    wise_app = WiseApp()
    other = wise_app.registry.add("other", wise_app.box.options)
    wise_app.registry.add_client(other, client_id="other", client_secret=MARK)
    wise_app.request("GET", "/v1/x", headers={"x-key": MARK, "x-old": "its-first-secret"})
    wise_app.registry.drop("other")
    for _ in range(3):
        wise_app.box.clients.rotate(ID)
    assert dict(wise_app.last.request_headers)["x-key"] == "***"


def test_a_harmless_request_is_shown_as_it_came() -> None:
    """Nothing is masked that is no secret."""
    wise_app = WiseApp()
    wise_app.token(
        headers={"User-Agent": "app/1.0 (a=b; c)", "X-Note": "50% off + dGhpcyBpcyBmaW5l &amp; \\u0041"}
    )
    headers = dict(wise_app.last.request_headers)
    assert headers["user-agent"] == "app/1.0 (a=b; c)"
    assert headers["x-note"] == "50% off + dGhpcyBpcyBmaW5l &amp; \\u0041"
    assert wise_app.last.client_id == ID
    assert wise_app.last.request_body == "grant_type=client_credentials"


@pytest.mark.parametrize(
    "text", ["." * 16, "%41+b %41+b", "%zz%", "\\ud800", "é%E9", "&amp;&amp", "+" * 99, "====="]
)
def test_an_odd_text_without_a_secret_is_shown_as_it_came(text: str) -> None:
    """What only looks encoded is no reason to mask it."""
    known = KnownSecrets()
    known.note(MARK)
    assert known.hide(text) == text


def test_a_secret_is_never_cut_in_half() -> None:
    """It is masked before a long text is cut."""
    wise_app = WiseApp()
    wise_app.registry.add_client(wise_app.box, client_id="other", client_secret=MARK)
    for before in range(1024 - len(MARK), 1024):
        wise_app.request("GET", "/v1/x", headers={"x-key": "y" * before + MARK})
        assert MARK[:6] not in dict(wise_app.last.request_headers)["x-key"]
    for before in (4096 - 8, 65536 - 8):
        wise_app.box.stubs.add("GET", "/v1/transfers", body=("z " * before)[:before] + MARK)
        wise_app.call("GET", "/v1/transfers")
        assert MARK[:6] not in wise_app.last.response_body


def test_a_number_may_be_a_secret() -> None:
    """A number in JSON is masked if its text is a known secret."""
    wise_app = WiseApp()
    wise_app.registry.add_client(wise_app.box, client_id="other", client_secret="1234567890")
    wise_app.request("POST", "/oauth/token", content=b'{"a":1234567890,"b":2}', headers=JSON)
    assert wise_app.last.request_body == '{"a":"***","b":2}'


def test_masking_is_by_lookup_where_there_are_many_secrets() -> None:
    """They are not tried one by one."""
    known = KnownSecrets()
    for number in range(100):
        known.note_client(f"c{number}", object(), number_of(number))
    assert known.hide("a secret-number-77! b K042") == "a *** b ***"
    assert known.hide("a secret-number-100! xk042 k042y") == "a secret-number-100! xk042 k042y"


def test_what_is_known_is_bounded() -> None:
    """What was noted long ago leaves first; the newest are there."""
    known = KnownSecrets()
    for number in range(70_000):
        known.note_client(f"c{number}", number, number_of(number))
    assert known.hide("secret-number-0! secret-number-69999!") == "secret-number-0! ***"
    for number in range(5000):
        assert known.hide(f"text {number}") == f"text {number}"
    for number in range(1 << 18):
        known.note_digest(str(number))
    assert len(known._digests) + len(known._older_digests) <= 1 << 18


def test_a_client_that_shares_its_secret_may_go() -> None:
    """The secret is the other's still."""
    known = KnownSecrets()
    known.note_client("a", 1, lambda: ["the-one-secret"])
    known.note_client("b", 1, lambda: ["the-one-secret"])
    known.forget_client("a")
    known.forget_client("unknown")
    for number in range(200):
        known.note_client("c", number, number_of(number))
    assert known.hide("the-one-secret") == "***"
    known.note("x")
    assert known.hide("x") == "***"
    assert known.hide("x x") == "x x"


def test_letters_that_grow_in_lower_case_keep_their_place() -> None:
    """Some have two characters then."""
    known = KnownSecrets()
    known.note("İstanbul-secret")
    assert known.hide("an İ and İstanbul-secret.") == "an İ and ***."


def test_secrets_that_overlap_are_both_masked() -> None:
    """One may end as the other begins."""
    known = KnownSecrets()
    known.note("secret-one-two")
    known.note("one-two-three")
    assert known.hide("a secret-one-two-three b") == "a *** b"


def test_answers_that_differ_by_their_times_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each token answer says when its token ends; what else differs is searched."""
    known, searched = KnownSecrets(), list[str]()
    known.note("secret-one-two")
    search = known._hide_plain

    def hide_plain(text: str) -> str:
        searched.append(text)
        return search(text)

    monkeypatch.setattr(known, "_hide_plain", hide_plain)
    for second in range(10, 60):
        answer = f'{{"a":"b","expires_at":"2026-07-02T00:00:{second}Z","created_at":"2026-07-02T00:00:{second}.123Z"}}'
        assert known.hide(answer) == answer
    assert len(searched) == 1
    assert known.hide('"secret-"2026-07-02T00:00:00Z"one-two"') == '"secret-"2026-07-02T00:00:00Z"one-two"'
    for hidden in ("secret-one-two", '"secret-one-two" "2026-07-02T00:00:00Z"'):
        assert known.hide(hidden) == hidden.replace("secret-one-two", "***")


@pytest.mark.parametrize("token", ["jwt", "jwe", "uuid", "random", "odd"])
@pytest.mark.parametrize(
    "place",
    [
        "/v1/{}/x",
        "/v1/{0}/{0}/things.json",
        "a.{}.json",
        "{}",
        "x/{}",
        "x~{}~x+y",
        "a/" * 300 + "{}" + "/a" * 300,
    ],
)
def test_a_token_is_found_between_what_may_be_part_of_it(token: TokenText, place: str) -> None:
    """Dots and slashes stand in paths as well as in tokens."""
    known = KnownSecrets()
    for seed in range(20):
        text = write_token(token, "me", NOW, NOW, SIGNER, draw=Random(seed))
        if len(place) > 20 and token in {"random", "odd"} and SEPARATORS.search(text):
            continue  # it cannot be told from what stands around it
        known.note_digest(digest_of(text))
        assert known.hide(place.format(text)) == place.format("***"), text
