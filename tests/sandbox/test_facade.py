"""What Python can do with a sandbox as the other doors do: find, count, watch, sign and take back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise import Exchange, InvalidValueError, MockWise, Sandbox
from mockwise.errors import NotFoundError
from mockwise.journal.query import make_query
from mockwise.state.tokens import TokenState
from mockwise.transport.tls.alerts import FailedHandshake
from tests.api_calls import ask, token, use
from tests.dashboard.requests_for import signing_request

ANN = "ann@example.com"


def test_a_sandbox_is_found_by_its_name(mockwise_server: MockWise, mockwise: Sandbox) -> None:
    """It is the same object, whoever asks; one that is not there is told with those there are."""
    assert mockwise_server.sandbox_named(mockwise.name) is mockwise
    with pytest.raises(NotFoundError, match="there is no sandbox 'nobody'; there are: default"):
        mockwise_server.sandbox_named("nobody")


def test_what_is_in_it_is_counted(mockwise: Sandbox) -> None:
    """As the control API and the dashboard count it."""
    token(mockwise)
    mockwise.revoke_token(mockwise.find_tokens()[0].digest)
    token(mockwise)
    found = mockwise.status()
    assert dict(found.tokens) == {TokenState.LIVE: 1, TokenState.REVOKED: 1}
    assert (found.clients, found.users, found.links, found.faults) == (1, 1, 0, 0)
    assert (found.certificates, found.exchanges) == (1, 2)
    assert mockwise.options.token_lifetime == timedelta(hours=12)


def test_the_clock_is_read_at_one_moment(mockwise: Sandbox) -> None:
    """With the times that it is compared with."""
    now = mockwise.freeze()
    mockwise.advance("1h")
    found = mockwise.clock
    assert (found.now, found.frozen) == (now + timedelta(hours=1), True)
    assert abs(found.wall - found.real) < timedelta(seconds=30)


def test_tokens_are_found_and_those_that_end_are_counted(mockwise: Sandbox) -> None:
    """By client, kind, user and state; a named one is handed back."""
    first, second = token(mockwise), token(mockwise)
    personal = mockwise.personal_token(ANN)
    own = mockwise.find_tokens(client_id=mockwise.client_id)
    assert [it.number for it in own] == [1, 2]
    assert [it.number for it in mockwise.find_tokens(kind="personal")] == [3]
    assert mockwise.find_tokens(user_id=mockwise.user(ANN).user_id) == mockwise.find_tokens(kind="personal")
    assert mockwise.expire_token(first).digest == own[0].digest
    assert mockwise.token_status(mockwise.find_tokens(state="expired")[0]).state is TokenState.EXPIRED
    assert mockwise.revoke_tokens() == 1
    assert mockwise.revoke_tokens() == 0
    assert mockwise.revoke_token(personal).kind == "personal"
    token(mockwise)
    assert mockwise.expire_tokens() == 1
    assert use(mockwise, second).status_code == 401


def test_another_client_is_reached_by_its_id(mockwise: Sandbox) -> None:
    """Also if another door made it; the own one's credentials are those of the sandbox."""
    made = mockwise.add_client(token_lifetime="90s")
    assert [it.client_id for it in mockwise.clients] == [mockwise.client_id, made.client_id]
    assert mockwise.credentials_of() is mockwise.credentials_of(mockwise.client_id) is mockwise.credentials
    other = mockwise.credentials_of(made.client_id)
    assert other.record.token_lifetime == timedelta(seconds=90)
    fresh = other.rotate_secret()
    assert (made.client_secret != fresh, made.newest_secret) == (True, fresh)
    other.revoke()
    assert other.record.revoked_at is not None
    with pytest.raises(NotFoundError, match="has no client 'nobody'; its clients: "):
        mockwise.credentials_of("nobody")


def test_a_request_is_signed_and_its_certificate_taken_back(mockwise: Sandbox) -> None:
    """The record says whose it is; each is taken back by its serial, the own one without."""
    csr, _ = signing_request()
    signed = mockwise.certify(csr, "laptop")
    assert signed.certificate_pem.startswith("-----BEGIN CERTIFICATE-----")
    assert (signed.issued.client_id, signed.issued.name) == (mockwise.client_id, "laptop")
    assert mockwise.revoke_certificate(signed.issued.serial.upper()).name == "laptop"
    assert mockwise.revoke_certificate().serial == mockwise.credentials.serial
    assert [it.revoked_at is None for it in mockwise.certificates] == [False, False]
    with pytest.raises(InvalidValueError, match="csr: "):
        mockwise.certify("no request", "other")
    with pytest.raises(InvalidValueError, match="hexadecimal"):
        mockwise.revoke_certificate("laptop")


def test_links_are_found_watched_and_revoked(mockwise: Sandbox) -> None:
    """Those that end within a block are told; those that were dead before are not among them."""
    personal, business = mockwise.profiles(ANN)
    for profile in (personal, business):
        mockwise.user_client(ANN, profile).close()
    first, second = mockwise.find_links(user_id=mockwise.user(ANN).user_id)
    assert mockwise.revoke_link(first.digest[:12]).ended_at is not None
    assert mockwise.link_status(mockwise.links[0]).state == "revoked"
    with mockwise.watch_links(profile=business) as ended:
        mockwise.transfer_ownership(business, mockwise.add_user("bob@example.com"))
        assert ended == []
    assert [it.digest for it in ended] == [second.digest]
    with mockwise.watch_links(user=ANN) as ended:
        mockwise.deactivate_user(ANN)
    assert ended == []
    assert mockwise.find_links(state="live") == []
    for neither_or_both in ({}, {"user": ANN, "profile": business}):
        with (
            pytest.raises(InvalidValueError, match="name a user or a profile"),
            mockwise.watch_links(**neither_or_both),  # type: ignore[arg-type]  # what a type checker refuses
        ):
            pass


def test_whom_an_event_cannot_happen_to_is_told(mockwise: Sandbox) -> None:
    """A misspelt id must not pass for an event without effect."""
    with pytest.raises(NotFoundError, match="has no client 'nobody'"):
        mockwise.suspect_leak(client_id="nobody")
    with pytest.raises(NotFoundError, match="has no client 'nobody'"):
        mockwise.disconnect(ANN, client_id="nobody")
    with pytest.raises(NotFoundError, match="has no profile 1"):
        mockwise.disconnect(ANN, 1)
    with pytest.raises(NotFoundError, match="has no client ''"):
        mockwise.authorize(client_id="")


def test_stubs_are_taken_back(mockwise: Sandbox) -> None:
    """One by method and path, or all."""
    mockwise.stub("GET", "/v1/a")
    mockwise.stub("GET", "/v1/b")
    mockwise.unstub("GET", "/v1/a")
    assert [it.path for it in mockwise.stubs] == ["/v1/b"]
    with pytest.raises(InvalidValueError, match="name method and path, or neither"):
        mockwise.unstub("GET")
    mockwise.unstub()
    assert mockwise.stubs == []


def test_the_journal_is_searched_and_emptied(mockwise: Sandbox) -> None:
    """The newest come, all are counted; the journal stays the same over a reset."""
    journal = mockwise.journal
    for _ in range(3):
        ask(mockwise)
    found = mockwise.search(make_query({"path": "/oauth/token"}), 2)
    assert (found.total, [it.number for it in found.exchanges]) == (3, [2, 3])
    assert mockwise.report().sandbox == mockwise.name
    journal.clear()
    assert mockwise.exchanges == []
    mockwise.reset()
    assert mockwise.journal is journal


@pytest.mark.parametrize("waits", [True, False])
def test_a_watcher_leaves(*, waits: bool) -> None:
    """What happens later is not told; to leave twice changes nothing."""
    heard: list[Exchange | FailedHandshake] = []
    with MockWise(token_format="uuid") as mock:
        mock.watch(heard.append, waits=waits)
        ask(mock.default)
        mock.unwatch(heard.append)
        mock.unwatch(heard.append)
        ask(mock.default)
    assert len(heard) == 1


def test_what_an_environment_has_is_the_callers_to_say(mockwise: Sandbox) -> None:
    """Hosts that are called past a proxy join those of the environment that is named."""
    names = mockwise.environ({"NO_PROXY": "intranet"})
    assert names["NO_PROXY"].startswith("intranet,127.0.0.1")
    assert "intranet" not in mockwise.environ({})["NO_PROXY"]
    assert names["MOCKWISE_SANDBOX"] == mockwise.name


def test_credentials_are_given_as_text(mockwise: Sandbox) -> None:
    """What the files hold, for programs that take no files."""
    own = mockwise.credentials
    assert (own.certificate_pem, own.key_pem) == (own.cert_file.read_text(), own.key_file.read_text())
    assert mockwise.ca_pem == mockwise.ca_file.read_text()
    assert own.key_store("mockwise")[:1] == mockwise.trust_store("mockwise")[:1] == b"0"  # a DER sequence
