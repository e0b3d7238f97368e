"""What every store keeps: a new one joins `STORES` and passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockwise.common.clock import CLOCKS, ClockSetting
from mockwise.common.rate_limit import Limit, RateLimit
from mockwise.faults.kinds import Delay, Drop, Pass, Respond, RevokeToken, SpoilToken
from mockwise.faults.queue import FAULT_RECORDS, FaultRecord
from mockwise.state.certificates import CERTIFICATES, IssuedCertificate
from mockwise.state.clients import CLIENTS, Client, ClientSecret, Watermark
from mockwise.state.codes import CODES, Code
from mockwise.state.directory import SANDBOXES, OwnClient, SandboxEntry
from mockwise.state.limits import WINDOWS, Window
from mockwise.state.options import SandboxOptions
from mockwise.state.refresh_grants import REFRESH_GRANTS, RefreshGrant
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.stubs import STUBS, make_stub
from mockwise.state.subscriptions import SUBSCRIPTIONS, Subscription, SubscriptionSpec
from mockwise.state.tokens import (
    NEVER,
    REUSABLE_TOKENS,
    TOKENS,
    IssuedToken,
    ReusableToken,
    TokenSubject,
    application,
)
from mockwise.state.users import PROFILES, USERS, Profile, Registration, User, UserSpec
from mockwise.storage.memory import MemoryStore
from mockwise.storage.redis import RedisStore
from mockwise.storage.sqlite import SqliteStore
from mockwise.storage.store import Kind, Record, Store, change
from tests.state.helpers import together

STORES = ("memory", "sqlite", "redis")


class Note(Record, frozen=True):
    """A record as simple as can be."""

    text: str
    count: int = 0


NOTES = Kind("note", Note)
WORDS = Kind("word", str)

TIME = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
HOLDER = TokenSubject(kind="user", client_id="app", user_id=1, profile_id=3, link="ae" * 16)
MARK = Watermark(7, TIME)
SECRETS = (ClientSecret("s\u00e9cret", TIME), ClientSecret("old"))
RECORDS: list[tuple[Kind[Any], Any]] = [
    (WORDS, "a plain string"),
    (CLOCKS, ClockSetting(timedelta(days=-3, microseconds=1), TIME)),
    (CLIENTS, Client(client_id="app", client_key="key", secrets=(), mtls="optional")),
    (
        CLIENTS,
        Client(
            client_id="app",
            client_key="key",
            secrets=SECRETS,
            mtls="required",
            token_lifetime=timedelta(seconds=90),
            revoked_at=TIME,
            tokens_revoked=(MARK, MARK),
            tokens_expired=(MARK,),
            redirect_uris=("https://a.example/?b=c",),
        ),
    ),
    (CERTIFICATES, IssuedCertificate("app", "0a1b", TIME, TIME, "one")),
    (TOKENS, IssuedToken("ab" * 16, 1, application("app"), TIME, TIME + timedelta(hours=12))),
    (TOKENS, IssuedToken("ac" * 16, 2, HOLDER, TIME, NEVER, TIME, RevocationCause.EMAIL_CHANGED)),
    (REUSABLE_TOKENS, ReusableToken("text", "ab" * 16)),
    (
        USERS,
        User(
            user_id=1,
            email="ma@wise.test",
            created_at=TIME,
            registration=Registration("app", "ad" * 16, "ma@wise.test"),
            former_emails=("m@wise.test",),
        ),
    ),
    (
        PROFILES,
        Profile(profile_id=3, public_id="p", user_id=1, type="BUSINESS", name="Ma's", created_at=TIME),
    ),
    (
        REFRESH_GRANTS,
        RefreshGrant(
            digest="ae" * 16,
            client_id="app",
            user_id=1,
            profile_id=3,
            by_registration=False,
            granted_at=TIME,
            expires_at=TIME,
            access=("ac" * 16,),
            ended_at=TIME,
            ended_by=RevocationCause.DISCONNECTED,
        ),
    ),
    (
        CODES,
        Code(
            digest="af" * 16,
            purpose="authorization",
            client_id="app",
            user_id=1,
            profile_id=3,
            redirect_uri="https://a.example/",
            issued_at=TIME,
            expires_at=TIME,
            used_at=TIME,
        ),
    ),
    (WINDOWS, Window(1, 2)),
    (STUBS, make_stub("GET", "/v1/a", body=b"\x00\xff", headers={"x-a": "b"})),
    (
        SUBSCRIPTIONS,
        Subscription(
            subscription_id="s",
            client_id="app",
            client_key="key",
            wanted=SubscriptionSpec(
                name="n", trigger_on="t", version="1", url="https://a.example/", mtls_enabled=True
            ),
            created_at=TIME,
        ),
    ),
    (
        FAULT_RECORDS,
        FaultRecord(
            1, Respond(503, json={"a": [1, None]}, lasts=timedelta(seconds=3)), TIME, 2, 3, disarmed=True
        ),
    ),
    (FAULT_RECORDS, FaultRecord(2, SpoilToken(without=("scope",), extra={"a": 1.5}), TIME)),
    (FAULT_RECORDS, FaultRecord(3, RevokeToken(after=timedelta(microseconds=1)), TIME)),
    (FAULT_RECORDS, FaultRecord(4, Pass(times=2), TIME)),
    (
        SANDBOXES,
        SandboxEntry(
            mark="m",
            options=SandboxOptions(
                faults=(Delay(0.5, sigma=1.0), Drop()),
                stubs=(make_stub("GET", "/v1/a", json=[]),),
                users=(UserSpec(email="ma@wise.test"),),
                rate_limit=RateLimit(Limit(1, None), Limit()),
                mtls="optional",
            ),
            own=OwnClient("app", "s\u00e9cret"),
        ),
    ),
]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each make."""
    made: Store
    match request.param:
        case "memory":
            made = MemoryStore()
        case "sqlite":
            made = SqliteStore(tmp_path / "state.db")
        case _:
            made = RedisStore(request.getfixturevalue("empty_redis").url)
    yield made
    made.close()
    made.close()


@pytest.mark.parametrize(("kind", "record"), RECORDS, ids=[kind.name for kind, _ in RECORDS])
def test_every_kind_comes_back_equal(store: Store, kind: Kind[Any], record: Any) -> None:
    """What is read equals what was written, for each kind of record there is (storage.store)."""
    store.put(kind, "box", "k", record)
    back = store.get(kind, "box", "k")
    assert back == record
    assert type(back) is type(record)
    assert store.replace(kind, "box", "k", back, record)


def test_nothing_is_none(store: Store) -> None:
    """A record that is not there is None, and scanning an empty kind finds nothing (Store.get, Store.scan)."""
    assert store.get(NOTES, "box", "k") is None
    assert list(store.scan(NOTES, "box")) == []


def test_put_overwrites(store: Store) -> None:
    """Putting writes whatever was there (Store.put)."""
    store.put(NOTES, "box", "k", Note("old"))
    store.put(NOTES, "box", "k", Note("new"))
    assert store.get(NOTES, "box", "k") == Note("new")


def test_delete_removes_one_and_forgives_none(store: Store) -> None:
    """Deleting removes that record only, and a second time changes nothing (Store.delete)."""
    store.put(NOTES, "box", "k", Note("gone"))
    store.put(NOTES, "box", "l", Note("stays"))
    store.delete(NOTES, "box", "k")
    store.delete(NOTES, "box", "k")
    assert list(store.scan(NOTES, "box")) == [("l", Note("stays"))]


def test_records_are_apart_by_sandbox_kind_and_key(store: Store) -> None:
    """A record is found by sandbox, kind and id, all three (storage.store)."""
    store.put(NOTES, "box", "k", Note("here"))
    store.put(WORDS, "box", "k", "word")
    assert store.get(NOTES, "box", "k") == Note("here")
    assert store.get(NOTES, "other", "k") is None
    assert store.get(NOTES, "box", "K") is None


@pytest.mark.parametrize(
    "key", ["", "a/b", "a:b", "a%b_c", "a b", "'; --", "\u00fc\u4e2d\U0001f600", "x" * 500]
)
def test_any_text_is_a_key(store: Store, key: str) -> None:
    """Keys and sandbox names are plain text without a meaning of their own (Store)."""
    store.put(NOTES, key, key, Note("found"))
    assert list(store.scan(NOTES, key)) == [(key, Note("found"))]
    assert store.get(NOTES, key, key + "?") is None
    store.drop(key)
    assert store.get(NOTES, key, key) is None


def test_what_a_peer_sends_may_be_a_key(store: Store) -> None:
    """Also half a surrogate pair, which UTF-8 cannot carry (Store)."""
    store.put(NOTES, "box", "a\ud800", Note("found"))
    assert list(store.scan(NOTES, "box")) == [("a\ud800", Note("found"))]
    store.delete(NOTES, "box", "a\ud800")
    assert store.get(NOTES, "box", "a\ud800") is None


def test_scan_is_oldest_first_and_a_change_keeps_the_place(store: Store) -> None:
    """Scanning gives the order of arrival, which changing a record does not touch (Store.scan)."""
    for key in ("c", "a", "b"):
        store.put(NOTES, "box", key, Note(key))
    store.put(NOTES, "box", "c", Note("c2"))
    store.replace(NOTES, "box", "a", Note("a"), Note("a2"))
    assert [note.text for _, note in store.scan(NOTES, "box")] == ["c2", "a2", "b"]
    store.delete(NOTES, "box", "c")
    store.put(NOTES, "box", "c", Note("c3"))
    assert [key for key, _ in store.scan(NOTES, "box")] == ["a", "b", "c"]


def test_keys_are_those_of_all_records(store: Store) -> None:
    """Of one kind in one sandbox, whatever a peer sent in them; none where there is nothing."""
    for key in ("a", "b", "\udcff"):
        store.put(WORDS, "box", key, "x")
    store.put(WORDS, "other", "c", "x")
    store.delete(WORDS, "box", "b")
    assert set(store.keys(WORDS, "box")) == {"a", "\udcff"}
    assert store.keys(WORDS, "nowhere") == []


def test_a_page_is_the_newest_records_in_the_order_of_a_scan(store: Store) -> None:
    """At most so many, and of those in front of a record if one is named; a change keeps a record's place (Store)."""
    for text in ("9", "10", "b", "a", "gone", "\ud800"):
        store.put(WORDS, "box", text, text)
    store.put(NOTES, "box", "z", Note("other kind"))
    store.put(WORDS, "other box", "y", "y")
    store.delete(WORDS, "box", "gone")
    store.put(WORDS, "box", "10", "changed")
    whole = list(store.scan(WORDS, "box"))
    assert [key for key, _ in whole] == ["9", "10", "b", "a", "\ud800"]
    for limit in (0, 1, 2, 5, 9):
        assert store.page(WORDS, "box", limit) == whole[max(5 - limit, 0) :]
        for place, (key, _) in enumerate(whole):
            assert store.page(WORDS, "box", limit, key) == whole[max(place - limit, 0) : place]
    assert store.page(WORDS, "box", 2, "gone") is None
    assert store.page(WORDS, "box", 2, "z") is None
    assert store.page(WORDS, "no box", 2) == []
    store.put(WORDS, "box", "gone", "again")
    assert store.page(WORDS, "box", 1) == [("gone", "again")]
    store.drop("box")
    assert store.page(WORDS, "box", 3) == []


def test_many_records_are_read_at_once(store: Store) -> None:
    """In the order of the keys, without those that are not there (Store)."""
    keys = [f"{n}" for n in range(1100)]
    for key in keys[::2]:
        store.put(WORDS, "box", key, f"record {key}")
    assert store.get_many(WORDS, "box", keys[::-1]) == [f"record {key}" for key in keys[::2][::-1]]
    assert store.get_many(WORDS, "box", []) == []
    assert store.get_many(WORDS, "other box", ["1", "2"]) == []


def test_records_are_counted(store: Store) -> None:
    """Those of one kind in one sandbox, as they are now (Store)."""
    assert store.count(WORDS, "box") == 0
    for text in ("a", "b", "a"):
        store.put(WORDS, "box", text, text)
    store.put(NOTES, "box", "c", Note("other kind"))
    assert store.count(WORDS, "box") == 2
    store.delete(WORDS, "box", "a")
    assert store.count(WORDS, "box") == 1


def test_scan_shows_one_moment(store: Store) -> None:
    """What happens while a scan is read does not disturb it (Store.scan)."""
    for key in "abc":
        store.put(NOTES, "box", key, Note(key))
    seen = []
    for key, _ in store.scan(NOTES, "box"):
        seen.append(key)
        store.delete(NOTES, "box", key)
        store.put(NOTES, "box", key * 2, Note("later"))
    assert seen == ["a", "b", "c"]


def test_replace_asks_for_what_is_there(store: Store) -> None:
    """Replacing succeeds only over the expected record, and otherwise leaves all as it was (Store.replace)."""
    assert not store.replace(NOTES, "box", "k", Note("never written"), Note("x"))
    assert store.get(NOTES, "box", "k") is None
    assert store.replace(NOTES, "box", "k", None, Note("first"))
    assert not store.replace(NOTES, "box", "k", None, Note("second"))
    assert not store.replace(NOTES, "box", "k", Note("other"), Note("third"))
    assert store.get(NOTES, "box", "k") == Note("first")


def test_replace_compares_values(store: Store) -> None:
    """An equal record is as good as the same one, so that a store may live elsewhere (storage.store)."""
    first, again = Note("same", 1), Note("same", 1)
    assert first is not again
    store.put(NOTES, "box", "k", first)
    assert store.replace(NOTES, "box", "k", again, Note("new"))


def test_what_happens_once_happens_once(store: Store) -> None:
    """Of many threads that take one name, exactly one gets it (storage.store)."""
    won = together(16, lambda n: store.replace(NOTES, "box", "name", None, Note("mine", n)))
    assert won.count(True) == 1
    assert store.get(NOTES, "box", "name") == Note("mine", won.index(True))


def test_no_change_is_lost_between_threads(store: Store) -> None:
    """Changes from many threads all count, however they meet (change)."""
    store.put(NOTES, "box", "k", Note("tally"))

    def push(_: int) -> None:
        for _step in range(50):
            change(store, NOTES, "box", "k", lambda note: replace(note, count=note.count + 1))

    together(8, push)
    assert store.get(NOTES, "box", "k") == Note("tally", 400)


def test_a_change_is_tried_again_on_what_came_between(store: Store) -> None:
    """Who changes a record that changed meanwhile starts again from the newer one (change)."""
    store.put(NOTES, "box", "k", Note("old"))

    def louder(note: Note) -> Note:
        if note.text == "old":
            store.put(NOTES, "box", "k", Note("newer"))
        return replace(note, text=f"{note.text}!")

    assert change(store, NOTES, "box", "k", louder) == Note("newer!")


def test_nothing_to_change_is_none(store: Store) -> None:
    """Changing a record that is not there, or that vanishes meanwhile, writes nothing (change)."""
    assert change(store, NOTES, "box", "k", lambda note: note) is None
    store.put(NOTES, "box", "k", Note("old"))

    def vanishing(note: Note) -> Note:
        store.delete(NOTES, "box", "k")
        return replace(note, count=1)

    assert change(store, NOTES, "box", "k", vanishing) is None
    assert store.get(NOTES, "box", "k") is None


def test_counters_start_at_zero_and_are_apart(store: Store) -> None:
    """A counter adds what it is told, by sandbox and name (Store.increment)."""
    assert store.increment("box", "a", 0) == 0
    assert [store.increment("box", "a") for _ in range(3)] == [1, 2, 3]
    assert store.increment("box", "a", 40) == 43
    assert store.increment("box", "a", -3) == 40
    assert store.increment("box", "b") == 1
    assert store.increment("other", "a") == 1


def test_no_count_is_given_twice(store: Store) -> None:
    """Threads that count at once get every number once (Store.increment)."""
    given = together(8, lambda _: [store.increment("box", "a") for _ in range(100)])
    assert sorted(number for numbers in given for number in numbers) == list(range(1, 801))


def test_drop_forgets_one_sandbox(store: Store) -> None:
    """Dropping forgets records and counters of that sandbox, and of no other; twice is once (Store.drop)."""
    for sandbox in ("box", "other"):
        store.put(NOTES, sandbox, "k", Note("x"))
        store.put(WORDS, sandbox, "k", "x")
        store.increment(sandbox, "a")
    store.drop("box")
    store.drop("box")
    assert [list(store.scan(NOTES, "box")), list(store.scan(WORDS, "box"))] == [[], []]
    assert store.increment("box", "a", 0) == 0
    assert store.get(NOTES, "other", "k") == Note("x")
    assert store.increment("other", "a", 0) == 1
