"""The users of a sandbox as a test holds them, with tokens that are got and used over TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from mockwise import MockWise, MockwiseError, Respond, Sandbox
from mockwise.client import TokenError

CALLBACK = "https://localhost/callback"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockWise]:
    """One server for all of them."""
    with MockWise(token_format="uuid") as mock:
        yield mock


@pytest.fixture
def box(mock: MockWise) -> Iterator[Sandbox]:
    """A fresh sandbox, its clock frozen."""
    with mock.sandbox() as box:
        box.freeze()
        yield box


@pytest.fixture
def wise(box: Sandbox) -> Iterator[httpx.Client]:
    """A plain client on the mTLS host."""
    with httpx.Client(base_url=box.mtls_url, verify=box.ssl_context()) as client:
        yield client


def post(box: Sandbox, wise: httpx.Client, **form: str) -> httpx.Response:
    """A request to the token endpoint as the sandbox's own client."""
    return wise.post("/oauth/token", auth=(box.client_id, box.client_secret), data=form)


def link(box: Sandbox, wise: httpx.Client, profile: int | None = None) -> dict[str, str]:
    """The tokens of the first user's consent."""
    consent = box.authorize(profile=profile)
    answer = post(
        box,
        wise,
        grant_type="authorization_code",
        client_id=box.client_id,
        code=consent.code,
        redirect_uri=CALLBACK,
    )
    assert answer.status_code == 200, answer.text
    tokens: dict[str, str] = answer.json()
    return tokens


def me(wise: httpx.Client, token: str) -> int:
    """The status of `GET /v1/me` with that token."""
    return wise.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_sandbox_has_a_user_from_the_start(box: Sandbox) -> None:
    """With a personal and a business profile, so that the consent page has somebody to choose (option `users`)."""
    [ann] = box.users
    assert (ann.email, ann.name) == ("ann@example.com", "Ann Example")
    assert [(it.type, it.name) for it in box.profiles(ann)] == [
        ("PERSONAL", "Ann Example"),
        ("BUSINESS", "Example Bakery Ltd"),
    ]


def test_more_users_and_profiles_are_made(box: Sandbox) -> None:
    """By address, with names and a business if one likes."""
    bea = box.add_user("bea@example.com", first_name="Beatrix", last_name="Bee", business="Bee Ltd")
    other = box.add_profile("bea@example.com", "BUSINESS", "Other Ltd")
    assert bea.name == "Beatrix Bee"
    assert [it.name for it in box.profiles(bea.user_id)] == ["Beatrix Bee", "Bee Ltd", "Other Ltd"]
    assert other.user_id == bea.user_id


def test_consent_without_a_browser(box: Sandbox) -> None:
    """Code, state and profile in the documented order (docs/wise/consent-and-revocation.md#authorization-page)."""
    person, business = box.profiles("ann@example.com")
    consent = box.authorize(box.users[0], business, state="x y", redirect_uri=CALLBACK)
    assert (
        consent.redirect_url == f"{CALLBACK}?code={consent.code}&state=x%20y&profileId={business.profile_id}"
    )
    assert box.authorize("ann@example.com").profile_id == person.profile_id


def test_consent_to_another_client(box: Sandbox, wise: httpx.Client) -> None:
    """A second client has its own redirect URIs."""
    other = box.add_client(client_id=f"{box.client_id}-2", redirect_uris=["https://other.example/?a=b"])
    consent = box.authorize(client_id=other.client_id)
    assert consent.redirect_url.startswith("https://other.example/?a=b&code=")
    refused = post(
        box,
        wise,
        grant_type="authorization_code",
        client_id=box.client_id,
        code=consent.code,
        redirect_uri="https://other.example/?a=b",
    )
    assert refused.status_code == 401


@pytest.mark.parametrize(
    "misuse",
    [
        lambda box: box.authorize("nobody@example.com"),
        lambda box: box.authorize(profile=7),
        lambda box: box.authorize(redirect_uri="https://elsewhere.example/"),
        lambda box: box.authorize(client_id="nobody"),
        lambda box: box.profiles("nobody@example.com"),
        lambda box: box.claim_account("ann@example.com"),
    ],
)
def test_misuse_is_explained(box: Sandbox, misuse: Callable[[Sandbox], object]) -> None:
    """A mistake of the test's author is raised at the call."""
    with pytest.raises(MockwiseError):
        misuse(box)


def test_nobody_can_consent_where_nobody_is(mock: MockWise) -> None:
    """The option `users` may be empty."""
    with mock.sandbox(users=[]) as box, pytest.raises(MockwiseError, match="no active user"):
        box.authorize()


def test_a_personal_token_needs_no_certificate(box: Sandbox) -> None:
    """Facts 3.2, DOCUMENTED: it works on the TLS host."""
    token = box.personal_token("ann@example.com")
    with httpx.Client(base_url=box.tls_url, verify=box.credentials.ssl_context()) as bare:
        assert me(bare, token) == 200


EVENTS: dict[str, Callable[[Sandbox], object]] = {
    "email": lambda box: box.change_email("ann@example.com", "ann@new.example"),
    "deactivated": lambda box: box.deactivate_user("ann@example.com"),
    "security": lambda box: box.enhance_security("ann@example.com"),
    "disconnected": lambda box: box.disconnect("ann@example.com"),
    "disconnected profile": lambda box: box.disconnect("ann@example.com", box.profiles("ann@example.com")[1]),
    "leak": lambda box: box.suspect_leak(),
    "ownership": lambda box: box.transfer_ownership(
        box.profiles("ann@example.com")[1], box.add_user("bea@example.com")
    ),
}


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_ends_access_and_refresh_token(box: Sandbox, wise: httpx.Client, event: str) -> None:
    """Each is one call (docs/wise/lifetimes-and-formats.md#what-ends-a-token): the API answers 401, the refresh `invalid_grant`."""
    tokens = link(box, wise, box.profiles("ann@example.com")[1].profile_id)
    assert me(wise, tokens["access_token"]) == 200
    EVENTS[event](box)
    assert me(wise, tokens["access_token"]) == 401
    refused = post(box, wise, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert "Ask the user to link again" in refused.headers["x-mockwise-reason"]
    assert [it.ended_by for it in box.links] != [None]


def test_a_signed_up_user_claims_the_account(box: Sandbox, wise: httpx.Client) -> None:
    """From signup to claim, over the wire (docs/wise/operations.md#endpoints, docs/wise/consent-and-revocation.md#authorization-page and docs/wise/consent-and-revocation.md#revocation)."""
    own = post(box, wise, grant_type="client_credentials").json()["access_token"]
    code = "registration-code-of-32-characters"
    signed_up = wise.post(
        "/v1/user/signup/registration_code",
        headers={"Authorization": f"Bearer {own}"},
        json={"email": "new@example.com", "registrationCode": code},
    )
    assert signed_up.status_code == 200, signed_up.text
    form = {
        "grant_type": "registration_code",
        "client_id": box.client_id,
        "email": "new@example.com",
        "registration_code": code,
    }
    tokens = post(box, wise, **form).json()
    claim = wise.post(
        "/v1/user/claim-account",
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        json={"registrationCode": code},
    )
    assert claim.status_code == 200, claim.text
    assert post(box, wise, **form).status_code == 401
    consent = box.authorize("new@example.com", claim_account_code=claim.json()["claimAccountCode"])
    assert consent.profile_id is None
    assert me(wise, tokens["access_token"]) == 401
    with pytest.raises(MockwiseError, match="nothing to claim"):
        box.claim_account("new@example.com")


def test_rates_are_limited_by_the_sandboxs_clock(mock: MockWise) -> None:
    """429 with `Retry-After` and `X-Rate-Limited-By` (docs/wise/errors.md#headers and docs/wise/errors.md#rate-limits); other sandboxes and people are not concerned."""
    with mock.sandbox(rate_limit="2/s", users=[{"email": "a@b.c"}]) as box:
        box.freeze()
        with httpx.Client(base_url=box.mtls_url, verify=box.ssl_context()) as wise:
            answers = [post(box, wise, grant_type="client_credentials") for _ in range(3)]
            assert [it.status_code for it in answers] == [200, 200, 429]
            assert answers[2].headers["Retry-After"] == "1"
            assert answers[2].headers["X-Rate-Limited-By"] == "wise-public-api"
            token = box.personal_token("a@b.c")
            assert [me(wise, token) for _ in range(3)] == [200, 200, 429]
            assert wise.get("/v1/me", headers={"Authorization": "Bearer unknown"}).status_code == 401
            box.advance(seconds=1)
            assert post(box, wise, grant_type="client_credentials").status_code == 200


def test_a_client_in_a_users_name(box: Sandbox) -> None:
    """Linked, ready, and by the sandbox's clock: it refreshes when half of the token's time is over."""
    business = box.profiles("ann@example.com")[1]
    with box.user_client("ann@example.com", business) as ann:
        assert ann.get("/v1/me").json()["email"] == "ann@example.com"
        assert ann.get(f"/v2/profiles/{business.profile_id}").json()["type"] == "BUSINESS"
        box.advance(hours=7)
        assert ann.get("/v1/me").status_code == 200
    assert [it.grant_type for it in box.token_requests] == ["authorization_code", "refresh_token"]


def test_a_client_in_nobodys_name(box: Sandbox) -> None:
    """What the token endpoint refuses is raised."""
    box.arm(Respond(400))
    with pytest.raises(TokenError):
        box.user_client()
