"""The consent page over HTTP: what it shows, and what its form does."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mockwise.common.digests import digest_of
from mockwise.state.options import SandboxOptions
from mockwise.state.users import UserSpec
from tests.web.wise.consents import HOSTILE, URI, choices, consent_house, query, show, submit
from tests.web.wise_app import ID, WiseApp


@pytest.fixture
def wise_app() -> WiseApp:
    """One user with two profiles; one redirect URI."""
    return consent_house()


def test_the_page_names_who_asks_and_offers_each_profile(wise_app: WiseApp) -> None:
    """Client, redirect URI, sandbox; one radio button a profile, the first preselected; and that this is no Wise."""
    answer = show(wise_app)

    assert answer.status_code == 200
    for text in (ID, URI, "ann@example.com", "Bakery", "Business", "not Wise"):
        assert html.escape(text) in answer.text
    assert choices(answer.text) == ["10000001-30000001", "10000001-30000002"]
    assert re.findall('value="([^"]*)"[^>]* checked', answer.text) == ["10000001-30000001"]
    assert answer.text.count("<h1") == answer.text.count("<main") == 1
    assert '<html lang="en">' in answer.text
    assert "<script" not in answer.text


def test_approving_redirects_with_a_code_that_gives_tokens(wise_app: WiseApp) -> None:
    """Facts 7.1 and 1.2; `profileId` is the chosen profile's."""
    answer = submit(wise_app, "10000001-30000002")
    given = query(answer)

    assert answer.status_code == 303
    assert list(given) == ["tenant", "code", "state", "profileId"]
    assert (given["state"], given["profileId"]) == ("st", "30000002")
    assert answer.headers["cache-control"] == "no-store"
    form = {"grant_type": "authorization_code", "client_id": ID, "redirect_uri": URI, "code": given["code"]}
    tokens = wise_app.token(data=form)
    assert tokens.status_code == 200
    assert tokens.json()["refresh_token"]


def test_declining_redirects_with_an_error(wise_app: WiseApp) -> None:
    """RFC 6749 section 4.1.2.1; whatever is chosen."""
    for who in ("", "10000001-30000002"):
        assert query(submit(wise_app, who, "decline")) == {
            "tenant": "7",
            "error": "access_denied",
            "error_description": "User denied access",
            "state": "st",
        }


@pytest.mark.parametrize(
    ("who", "decision", "problem"),
    [
        ("10000001-30000099", "approve", "Choose who consents"),
        ("10000001", "approve", "Choose who consents"),
        (HOSTILE, "approve", "Choose who consents"),
        ("10000001-30000002", "", "Choose Approve or Decline"),
        ("10000001-30000002", HOSTILE, "Choose Approve or Decline"),
    ],
)
def test_what_the_page_does_not_offer_is_not_taken(
    wise_app: WiseApp, who: str, decision: str, problem: str
) -> None:
    """The page comes again with what is wrong, and what was chosen stays chosen."""
    answer = submit(wise_app, who, decision)

    assert answer.status_code == 400
    assert 'role="alert" tabindex="-1" autofocus' in answer.text
    assert problem in answer.text
    assert problem in answer.headers["x-mockwise-reason"]
    assert HOSTILE not in answer.text
    chosen = re.findall('value="([^"]*)"[^>]* checked', answer.text)
    assert chosen == [who if who in choices(answer.text) else "10000001-30000001"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"content": b"who=1", "headers": {"content-type": "text/plain"}},
        {"content": b"--", "headers": {"content-type": "multipart/form-data; boundary=b"}},
    ],
)
def test_a_form_that_is_none_chooses_nothing(wise_app: WiseApp, options: dict[str, Any]) -> None:
    """Nor does an empty one."""
    assert show(wise_app, "POST", **options).status_code == 400


def test_a_form_has_a_limit(wise_app: WiseApp) -> None:
    """64 KiB, as at the token endpoint."""
    assert submit(wise_app, "1" * 70_000).status_code == 413


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"client_id": None}, "Send the parameter client_id"),
        ({"client_id": HOSTILE}, "No client has this client_id"),
        ({"redirect_uri": None}, "Send the parameter redirect_uri"),
        ({"redirect_uri": f"https://evil.test/{HOSTILE}"}, "It must match one exactly"),
        ({"state": ["a", "b"]}, "A parameter was sent more than once"),
    ],
)
def test_what_cannot_be_trusted_stays_on_the_page(
    wise_app: WiseApp, method: str, params: dict[str, Any], text: str
) -> None:
    """Facts 7.1: no redirect; 400 and the reason, on the page and in the header; input is escaped."""
    answer = show(wise_app, method, params=params, data={"decision": "decline"} if method == "POST" else None)

    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert text in html.unescape(answer.text)
    assert text in answer.headers["x-mockwise-reason"]
    assert "<script" not in answer.text
    assert "href" not in answer.text


def test_a_redirect_uri_that_does_not_match_is_shown_beside_those_that_do(wise_app: WiseApp) -> None:
    """So that the difference is seen."""
    text = show(wise_app, params={"redirect_uri": "https://app.test/back"}).text
    assert "<code>https://app.test/back</code>" in text
    assert f"<code>{URI}</code>" in text

    wise_app.registry.add_client(wise_app.box, client_id="bare", redirect_uris=())
    text = show(wise_app, params={"client_id": "bare", "redirect_uri": None}).text
    assert "Was sent" not in text
    assert re.search(r"Registered</dt><dd>\s*none", text)


def test_whoever_is_shown_is_escaped(wise_app: WiseApp) -> None:
    """Names come from tests, and tests try things."""
    wise_app.box.users.add(UserSpec(email="eve@<b>.test", first_name=HOSTILE, business=HOSTILE))
    text = show(wise_app).text
    assert "<script" not in text
    assert "<b>.test" not in text


def test_without_users_the_page_says_how_to_make_one(wise_app: WiseApp) -> None:
    """Nobody can approve; declining still works."""
    box = wise_app.registry.add("empty", SandboxOptions(users=(), redirect_uri=(URI,)))
    wise_app.registry.add_client(box, client_id="lonely")
    params = {"client_id": "lonely"}
    text = show(wise_app, params=params).text

    assert "box.add_user(" in text
    assert "POST /sandboxes/empty/users" in text
    assert "approve" not in text
    assert query(submit(wise_app, "", "decline", params=params))["error"] == "access_denied"
    answer = submit(wise_app, "10000001", params=params)
    assert (answer.status_code, 'href="#first"' in answer.text) == (400, False)
    assert box.journal.exchanges()[-1].client_id == "lonely"


def test_a_claim_is_for_its_user_only(wise_app: WiseApp) -> None:
    """Facts 2: the page says that the user takes over; then the code is dead and the link back carries an error."""
    user = wise_app.box.users.sign_up("carla@example.com", ID, digest_of("r" * 32))
    code = wise_app.box.codes.issue("claim", ID, user.user_id)
    params = {"claim_account_code": code}
    page = show(wise_app, params=params)
    assert "takes over the account" in page.text
    assert choices(page.text) == [str(user.user_id)]
    assert "No profile yet" in page.text
    assert submit(wise_app, "10000001-30000001", params=params).status_code == 400

    answer = submit(wise_app, params=params)
    assert list(query(answer)) == ["tenant", "code", "state"]
    late = show(wise_app, "POST", params=params, data={"who": str(user.user_id), "decision": "approve"})
    assert (late.status_code, "location" in late.headers) == (400, False)
    back = httpx.URL(html.unescape(re.findall('href="([^"]*)"', late.text)[0]))
    assert dict(back.params) == {
        "tenant": "7",
        "error": "invalid_request",
        "error_description": "Invalid claim account code",
        "state": "st",
    }
    kept = wise_app.box.journal.exchanges()
    assert code not in repr(kept)
    assert query(answer)["code"] not in repr(kept)


def test_the_code_runs_on_the_sandboxes_clock(wise_app: WiseApp) -> None:
    """A code lives 30 minutes of the sandbox's clock (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    form = {"grant_type": "authorization_code", "client_id": ID, "redirect_uri": URI}
    code = query(submit(wise_app))["code"]
    wise_app.box.clock.advance(timedelta(minutes=30))

    assert wise_app.token(data={**form, "code": code}).json()["error"] == "invalid_grant"


def _crowded() -> WiseApp:
    """Ann, and many behind her."""
    wise_app = consent_house()
    for n in range(150):
        wise_app.box.users.add(UserSpec(email=f"u{n}@example.com"))
    return wise_app


def test_of_many_users_the_page_shows_a_hundred() -> None:
    """However many there are, it is made in the same time."""
    page = show(_crowded()).text
    assert len({it.partition("-")[0] for it in choices(page)}) == 100
    assert 'value="find"' in page
    assert 'value="find"' not in show(consent_house()).text


def test_another_user_is_found_by_address() -> None:
    """Whoever is not on the page can be shown on it, and can consent; nobody else can."""
    wise_app = _crowded()
    found = show(wise_app, "POST", data={"decision": "find", "user": " U149@example.com "})
    assert found.status_code == 200
    who = choices(found.text)[0]
    assert who.startswith(str(wise_app.box.users.require("u149@example.com").user_id))
    assert who not in choices(show(wise_app).text)
    assert submit(wise_app, who).status_code == 303
    again = show(wise_app, "POST", data={"decision": "find", "user": "ann@example.com"})
    assert choices(again.text) == choices(show(wise_app).text)
    wise_app.box.user_events.deactivate(wise_app.box.users.require("u149@example.com").user_id)
    for nobody in ("u149@example.com", "who@example.com", ""):
        answer = show(wise_app, "POST", data={"decision": "find", "user": nobody})
        assert answer.status_code == 400
        assert "No active user has this e-mail address" in answer.text
    assert submit(wise_app, who).status_code == 400
    for other in ("7", "1-", "x", "9" * 30, f"{who}-1"):
        assert submit(wise_app, other).status_code == 400
