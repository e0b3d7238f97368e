"""What a request costs grows with what it asks for, and with nothing else: counted, not timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace as with_fields
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from msgspec.structs import replace
from typing_extensions import override

from mockwise.audit.audit_input import audit_input_of
from mockwise.common.digests import digest_of
from mockwise.errors import NotFoundError
from mockwise.faults.index import FaultIndex
from mockwise.faults.kinds import Delay, Fault, Pass, Request, Respond
from mockwise.faults.queue import FaultQueue
from mockwise.journal.journal import Exchange
from mockwise.state.clients import Client
from mockwise.state.connections import ConnectionTracker
from mockwise.state.options import SandboxOptions
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.stubs import Stubs
from mockwise.state.subscriptions import SubscriptionSpec
from mockwise.state.tokens import TokenState, TokenSubject, application
from mockwise.state.users import UserSpec
from mockwise.storage.memory import MemoryStore
from mockwise.storage.store import Kind
from tests.state.helpers import NOON, Entry, FakeClock

R = TypeVar("R")

MANY = 300
HOUR = timedelta(hours=1)


class CountingStore(MemoryStore):
    """Counts the records that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    @override
    def get(self, kind: Kind[R], sandbox: str, key: str) -> R | None:
        self.read += 1
        return super().get(kind, sandbox, key)

    @override
    def scan(self, kind: Kind[R], sandbox: str) -> Iterable[tuple[str, R]]:
        found = list(super().scan(kind, sandbox))
        self.read += len(found)
        return found

    @override
    def get_many(self, kind: Kind[R], sandbox: str, keys: Sequence[str]) -> list[R]:
        found = super().get_many(kind, sandbox, keys)
        self.read += len(found)
        return found

    @override
    def page(
        self, kind: Kind[R], sandbox: str, limit: int, before: str | None = None
    ) -> list[tuple[str, R]] | None:
        found = super().page(kind, sandbox, limit, before)
        self.read += len(found or ())
        return found


class ReadCounter:
    """A sandbox whose store counts the records that are read."""

    def __init__(self) -> None:
        self.store = CountingStore()
        self.registry = Registry(self.store, SandboxOptions(users=()), FakeClock())
        self.box: SandboxState = self.registry.default
        self.app: Client = self.registry.add_client(self.box, client_id="app")

    def of(self, work: Callable[[], object]) -> int:
        """How many records it reads."""
        before = self.store.read
        work()
        return self.store.read - before

    def link(self, n: int) -> RefreshGrant:
        """The link of a user of its own, with an access token."""
        user = self.box.users.add(UserSpec(email=f"u{n}@example.com", business="Shop"))
        profile = self.box.users.profiles_of(user.user_id)[1].profile_id
        self.registry.add_client(self.box, client_id=f"c{n}")
        link = self.box.links.add(
            RefreshGrant(
                digest=f"link-{n}",
                client_id=f"c{n}",
                user_id=user.user_id,
                profile_id=profile,
                by_registration=False,
                granted_at=NOON,
                expires_at=NOON + timedelta(days=1),
            )
        )
        token = self.box.tokens.issue(f"access {n}", link.subject, NOON, timedelta(hours=12))
        self.box.links.add_access_token(link, token.digest)
        self.box.tokens.issue(f"own {n}", TokenSubject(kind="personal", user_id=user.user_id), NOON, None)
        self.box.codes.issue("authorization", f"c{n}", user.user_id, profile)
        client = self.box.clients.get(f"c{n}")
        assert client is not None
        wanted = SubscriptionSpec(name="w", trigger_on="t", version="1", url="https://a.test")
        self.box.subscriptions.add(client, wanted)
        self.box.certificates.record(f"c{n}", f"{n:04x}", NOON, NOON + timedelta(days=1))
        return link


_WORK: dict[str, Callable[[ReadCounter, RefreshGrant], object]] = {
    "profiles of a user": lambda it, link: it.box.users.profiles_of(link.user_id),
    "subscriptions of a client": lambda it, link: it.box.subscriptions.of(_client(it, link)),
    "another certificate": lambda it, link: it.box.certificates.record(
        link.client_id, "ffff", NOON, NOON + timedelta(days=1)
    ),
    "another user": lambda it, _: it.box.users.add(UserSpec(email="new@example.com")),
    "another link": lambda it, link: it.box.links.add(link),
    "an address that nobody has": lambda it, _: it.box.users.had_address("nobody@example.com"),
    "another address": lambda it, link: it.box.user_events.change_email(link.user_id, "x@example.com"),
    "a deactivated user": lambda it, link: it.box.user_events.deactivate(link.user_id),
    "enhanced security": lambda it, link: it.box.user_events.enhance_security(link.user_id),
    "a disconnected app": lambda it, link: it.box.user_events.disconnect(link.user_id, link.client_id),
    "a leak": lambda it, link: it.box.user_events.suspect_leak(link.client_id),
    "a new owner": lambda it, link: it.box.user_events.transfer_ownership(
        link.profile_id or 0, it.box.users.all()[0].user_id
    ),
    "revoked tokens": lambda it, link: it.box.tokens.revoke_all(link.client_id),
}
_SCANS = {"a new owner": 1}  # that the line above itself makes: users, to have another one


def _client(counter: ReadCounter, link: RefreshGrant) -> Client:
    client = counter.box.clients.get(link.client_id)
    assert client is not None
    return client


@pytest.mark.parametrize("name", _WORK)
def test_what_happens_to_one_costs_the_same_among_many(name: str) -> None:
    """As many records are read beside three hundred others as beside two."""
    few, many = ReadCounter(), ReadCounter()
    for n in range(1, 3):
        few.link(n)
    for n in range(1, MANY):
        many.link(n)
    one, other = few.link(MANY), many.link(MANY)
    extra = (len(many.box.users.all()) - len(few.box.users.all())) * _SCANS.get(name, 0)
    assert many.of(lambda: _WORK[name](many, other)) == few.of(lambda: _WORK[name](few, one)) + extra


def _asked(client: str = "app", path: str = "/oauth/token") -> Request:
    return Request(
        host="mtls",
        method="POST",
        path=path,
        grant="client_credentials",
        client=client,
        kind=None,
        form={},
        headers={},
    )


@pytest.mark.parametrize(
    "other",
    [
        lambda n: Respond(503, client=f"c{n}"),
        lambda n: Respond(503, path=f"/v1/{n}"),
        lambda _: Respond(503, path="/v1/*"),
        lambda _: Respond(503, grant="refresh_token", times=7),
        lambda _: Delay(1, method="put"),
        lambda _: Delay(1, host="tls"),
    ],
)
def test_faults_for_others_cost_a_request_nothing(other: Callable[[int], Fault]) -> None:
    """However many are armed, a request reads and looks at those that may be for it."""
    counter = ReadCounter()
    fault_queue = counter.box.fault_queue
    for n in range(MANY):
        fault_queue.arm(other(n))
    fault_queue.arm(Respond(503, path="/oauth/*"))
    assert counter.of(lambda: fault_queue.take(_asked, NOON)) <= 2
    assert fault_queue.take(_asked, NOON) == {}


def test_spent_faults_cost_a_request_nothing() -> None:
    """Those in front that happened, or were disarmed, are passed over once."""
    counter = ReadCounter()
    fault_queue = counter.box.fault_queue
    for _ in range(MANY):
        fault_queue.arm(Respond(503))
    for _ in range(MANY - 1):
        assert counter.of(lambda: fault_queue.take(_asked, NOON)) <= 3
    fault_queue.disarm()
    fault_queue.arm(Delay(1))
    fault_queue.take(_asked, NOON)
    assert counter.of(lambda: fault_queue.take(_asked, NOON)) <= 2


def test_arming_costs_the_same_however_many_are_armed() -> None:
    """What is spent is looked for seldom, where there are many."""
    counter = ReadCounter()
    fault_queue = counter.box.fault_queue
    total = counter.of(lambda: [fault_queue.arm(Respond(503)) for _ in range(MANY)])
    assert total < 10 * MANY


def test_spent_faults_leave_nothing_behind() -> None:
    """Also where each asked for something else: the index stays as small as what is armed."""
    counter = ReadCounter()
    fault_queue = counter.box.fault_queue
    for n in range(MANY):
        fault_queue.arm(Respond(503, client=f"c{n}"))
        fault_queue.take(lambda n=n: _asked(f"c{n}"), NOON)  # type: ignore[misc]  # a lambda's default
        fault_queue.take(lambda n=n: _asked(f"c{n}"), NOON)  # type: ignore[misc]
    assert fault_queue._index._count <= 101


def test_faults_of_all_rows_happen_in_the_order_of_arming() -> None:
    """What they ask for does not put one before another; a pass keeps what is behind it, delays too, from happening."""
    counter = ReadCounter()
    fault_queue = counter.box.fault_queue
    kinds = [
        Respond(501, client="app"),
        Delay(1),
        Respond(502),
        Pass(path="/oauth/*"),
        Delay(2, method="post"),
        Respond(503, path="/oauth/token"),
        Respond(504, host="mtls", grant="client_credentials"),
    ]
    for kind in kinds:
        fault_queue.arm(kind)

    def happen() -> list[int]:
        return [it.number for it in fault_queue.take(_asked, NOON).values()]

    assert [happen() for _ in range(6)] == [[1, 2], [3, 5], [], [6], [7], []]


def test_a_fault_whose_time_is_over_is_there_again_when_the_clock_is_set_back() -> None:
    """Though a request that came in between has passed it over."""
    counter = ReadCounter()
    counter.box.fault_queue.arm(Respond(503, lasts=timedelta(minutes=1)))
    later = NOON + timedelta(minutes=2)
    assert len(counter.box.fault_queue.take(_asked, NOON)) == 1
    assert counter.box.fault_queue.take(_asked, later) == {}
    assert len(counter.box.fault_queue.take(_asked, NOON)) == 1


def test_mocks_that_share_a_state_see_each_others_faults() -> None:
    """One that another armed, took, gave back, disarmed or forgot is so for this one too, with the next request."""
    counter = ReadCounter()
    mine, theirs = (FaultQueue(counter.store, "default", counter.box.clock) for _ in range(2))
    assert mine.take(_asked, NOON) == {}
    theirs.arm(Respond(503))
    mine.arm(Respond(504))  # beside an index that does not know the first
    [taken] = mine.take(_asked, NOON).values()
    assert taken.number == 1
    theirs.untrigger(taken)
    assert [it.number for it in mine.take(_asked, NOON).values()] == [1]
    assert [it.number for it in theirs.take(_asked, NOON).values()] == [2]
    assert mine.take(_asked, NOON) == {}
    for _ in range(40):
        theirs.arm(Respond(500))
    assert len(mine.take(_asked, NOON)) == 1
    theirs.disarm()
    for _ in range(40):
        theirs.arm(Delay(1))
    assert [it.fault.name for it in mine.take(_asked, NOON).values()] == ["delay"]


def test_a_fault_given_back_keeps_its_place() -> None:
    """It comes before those that were armed after it."""
    counter = ReadCounter()
    index = FaultIndex(counter.box.fault_queue._records())
    first, second, third = (counter.box.fault_queue.arm(Respond(503)) for _ in range(3))
    loads = {it.number: it for it in counter.box.fault_queue._records()}
    index.put(loads[second.number])
    index.put(loads[first.number])
    index.remove(first.number)
    index.update(loads[first.number])  # which is not there
    index.put(loads[first.number])
    assert [it.number for it in index.candidates("other", _asked())] == [1, 2]
    index.put(loads[third.number])
    index.remove(second.number)
    assert [it.number for it in index.candidates("other", _asked())] == [1, 3]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/v1/*/x", "/v1/a/x", True),
        ("/v1/*/x", "/v1/a/y", False),
        ("/v?/x", "/v1/x", True),
        ("/v[12]/x", "/v3/x", False),
        ("*", "/v1", True),
        ("/v1", "/2026Q3/v1", True),
        ("/v1", "/v12", False),
    ],
)
def test_a_path_with_wildcards_is_found(pattern: str, path: str, fits: bool) -> None:
    """As the fault itself judges."""
    counter = ReadCounter()
    counter.box.fault_queue.arm(Respond(503, path=pattern))
    assert (counter.box.fault_queue.take(lambda: _asked(path=path), NOON) != {}) == fits


def test_stubs_for_other_paths_cost_a_call_nothing() -> None:
    """Their list is read when it changed, and not for each call; changes by this mock are not even then."""
    counter = ReadCounter()
    stubs = counter.box.stubs
    assert counter.of(lambda: stubs.find("GET", "/v1/x")) == 1
    for n in range(MANY):
        stubs.add("GET", f"/v1/things/{n}")
        assert counter.of(lambda: stubs.find("GET", "/v1/things/0")) == 1
    stubs.remove("GET", "/v1/things/0")
    assert counter.of(lambda: stubs.find("GET", "/v1/things/0")) == 1
    assert stubs.find("GET", "/v1/things/0") is None
    stubs.clear()
    assert stubs.find("GET", "/v1/things/1") is None


def test_mocks_that_share_a_state_see_each_others_stubs() -> None:
    """What another laid down or took back counts with the next call, also where this one changed something meanwhile."""
    counter = ReadCounter()
    mine, theirs = (Stubs(counter.store, "default") for _ in range(2))
    theirs.add("GET", "/v1/a")
    mine.add("GET", "/v1/b")
    assert mine.find("GET", "/v1/a")
    assert mine.find("GET", "/v1/b")
    assert theirs.find("GET", "/v1/b")
    theirs.remove("GET", "/v1/a")
    assert mine.find("GET", "/v1/a") is None


def test_what_is_forgotten_leaves_no_entry_behind() -> None:
    """Entries by user, client and profile go with the link or code; that of a link in the place of an older one stays."""
    counter = ReadCounter()
    older, newer = counter.link(1), replace(counter.link(2), digest="newer")
    newer = counter.box.links.add(
        replace(newer, user_id=older.user_id, client_id="c1", profile_id=older.profile_id)
    )
    links = counter.box.links
    assert [it.digest for it in links.of("client_id", "c1")] == ["link-1", "newer"]
    links._forget(older)
    assert [it.digest for it in links.of("client_id", "c1")] == ["newer"]
    kinds = set(counter.store._records["default"])
    links._forget(newer)
    assert {
        it for it in kinds - set(counter.store._records["default"]) if it.startswith("refresh-grant-by")
    } == {
        "refresh-grant-by-client_id c1",
        f"refresh-grant-by-user_id {older.user_id}",
        f"refresh-grant-by-profile_id {older.profile_id}",
    }


def test_a_business_that_is_handed_to_its_owner_stays_theirs() -> None:
    """It is one of their profiles as before."""
    counter = ReadCounter()
    link = counter.link(1)
    owner = counter.box.users.require(link.user_id)
    counter.box.users.hand_over(link.profile_id or 0, owner)
    assert link.profile_id in [it.profile_id for it in counter.box.users.profiles_of(owner.user_id)]


def test_a_message_names_some_of_very_many() -> None:
    """Who mistypes a name is not sent ten thousand others."""
    counter = ReadCounter()
    for n in range(MANY):
        counter.box.users.add(UserSpec(email=f"u{n}@example.com"))
    with pytest.raises(NotFoundError, match=r"u0@example.com.* and more$") as caught:
        counter.box.users.require("nobody@example.com")
    assert len(str(caught.value)) < 1000


def test_whether_there_is_a_sandbox_is_known_without_looking_at_the_others() -> None:
    """As each sandbox that closes asks."""
    counter = ReadCounter()
    for n in range(MANY):
        counter.registry.add(f"box {n}", SandboxOptions(users=()))
    counter.store.read = 0
    assert counter.registry.has("box 0")
    assert not counter.registry.has("elsewhere")
    assert counter.store.read <= 2


class _Open:
    """A connection that counts how often it is asked whether it is open."""

    asked = 0

    def __init__(self, name: str) -> None:
        self.id = name

    @property
    def is_open(self) -> bool:
        """It always is."""
        _Open.asked += 1
        return True


def test_a_connection_that_names_many_clients_costs_each_request_the_same() -> None:
    """Who has left is looked for seldom, where many are here; and memory stays flat."""
    connections, connection = ConnectionTracker(), _Open("c1")
    for n in range(5000):
        assert connections.count_open(f"client {n}", connection) == 1
    assert _Open.asked < 3 * 5000
    for n in range(40_000):
        connections.count_open(f"client {n}", connection)
    assert len(connections._known) <= 20_000
    assert connections.count_open("client 39999", _Open("c2")) == 2


def test_a_sweep_reads_a_few_records_at_a_time() -> None:
    """When it begins, too: whoever asks for a token at that moment waits for two others, not for all of them."""
    counter = ReadCounter()
    for n in range(MANY):
        counter.link(n)
    counter.box.clock.advance(timedelta(days=2))
    now = counter.box.clock.now()
    issue = counter.box.tokens.issue
    for n in range(MANY):
        taken = counter.of(lambda n=n: issue(f"new {n}", TokenSubject(kind="personal", user_id=1), now, None))  # type: ignore[misc]  # mypy infers no lambda with a default
        assert taken <= 20
    assert counter.box.tokens.get(digest_of("access 0")) is None


def test_a_reset_reads_no_token() -> None:
    """It forgets where each was issued, by its digest alone."""
    few, many = ReadCounter(), ReadCounter()
    for n in range(MANY):
        many.box.tokens.issue(f"t{n}", TokenSubject(kind="personal", user_id=1), NOON, None)
    assert many.of(lambda: many.registry.reset("default")) == few.of(lambda: few.registry.reset("default"))


class _Mention(Entry):
    """A call of the client c0 with its user's token."""

    @override
    def exchange(self) -> Exchange:
        return with_fields(super().exchange(), token=digest_of("access 0"), client_id="c0", link="link-0")


def test_an_audit_reads_the_tokens_that_the_journal_mentions() -> None:
    """And the newest hundred, which its picture shows; the others are counted."""
    few, many = ReadCounter(), ReadCounter()
    for counter, tokens in ((few, 150), (many, 150 + MANY)):
        for n in range(tokens):
            counter.link(n) if n < 3 else counter.box.tokens.issue(
                f"t{n}", application("app"), NOON, 9 * HOUR
            )
        counter.box.journal.write(_Mention(1))
    assert many.of(lambda: audit_input_of(many.box)) == few.of(lambda: audit_input_of(few.box)) < 120
    record = audit_input_of(many.box)
    assert record.token_count == 150 + MANY + 3  # personal ones of the three users
    assert {digest_of("access 0"), digest_of(f"t{149 + MANY}")} < set(record.lives)
    assert (set(record.links), set(record.clients)) == ({"link-0"}, {"c0"})


def test_counts_by_state_read_each_client_once() -> None:
    """However many tokens it has; and they follow the clock."""
    counter = ReadCounter()
    for n in range(MANY):
        counter.box.tokens.issue(f"t{n}", application("app"), counter.box.clock.now(), (1 + n % 2) * HOUR)
    tokens = counter.box.tokens

    def states() -> Counter[TokenState]:
        return Counter(it.state for it in tokens.statuses(tokens.all()))

    assert counter.of(states) <= MANY + 3
    assert states() == {TokenState.LIVE: MANY}
    counter.box.clock.advance(HOUR * 1.5)
    assert states() == {TokenState.LIVE: MANY // 2, TokenState.EXPIRED: MANY // 2}
    tokens.revoke_all("app")
    assert states() == {TokenState.REVOKED: MANY // 2, TokenState.EXPIRED: MANY // 2}
    assert states() == Counter(tokens.status_of(it).state for it in tokens.all())


def test_a_page_of_a_list_reads_that_page() -> None:
    """However long the list is; and its length is known without reading it."""
    counter = ReadCounter()
    for n in range(MANY):
        counter.link(n)
    pages = counter.box.pages
    for records in (pages.certificates, pages.clients, pages.links, pages.tokens, pages.users):
        assert counter.of(lambda records=records: records.newest(7)) == 7  # type: ignore[misc]  # mypy infers no lambda with a default
        assert counter.of(records.count) == 0
    assert pages.tokens.count() == 2 * MANY
    assert [it.client_id for it in pages.clients.newest(2, "c9") or ()] == ["c7", "c8"]
    assert pages.users.newest(2, "nobody") is None


def test_a_users_grants_are_as_long_as_the_tokens_that_are_remembered() -> None:
    """A grant that another one replaced hands its access tokens on; those that are forgotten leave the list."""
    counter = ReadCounter()
    first = counter.link(1)
    links, tokens, clock = counter.box.links, counter.box.tokens, counter.box.clock
    for n in range(MANY):
        clock.advance(HOUR)
        grant = links.add(newer(first, f"again-{n}", clock.now()))
        links.add_access_token(grant, tokens.issue(f"new {n}", grant.subject, clock.now(), HOUR).digest)
    kept = links.get(f"again-{MANY - 1}")
    assert kept is not None
    assert len(kept.access) < 130
    assert digest_of(f"new {MANY - 1}") in kept.access
    assert sum(len(it.access) for it in links.all()) == len(kept.access)
    links.refresh(kept, "fresh")
    last = tokens.get(digest_of(f"new {MANY - 1}"))
    assert last is not None
    assert tokens.status_of(last).state is TokenState.REVOKED


def newer(grant: RefreshGrant, digest: str, now: datetime) -> RefreshGrant:
    """A newer grant for the same."""
    return replace(grant, digest=digest, access=(), granted_at=now, expires_at=now + timedelta(days=999))
