from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.errors import ConflictError, InvalidValueError, MockwiseError
from mockwise.state.clients import (
    Client,
    ClientSecret,
    check_client_id,
    check_secret,
    new_client_id,
    new_secret,
)
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from tests.state.helpers import NOON, together

HOUR = timedelta(hours=1)


def current(box: SandboxState) -> Client:
    """The client `app` as it is now."""
    client = box.clients.get("app")
    assert client is not None
    return client


@pytest.mark.parametrize(
    "client_id", ["a", "x" * 64, "a b", "a/b?c=d&e%41+", "\u00fc\u4e2d\U0001f600", "'\"<>"]
)
def test_a_client_id_is_1_to_64_characters(client_id: str) -> None:
    """A client id is a common name: 1 to 64 characters, whatever their script (RFC 5280 appendix A.1)."""
    assert check_client_id(client_id) == client_id


@pytest.mark.parametrize("client_id", ["", "x" * 65, "\u4e2d" * 65])
def test_a_client_id_of_another_length_is_refused(client_id: str) -> None:
    """A client id that fits no common name is refused, with its length (RFC 5280 appendix A.1)."""
    with pytest.raises(InvalidValueError, match=f"1 to 64 characters.*has {len(client_id)}"):
        check_client_id(client_id)


@pytest.mark.parametrize("client_id", ["a:b", ":", "a\x00", "a\nb", "\t", "a\x7f", "a\x85b", "a\ud800"])
def test_a_client_id_that_basic_cannot_carry_is_refused(client_id: str) -> None:
    """A client id has no colon (RFC 7617 section 2), no control character and nothing that UTF-8 lacks."""
    with pytest.raises(InvalidValueError, match="no colon and no control character"):
        check_client_id(client_id)


@pytest.mark.parametrize("secret", ["a", "a:b", "a b", "%2B+/=", "p\u00e4ss", "x" * 4096])
def test_a_secret_may_be_any_text(secret: str) -> None:
    """A secret is any text, colons included (RFC 7617 section 2)."""
    assert check_secret(secret) == secret


@pytest.mark.parametrize("secret", ["a\nb", "\x00", "a\x7f", "a\udfff"])
def test_a_secret_that_basic_cannot_carry_is_refused(secret: str) -> None:
    """A secret has no control characters (RFC 7617 section 2), and the error does not show it."""
    with pytest.raises(InvalidValueError, match="no control characters") as caught:
        check_secret(secret)
    assert secret not in str(caught.value)


def test_what_is_made_up_is_usable_and_new() -> None:
    """Ids and secrets that are made up pass their own rules and do not repeat (mock-only)."""
    assert len({check_client_id(new_client_id()) for _ in range(100)}) == 100
    assert len({check_secret(new_secret()) for _ in range(100)}) == 100
    assert new_client_id().startswith("mockwise-")


def test_a_bare_client_follows_its_sandbox(registry: Registry) -> None:
    """A client of which nothing is said gets credentials, its id as key, and the sandbox's switches (docs/wise/developer-hub.md#credentials)."""
    box = registry.add("loose", SandboxOptions(mtls="optional"))
    client = box.clients.add()
    assert client.client_key == client.client_id
    assert client.mtls == "optional"
    assert client.token_lifetime is None
    assert box.clients.verify_secret(client, client.secrets[0].value, box.clock.now()) == "right"


def test_a_client_is_what_was_asked_for(box: SandboxState) -> None:
    """Each option of a new client counts (mock-only)."""
    client = box.clients.add(
        client_id="other", client_secret="s", client_key="key", mtls="optional", token_lifetime="60s"
    )
    assert (client.client_id, client.client_key, client.mtls) == ("other", "key", "optional")
    assert client.token_lifetime == timedelta(seconds=60)
    assert client.secrets == (ClientSecret("s"),)
    assert box.clients.get("other") == client


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"client_id": "a:b"}, "no colon"),
        ({"client_secret": "a\n"}, "no control characters"),
        ({"token_lifetime": "0s"}, "at least one second"),
    ],
)
def test_a_bad_option_makes_no_client(box: SandboxState, options: dict[str, str], complaint: str) -> None:
    """A client that cannot be is refused at the call and leaves nothing behind (errors)."""
    with pytest.raises(InvalidValueError, match=complaint):
        box.clients.add(**options)  # type: ignore[arg-type]  # because the option's name varies
    assert [client.client_id for client in box.clients.all()] == ["app"]


@pytest.mark.parametrize("options", [{"client_id": ""}, {"client_secret": ""}])
def test_an_empty_option_is_not_made_up_for(box: SandboxState, options: dict[str, str]) -> None:
    """Whoever asks for an empty id or secret gets that or an error, nothing else (errors)."""
    try:
        client = box.clients.add(**options)  # type: ignore[arg-type]  # because the option's name varies
    except InvalidValueError:
        return
    assert "" in {client.client_id, client.secrets[0].value}


def test_secrets_are_not_shown(box: SandboxState) -> None:
    """A client in a log or a traceback does not tell its secret (mock-only)."""
    assert "first" not in repr(current(box))


def test_clients_are_listed_oldest_first(box: SandboxState) -> None:
    """The list keeps the order of birth, which rotation does not touch (mock-only)."""
    box.clients.add(client_id="z")
    box.clients.add(client_id="b")
    box.clients.rotate("app")
    assert [client.client_id for client in box.clients.all()] == ["app", "z", "b"]


def test_a_client_has_a_key_beside_its_id(box: SandboxState) -> None:
    """The client key defaults to the id and can differ from it (DOCUMENTED, docs/wise/developer-hub.md#credentials)."""
    other = box.clients.add(client_id="other", client_key="key")
    assert current(box).client_key == "app"
    assert other.client_key == "key"
    assert box.clients.get("other") == other
    assert box.clients.get("key") is None


@pytest.mark.parametrize("presented", ["", "First", "first ", "firs", "f\u00efrst", "x" * 10_000])
def test_a_secret_is_right_or_wrong(box: SandboxState, presented: str) -> None:
    """Only the very secret is right (RFC 7617 section 2)."""
    assert box.clients.verify_secret(current(box), "first", box.clock.now()) == "right"
    assert box.clients.verify_secret(current(box), presented, box.clock.now()) == "wrong"


def test_rotation_ends_the_old_secret_at_once(box: SandboxState) -> None:
    """Without an overlap the new secret alone works, and the old one is known as rotated (UNKNOWN, docs/wise/developer-hub.md#credentials)."""
    fresh = box.clients.rotate("app")
    assert box.clients.verify_secret(current(box), fresh, box.clock.now()) == "right"
    assert box.clients.verify_secret(current(box), "first", box.clock.now()) == "rotated"
    assert box.clients.verify_secret(current(box), "never", box.clock.now()) == "wrong"


def test_rotation_may_overlap(box: SandboxState) -> None:
    """During the overlap both secrets work; at its end the old one stops (UNKNOWN, docs/wise/developer-hub.md#credentials)."""
    assert box.clients.rotate("app", "second", HOUR) == "second"
    box.clock.freeze()
    box.clock.advance(HOUR - timedelta(microseconds=1))
    assert box.clients.verify_secret(current(box), "first", box.clock.now()) == "right"
    box.clock.advance(timedelta(microseconds=1))
    assert box.clients.verify_secret(current(box), "first", box.clock.now()) == "rotated"
    assert box.clients.verify_secret(current(box), "second", box.clock.now()) == "right"


def test_a_later_overlap_does_not_lengthen_an_earlier_one(box: SandboxState) -> None:
    """A secret ends when its own rotation said, or sooner, never later (mock-only)."""
    box.clients.rotate("app", "second", HOUR)
    box.clients.rotate("app", "third", 10 * HOUR)
    box.clock.advance(2 * HOUR)
    assert box.clients.verify_secret(current(box), "first", box.clock.now()) == "rotated"
    assert box.clients.verify_secret(current(box), "second", box.clock.now()) == "right"
    box.clients.rotate("app", "fourth")
    assert box.clients.verify_secret(current(box), "second", box.clock.now()) == "rotated"


def test_many_rotations_are_bounded(box: SandboxState) -> None:
    """The newest works, recent ones are known, ancient ones forgotten: memory stays flat (mock-only)."""
    for number in range(1000):
        box.clients.rotate("app", f"secret-{number}")
    assert box.clients.verify_secret(current(box), "secret-999", box.clock.now()) == "right"
    assert box.clients.verify_secret(current(box), "secret-998", box.clock.now()) == "rotated"
    assert box.clients.verify_secret(current(box), "first", box.clock.now()) == "wrong"
    assert len(current(box).secrets) <= 100


def test_a_secret_that_comes_back_is_right(box: SandboxState) -> None:
    """The present secret works even if it was rotated out once before (mock-only)."""
    box.clients.rotate("app", "second")
    box.clients.rotate("app", "first")
    assert box.clients.verify_secret(current(box), "first", box.clock.now()) == "right"


def test_rotations_from_many_threads_all_happen(box: SandboxState) -> None:
    """Of secrets set at once exactly one is present, and the others are known as rotated (mock-only)."""
    together(8, lambda n: box.clients.rotate("app", f"secret-{n}"))
    verdicts = [box.clients.verify_secret(current(box), f"secret-{n}", box.clock.now()) for n in range(8)]
    assert sorted(verdicts) == ["right", *["rotated"] * 7]


def test_a_bad_secret_does_not_rotate(box: SandboxState) -> None:
    """A refused rotation leaves the secret in force (RFC 7617 section 2)."""
    with pytest.raises(InvalidValueError):
        box.clients.rotate("app", "a\n")
    assert box.clients.verify_secret(current(box), "first", box.clock.now()) == "right"


def test_revocation_happens_once(box: SandboxState) -> None:
    """A client is revoked at the time of the first revocation (mock-only)."""
    assert current(box).revoked_at is None
    box.clients.revoke("app")
    box.clock.advance(HOUR)
    box.clients.revoke("app")
    assert current(box).revoked_at == NOON


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
def test_an_unknown_client_is_named_beside_the_known(box: SandboxState, verb: str) -> None:
    """A verb for a client that is not there says which are (errors)."""
    box.clients.add(client_id="other")
    with pytest.raises(MockwiseError, match=r"sandbox 'default' has no client 'ap'; its clients: app, other"):
        getattr(box.clients, verb)("ap")


def test_an_empty_sandbox_has_no_client_to_name(registry: Registry) -> None:
    """Where there are no clients the error says so (errors)."""
    with pytest.raises(MockwiseError, match="its clients: none"):
        registry.default.tokens.revoke_all("app")


def test_an_overlap_ends_within_the_calendar(box: SandboxState) -> None:
    """A length that no date can be added to is a mistake of the caller, and the secret stays (mock-only)."""
    with pytest.raises(InvalidValueError, match="too long an overlap"):
        box.clients.rotate("app", overlap=timedelta.max)
    assert box.clients.verify_secret(current(box), "first", box.clock.now()) == "right"


@pytest.mark.parametrize("uri", ["https://a.example/cb?x=1&y=%20", "http://localhost:3000", "https://[::1]/"])
def test_a_redirect_uri_is_kept_as_it_is(box: SandboxState, uri: str) -> None:
    """It is matched exactly, query included (docs/wise/developer-hub.md#credentials, DOCUMENTED)."""
    client = box.clients.add(client_id="web", redirect_uris=[uri])
    assert client.redirect_uris == (uri,)


def test_a_client_has_the_sandboxs_redirect_uris(box: SandboxState) -> None:
    """Unless it has its own, which may be none (mock-only)."""
    assert box.clients.add(client_id="web").redirect_uris == box.options.redirect_uri
    assert box.clients.add(client_id="app2", redirect_uris=[]).redirect_uris == ()


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/callback",
        "app://callback",
        "https://",
        "https://a.example/#x",
        "https://a b/",
        "https://[a",
        "https://\xfc/",
    ],
)
def test_what_is_no_redirect_uri_is_refused(box: SandboxState, uri: str) -> None:
    """Absolute, without a fragment (RFC 6749 section 3.1.2)."""
    with pytest.raises(InvalidValueError, match="a redirect URI is an absolute http or https URL"):
        box.clients.add(client_id="web", redirect_uris=[uri])


def test_a_secret_that_was_replaced_stays_so_if_the_clock_is_set_back(box: SandboxState) -> None:
    """What was ended by hand is no matter of the clock; an overlap is (mock-only)."""
    now = box.clock.now()
    box.clients.rotate("app", "second")
    box.clients.rotate("app", "third", timedelta(hours=1))
    box.clock.set(now - timedelta(days=1))
    verdicts = [
        box.clients.verify_secret(current(box), secret, box.clock.now())
        for secret in ("first", "second", "third")
    ]
    assert verdicts == ["rotated", "right", "right"]


def test_a_secret_that_a_client_had_is_known(box: SandboxState) -> None:
    """Its present one and its former ones, and any of a client that is not there (errors)."""
    box.clients.rotate("app", "second")
    for client_id, secret in (("app", "first"), ("app", "second"), ("none", "any")):
        box.clients.check_known(client_id, secret)
    with pytest.raises(ConflictError, match="client 'app' has another secret in the state that was kept"):
        box.clients.check_known("app", "third")
