"""The grants that give a user's tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from mockwise.common.digests import digest_of
from mockwise.oauth import wise_wire
from mockwise.oauth.errors import InvalidClient, InvalidGrant, InvalidRequest, InvalidToken, OAuthError
from mockwise.oauth.messages import TokenResponse
from mockwise.state.options import SandboxOptions
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.users import User
from tests.oauth.token_endpoint import TokenEndpoint, basic, certificate_of, presenting, refused

CALLBACK = "https://localhost/callback"
REGISTRATION_CODE = "r" * 32
HALF_AN_HOUR = timedelta(minutes=30)


class UserTokenEndpoint(TokenEndpoint):
    """A desk with a user Ann, whom `app` may ask for consent, and a user New, whom `app` signed up."""

    def __init__(self, **switches: object) -> None:
        super().__init__(SandboxOptions(token_format="uuid", **switches))  # type: ignore[arg-type]  # because the names are those of SandboxOptions
        self.registry.add_client(self.box, client_id="other", client_secret="s")
        self.ann: User = self.box.users.require("ann@example.com")
        self.profile = self.box.users.profiles_of(self.ann.user_id)[0]
        self.new = self.box.users.sign_up("new@example.com", "app", digest_of(REGISTRATION_CODE))

    def consent(self) -> str:
        """A code, as the consent page gives it."""
        return self.box.codes.issue(
            "authorization", "app", self.ann.user_id, self.profile.profile_id, CALLBACK
        )

    def post(self, grant_type: str, **parameters: str) -> TokenResponse:
        """Make a token request as `app`."""
        return self.ask((("grant_type", grant_type), *parameters.items()))

    def post_as_other(self, grant_type: str, **parameters: str) -> TokenResponse:
        """Make a token request as the client `other`."""
        return self.ask(
            (("grant_type", grant_type), *parameters.items()),
            credentials=basic("other:s"),
            peer=presenting(certificate_of("other")),
        )

    def exchange(self, code: str, redirect_uri: str = CALLBACK) -> TokenResponse:
        """Exchange an authorization code for a user token."""
        return self.post("authorization_code", client_id="app", code=code, redirect_uri=redirect_uri)

    def register(self, email: str = "new@example.com", code: str = REGISTRATION_CODE) -> TokenResponse:
        """Exchange a registration code for a user token."""
        return self.post("registration_code", client_id="app", email=email, registration_code=code)

    def begin_claim(self) -> None:
        """Let `app` ask for a claim-account code, as the API operation does."""

        def begun(user: User) -> User:
            assert user.registration is not None
            return replace(user, registration=replace(user.registration, claim_begun=True))

        self.box.users.change(self.new.user_id, begun)

    def refresh(self, answer: TokenResponse) -> TokenResponse:
        """Exchange the answer's refresh token for a new access token."""
        return self.post("refresh_token", refresh_token=str(answer.fields["refresh_token"]))


@pytest.fixture
def endpoint() -> UserTokenEndpoint:
    """A token endpoint of its own for each test, with users."""
    return UserTokenEndpoint()


def failure(call: Callable[[], object], error: type[OAuthError]) -> OAuthError:
    """A refusal of exactly that class."""
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    return caught.value


# The answer.


def test_the_answer_of_a_user_grant_is_wises(endpoint: UserTokenEndpoint) -> None:
    """Members, order and timestamps as recorded in July 2026 (docs/wise/token-endpoint.md#response, OBSERVED)."""
    answer = endpoint.exchange(endpoint.consent())
    fields = answer.fields
    assert list(fields) == [
        "access_token",
        "token_type",
        "refresh_token",
        "expires_in",
        "scope",
        "created_at",
        "expires_at",
        "refresh_token_expires_in",
        "refresh_token_expires_at",
    ]
    assert (fields["token_type"], fields["scope"]) == ("bearer", "transfers")
    assert (fields["expires_in"], fields["refresh_token_expires_in"]) == (43199, 630_720_000 - 1)
    created = str(fields["created_at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", created)
    began = datetime.fromisoformat(created[:23] + "Z")
    assert datetime.fromisoformat(str(fields["expires_at"])) == began + timedelta(hours=12)
    assert datetime.fromisoformat(str(fields["refresh_token_expires_at"])) == began + timedelta(days=7300)
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(uuid, answer.text)
    assert answer.refresh_token == fields["refresh_token"]
    assert re.fullmatch(uuid, str(answer.refresh_token))
    assert str(answer.refresh_token) not in repr(answer)


def test_nine_digits_never_end_in_zeros() -> None:
    """Nine fractional digits (docs/wise/token-endpoint.md#response, OBSERVED), of which Java would leave out three zeros."""
    time = datetime.fromisoformat("2026-07-31T08:43:59.521339Z")
    stamps = {wise_wire.nanosecond_timestamp(time, number) for number in range(2000)}
    assert len(stamps) == 999
    assert not any(stamp.endswith("000Z") for stamp in stamps)
    assert all(stamp.startswith("2026-07-31T08:43:59.521339") for stamp in stamps)


def test_the_token_is_the_users(endpoint: UserTokenEndpoint) -> None:
    """It opens the API in the user's name, for the profile of the consent (docs/wise/operations.md#token-kinds and docs/wise/consent-and-revocation.md#authorization-page)."""
    caller = endpoint.call(endpoint.exchange(endpoint.consent()).text)
    assert caller.token.kind == "user"
    assert (caller.token.subject.user_id, caller.token.subject.profile_id) == (
        endpoint.ann.user_id,
        endpoint.profile.profile_id,
    )


@pytest.mark.parametrize("text_format", ["jwt", "jwe", "random"])
def test_user_tokens_have_other_formats_too(text_format: str) -> None:
    """Do not assume size or format (docs/wise/lifetimes-and-formats.md#formats): a switch of its own."""
    endpoint = UserTokenEndpoint(user_token_format=text_format)
    answer = endpoint.exchange(endpoint.consent())
    assert endpoint.lives(answer)
    assert len(answer.text) >= 40
    assert len(str(answer.refresh_token)) == 36 or text_format == "random"


# Authorization codes.


def test_a_code_is_used_once(endpoint: UserTokenEndpoint) -> None:
    """Facts 2, DOCUMENTED; description INFERRED from Spring (docs/wise/token-endpoint.md#errors)."""
    code = endpoint.consent()
    answer = endpoint.exchange(code)
    error = failure(lambda: endpoint.exchange(code), InvalidGrant)
    assert (error.status, error.description) == (400, "Invalid authorization code")
    assert "used already" in error.reason
    assert endpoint.lives(answer)


def test_a_code_used_meanwhile_is_refused(
    endpoint: UserTokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two exchanges at the same time one gets tokens (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    monkeypatch.setattr(type(endpoint.box.codes), "use", lambda *_: False)
    assert "used already" in refused(lambda: endpoint.exchange(endpoint.consent()), InvalidGrant)


def test_a_code_lives_30_minutes(endpoint: UserTokenEndpoint) -> None:
    """Facts 2, DOCUMENTED, to the microsecond on the sandbox's clock."""
    early, late = endpoint.consent(), endpoint.consent()
    endpoint.box.clock.advance(HALF_AN_HOUR - timedelta(microseconds=1))
    endpoint.exchange(early)
    endpoint.box.clock.advance(timedelta(microseconds=1))
    assert "expired" in refused(lambda: endpoint.exchange(late), InvalidGrant)


@pytest.mark.parametrize("uri", [CALLBACK + "/", CALLBACK + "?a=b", "http://localhost/callback"])
def test_the_redirect_uri_must_match(endpoint: UserTokenEndpoint, uri: str) -> None:
    """Exactly, query included (docs/wise/developer-hub.md#credentials); `Redirect URI mismatch.` INFERRED; the code is not used up (mock-only)."""
    code = endpoint.consent()
    error = failure(lambda: endpoint.exchange(code, uri), InvalidGrant)
    assert (error.status, error.description) == (400, "Redirect URI mismatch.")
    assert endpoint.lives(endpoint.exchange(code))


def test_a_code_is_its_clients(endpoint: UserTokenEndpoint) -> None:
    """`invalid_client`, `Client ID mismatch`: INFERRED from Spring (docs/wise/token-endpoint.md#errors)."""
    code = endpoint.consent()
    error = failure(
        lambda: endpoint.post_as_other(
            "authorization_code", client_id="other", code=code, redirect_uri=CALLBACK
        ),
        InvalidClient,
    )
    assert (error.status, error.description) == (401, "Client ID mismatch")
    assert endpoint.lives(endpoint.exchange(code))


@pytest.mark.parametrize("code", ["unknown", "\ud800", "x" * 10_000])
def test_an_unknown_code_is_refused(endpoint: UserTokenEndpoint, code: str) -> None:
    """An unknown code is `invalid_grant` (docs/wise/token-endpoint.md#errors)."""
    assert "No such code" in refused(lambda: endpoint.exchange(code), InvalidGrant)


def test_a_claim_code_is_no_authorization_code(endpoint: UserTokenEndpoint) -> None:
    """It is for the consent page (docs/wise/consent-and-revocation.md#authorization-page)."""
    code = endpoint.box.codes.issue("claim", "app", endpoint.new.user_id)
    assert "No such code" in refused(lambda: endpoint.exchange(code), InvalidGrant)


@pytest.mark.parametrize(
    ("grant_type", "parameters"),
    [
        ("authorization_code", {"client_id": "app", "code": "c", "redirect_uri": CALLBACK}),
        (
            "registration_code",
            {"client_id": "app", "email": "new@example.com", "registration_code": REGISTRATION_CODE},
        ),
        ("refresh_token", {"refresh_token": "r"}),
    ],
)
def test_each_parameter_is_needed(
    endpoint: UserTokenEndpoint, grant_type: str, parameters: dict[str, str]
) -> None:
    """Facts 1.2, DOCUMENTED: `invalid_request` without it; `client_id` too, though Basic names the client."""
    for name in parameters:
        rest = {key: value for key, value in parameters.items() if key != name}
        error = failure(lambda rest=rest: endpoint.post(grant_type, **rest), InvalidRequest)  # type: ignore[misc]  # because a lambda's default has no type
        assert error.status == 400
        assert name in error.reason


def test_spring_names_two_of_them(endpoint: UserTokenEndpoint) -> None:
    """Facts 1.4, INFERRED wording."""
    code = failure(lambda: endpoint.post("authorization_code", client_id="app"), InvalidRequest)
    assert code.description == "An authorization code must be supplied."
    refresh = failure(lambda: endpoint.post("refresh_token"), InvalidRequest)
    assert refresh.description == "refresh_token parameter not provided"


# Registration codes.


def test_a_registration_code_is_used_again_and_again(endpoint: UserTokenEndpoint) -> None:
    """Facts 2, DOCUMENTED: until the account is claimed; the new grant kills the old refresh token alone."""
    one, two = endpoint.register(), endpoint.register("NEW@example.com")
    assert [endpoint.lives(one), endpoint.lives(two)] == [True, True]
    assert "a new grant put another one" in refused(lambda: endpoint.refresh(one), InvalidGrant)
    endpoint.refresh(two)
    assert [endpoint.lives(one), endpoint.lives(two)] == [False, False]


@pytest.mark.parametrize(
    ("email", "code", "reason"),
    [
        ("new@example.com", "x" * 32, "not the one of this user's signup"),
        ("nobody@example.com", REGISTRATION_CODE, "No user has this"),
        ("ann@example.com", REGISTRATION_CODE, "never signed up"),
    ],
)
def test_a_wrong_registration_code_is_401(
    endpoint: UserTokenEndpoint, email: str, code: str, reason: str
) -> None:
    """Facts 1.4 and 10 (C1), DOCUMENTED: 401 and Wise's own description."""
    error = failure(lambda: endpoint.register(email, code), InvalidGrant)
    assert (error.status, error.description) == (401, "Invalid user credentials.")
    assert reason in error.reason


def test_a_registration_code_is_its_clients(endpoint: UserTokenEndpoint) -> None:
    """The client that signed the user up (docs/wise/operations.md#endpoints)."""
    reason = refused(
        lambda: endpoint.post_as_other(
            "registration_code",
            client_id="other",
            email="new@example.com",
            registration_code=REGISTRATION_CODE,
        ),
        InvalidGrant,
    )
    assert "by this client" in reason


def test_the_status_of_a_wrong_registration_code_is_a_switch() -> None:
    """The guides say 400 (docs/wise/conflicts.md#c1)."""
    endpoint = UserTokenEndpoint(registration_refusal=400)
    assert failure(lambda: endpoint.register(code="x" * 32), InvalidGrant).status == 400


def test_a_claimed_account_has_no_registration_code(endpoint: UserTokenEndpoint) -> None:
    """Facts 2 and 7.2, DOCUMENTED."""
    answer = endpoint.register()
    endpoint.box.user_events.claim(endpoint.new.user_id)
    assert "claimed the account" in refused(endpoint.register, InvalidGrant)
    assert "the user claimed the account" in refused(lambda: endpoint.refresh(answer), InvalidGrant)
    assert "the user claimed the account" in refused(lambda: endpoint.call(answer.text), InvalidToken)


@pytest.mark.parametrize(("ends", "refuses"), [("claim-code", True), ("claimed", False)])
def test_when_a_registration_code_dies_is_a_switch(ends: str, refuses: bool) -> None:
    """Once a claim-account code was asked for, or with the claim itself (docs/wise/lifetimes-and-formats.md#lifetimes and docs/wise/consent-and-revocation.md#revocation)."""
    endpoint = UserTokenEndpoint(registration_ends=ends)
    endpoint.begin_claim()
    if refuses:
        assert "claim-account code" in refused(endpoint.register, InvalidGrant)
    else:
        assert endpoint.lives(endpoint.register())


def test_a_deactivated_user_gets_no_tokens(endpoint: UserTokenEndpoint) -> None:
    """Facts 2, DOCUMENTED."""
    answer, code = endpoint.register(), endpoint.consent()
    for user in (endpoint.new, endpoint.ann):
        endpoint.box.user_events.deactivate(user.user_id)
    assert "deactivated" in refused(endpoint.register, InvalidGrant)
    assert "deactivated" in refused(lambda: endpoint.refresh(answer), InvalidGrant)
    endpoint.box.clock.set(endpoint.box.clock.now() - HALF_AN_HOUR)
    assert "withdrawn" in refused(lambda: endpoint.exchange(code), InvalidGrant)


def test_a_code_for_a_business_dies_with_its_ownership(endpoint: UserTokenEndpoint) -> None:
    """The business is somebody else's: new linking is needed (docs/wise/lifetimes-and-formats.md#what-ends-a-token, DOCUMENTED of tokens)."""
    business = endpoint.box.users.add_profile(endpoint.ann, "BUSINESS", "Shop")
    codes = endpoint.box.codes
    code = codes.issue("authorization", "app", endpoint.ann.user_id, business.profile_id, CALLBACK)
    personal = codes.issue("authorization", "app", endpoint.ann.user_id, None, CALLBACK)
    endpoint.box.user_events.transfer_ownership(business.profile_id, endpoint.new.user_id)
    assert "another owner" in refused(lambda: endpoint.exchange(code), InvalidGrant)
    endpoint.exchange(personal)


# Refresh tokens.


def test_a_refresh_gives_the_same_refresh_token(endpoint: UserTokenEndpoint) -> None:
    """Facts 1.3, OBSERVED: unchanged, its end does not move, its time runs down; the access token before it is dead."""
    first = endpoint.exchange(endpoint.consent())
    endpoint.box.clock.advance(timedelta(hours=6))
    second = endpoint.refresh(first)
    same = ("refresh_token", "refresh_token_expires_at")
    assert [first.fields[it] for it in same] == [second.fields[it] for it in same]
    assert second.fields["refresh_token_expires_in"] == 630_720_000 - 6 * 3600 - 1
    assert second.fields["expires_in"] == 43199
    assert first.fields["created_at"] != second.fields["created_at"]
    assert [endpoint.lives(first), endpoint.lives(second)] == [False, True]
    assert "a refresh put another one in its place" in refused(
        lambda: endpoint.call(first.text), InvalidToken
    )


def test_a_refresh_may_give_another_refresh_token() -> None:
    """A switch for clients that must cope (docs/wise/conflicts.md#c6; RFC 6749 section 6): the old one is dead, its end stays."""
    endpoint = UserTokenEndpoint(refresh_rotation="on")
    first = endpoint.exchange(endpoint.consent())
    endpoint.box.clock.advance(timedelta(hours=6))
    second = endpoint.refresh(first)
    assert second.refresh_token != first.refresh_token
    assert second.fields["refresh_token"] == second.refresh_token
    assert second.fields["refresh_token_expires_at"] == first.fields["refresh_token_expires_at"]
    assert second.fields["refresh_token_expires_in"] == 630_720_000 - 6 * 3600 - 1
    assert [endpoint.lives(first), endpoint.lives(second)] == [False, True]
    endpoint.box.clock.advance(timedelta(minutes=5))
    error = failure(lambda: endpoint.refresh(first), InvalidGrant)
    assert (error.status, error.description) == (400, "Invalid refresh token")
    assert error.reason == (
        "This refresh token was rotated out 5m ago: a refresh put another refresh token in its place (refresh_rotation is "
        "on). Keep and use the refresh_token of each answer that brings one."
    )
    assert endpoint.lives(second)
    third = endpoint.refresh(second)
    assert [endpoint.lives(second), endpoint.lives(third)] == [False, True]


def test_of_two_refreshes_at_once_one_is_served_where_refresh_tokens_rotate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the other the refresh token is dead."""
    endpoint = UserTokenEndpoint(refresh_rotation="on")
    first = endpoint.exchange(endpoint.consent())
    links = endpoint.box.links
    rotate = links.rotate

    def overtaken(digest: str, heir: str) -> RefreshGrant | None:
        monkeypatch.setattr(links, "rotate", rotate)
        rotate(digest, digest_of("the other's"))
        return rotate(digest, heir)

    monkeypatch.setattr(links, "rotate", overtaken)
    assert "rotated out" in refused(lambda: endpoint.refresh(first), InvalidGrant)


def test_a_refresh_comes_after_expiry_too(endpoint: UserTokenEndpoint) -> None:
    """The refresh token outlives the access token (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    first = endpoint.exchange(endpoint.consent())
    endpoint.box.clock.advance(timedelta(hours=13))
    assert endpoint.lives(endpoint.refresh(first))


@pytest.mark.parametrize("status", [400, 401, 403])
def test_an_unknown_refresh_token_is_refused(status: int) -> None:
    """`invalid_grant` (docs/wise/token-endpoint.md#errors, DOCUMENTED); the status is a switch (docs/wise/conflicts.md#c2)."""
    endpoint = UserTokenEndpoint(refresh_refusal=status)
    error = failure(lambda: endpoint.post("refresh_token", refresh_token="nonsense"), InvalidGrant)
    assert (error.status, error.description) == (status, "Invalid refresh token")


def test_a_refresh_token_is_its_clients(endpoint: UserTokenEndpoint) -> None:
    """`Wrong client for this refresh token`: INFERRED from Spring (docs/wise/token-endpoint.md#errors)."""
    answer = endpoint.exchange(endpoint.consent())
    error = failure(
        lambda: endpoint.post_as_other("refresh_token", refresh_token=str(answer.refresh_token)), InvalidGrant
    )
    assert error.description == "Wrong client for this refresh token"
    assert endpoint.lives(endpoint.refresh(answer))


def test_a_refresh_token_ends_after_7300_days() -> None:
    """Facts 10 (C5); a switch."""
    endpoint = UserTokenEndpoint(refresh_token_lifetime=timedelta(days=1))
    answer = endpoint.exchange(endpoint.consent())
    endpoint.box.clock.advance(timedelta(days=1))
    assert "expired" in refused(lambda: endpoint.refresh(answer), InvalidGrant)


def test_a_revoked_link_is_told_with_its_time(endpoint: UserTokenEndpoint) -> None:
    """The reason names the cause and how long ago; a clock set back leaves the time out (mock-only)."""
    answer = endpoint.exchange(endpoint.consent())
    endpoint.box.links.revoke_all("client_id", endpoint.box.links.all()[0].client_id, None)
    endpoint.box.clock.advance(timedelta(minutes=5))
    assert "it was revoked 5m ago" in refused(lambda: endpoint.refresh(answer), InvalidGrant)
    endpoint.box.clock.set(endpoint.box.clock.now() - timedelta(hours=1))
    assert "it was revoked. Ask" in refused(lambda: endpoint.refresh(answer), InvalidGrant)


@pytest.mark.parametrize(("switches", "status"), [({}, 400), ({"email_change_refusal": 403}, 403)])
def test_a_changed_address_is_400_or_403(switches: dict[str, int], status: int) -> None:
    """The next token request after it, whichever grant (docs/wise/token-endpoint.md#errors, CONFLICT: a switch)."""
    endpoint = UserTokenEndpoint(**switches)
    linked, registered = endpoint.exchange(endpoint.consent()), endpoint.register()
    for user, email in ((endpoint.ann, "ann@new.example"), (endpoint.new, "new@new.example")):
        endpoint.box.user_events.change_email(user.user_id, email)
    for ask in (lambda: endpoint.refresh(linked), lambda: endpoint.refresh(registered), endpoint.register):
        error = failure(ask, InvalidGrant)
        assert error.status == status
        assert "changed their e-mail address" in error.reason
    assert "changed their e-mail address" in refused(lambda: endpoint.call(linked.text), InvalidToken)
    # The code asks for the address of the signup, and that has no account now.
    assert "signup" in refused(lambda: endpoint.register("new@new.example"), InvalidGrant)


def test_a_refresh_token_is_no_access_token(endpoint: UserTokenEndpoint) -> None:
    """Nor the other way round (docs/wise/operations.md#token-kinds)."""
    answer = endpoint.exchange(endpoint.consent())
    assert "did not issue" in refused(lambda: endpoint.call(str(answer.refresh_token)), InvalidToken)
    refused(lambda: endpoint.post("refresh_token", refresh_token=answer.text), InvalidGrant)
