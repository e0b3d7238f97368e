"""What people and peers write is read, or refused as what it is: a value or `InvalidValueError`, never another exception."""

from __future__ import annotations

import shlex
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from hypothesis import assume, example, given
from hypothesis import strategies as st

from mockwise.common.durations import parse_duration, parse_lifetime, spell
from mockwise.common.header_fields import check_header
from mockwise.common.rate_limit import parse_rate_limit
from mockwise.common.urls import check_redirect_uri
from mockwise.errors import InvalidValueError
from mockwise.faults.declaration import describe
from mockwise.faults.kinds import FAULTS, Fault
from mockwise.faults.syntax import read_words, spell_words
from mockwise.journal.query import make_query
from mockwise.oauth.credentials import BasicCredentials, read_authorization
from mockwise.state.clients import check_client_id, check_secret
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.state.stubs import Stubs, make_stub
from mockwise.storage.memory import MemoryStore
from tests.properties.settings import effort
from tests.state.helpers import NOON, OpenStore

T = TypeVar("T")

MANY = effort(150)
SECOND = timedelta(seconds=1)
any_text = st.text(st.characters(codec=None), max_size=40)
"""Lone surrogates and control characters included."""
utf8_text = st.text(max_size=40)
units = st.sampled_from(["w", "d", "h", "m", "s", "ms", "PT", "P", "T", "D", "H", "M", "S", ".", "-", " "])
digits = st.integers(0, 10**30).map(str) | st.sampled_from(["0", "1", "\u0663", "\u00b2", "1e9", "9" * 400])


def woven(*strategies: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Text that is nearly right."""
    return st.lists(st.one_of(*strategies), max_size=8).map("".join) | any_text


def is_taken(reader: Callable[[], object]) -> bool:
    """Whether a reader takes it; anything but a `InvalidValueError` is a mistake of the reader."""
    try:
        reader()
    except InvalidValueError:
        return False
    return True


# Lengths of time.


@MANY
@given(woven(digits, units))
@example("9" * 400 + "h")
@example("\u0663h")
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    """A duration is never negative, and a lifetime is one second to a hundred years (common.durations)."""
    if is_taken(lambda: parse_duration(text)):
        assert timedelta() <= parse_duration(text)
    if is_taken(lambda: parse_lifetime(text)):
        assert SECOND <= parse_lifetime(text) <= timedelta(days=36500)


@MANY
@given(st.integers(0, 36500 * 86400))
def test_a_spelt_duration_is_read_back(seconds: int) -> None:
    """What messages and lists show can be typed in again (common.durations)."""
    assert parse_duration(spell(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@MANY
@given(st.dictionaries(st.sampled_from("wdhms"), st.integers(0, 5000), min_size=1))
def test_short_and_iso_say_the_same(counts: dict[str, int]) -> None:
    """`1d2h` is `P1DT2H` (ISO 8601), and is the sum of its parts."""
    days, times = ["w", "d"], ["h", "m", "s"]
    short = "".join(f"{counts[unit]}{unit}" for unit in [*days, *times] if unit in counts)
    date = "".join(f"{counts[unit]}{unit}" for unit in days if unit in counts)
    time = "".join(f"{counts[unit]}{unit}" for unit in times if unit in counts)
    iso = f"P{date}{time and 'T' + time}".upper()
    sizes = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
    assert (
        parse_duration(short)
        == parse_duration(iso)
        == timedelta(seconds=sum(sizes[unit] * count for unit, count in counts.items()))
    )


# Rate limits.

figures = st.integers(1, 999_999_999)


@MANY
@given(woven(digits, st.sampled_from(["/s", "/min", ",", " ", "off", "documented"])))
def test_any_text_is_a_rate_limit_or_refused(text: str) -> None:
    """And what is taken is shown so that it can be typed in again (state.limits)."""
    if is_taken(lambda: parse_rate_limit(text)):
        limit = parse_rate_limit(text)
        assert parse_rate_limit(str(limit)) == limit


@MANY
@given(figures, figures)
def test_figures_are_read_as_they_are(second: int, minute: int) -> None:
    """So many in a second, so many in a minute (state.limits)."""
    both = parse_rate_limit(f"{second}/s,{minute}/min")
    assert (both.client.per_second, both.client.per_minute) == (second, minute)
    assert parse_rate_limit(str(both)) == both
    assert parse_rate_limit(f"{minute}/min").client.per_second is None


# Faults in words.

scalars = st.one_of(
    st.booleans(), st.integers(-(10**6), 10**6), utf8_text.filter(lambda it: "," not in it), st.none()
)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(utf8_text, inner, max_size=3)
)
FREE = [("respond", "json"), ("respond", "headers"), ("spoil-token", "expires_in"), ("spoil-token", "extra")]


@MANY
@given(st.sampled_from([kind.name for kind in FAULTS]), st.lists(any_text, max_size=4))
def test_any_words_are_a_table_or_refused(name: str, words: list[str]) -> None:
    """Each word says one thing once (faults.syntax)."""
    if is_taken(lambda: read_words(name, words)):
        table = read_words(name, words)
        assert len(table) == len(words) + 1
        assert all("=" in word for word in words)


@MANY
@given(st.sampled_from(FREE), json_values)
def test_what_may_be_anything_is_read_back_as_it_was(place: tuple[str, str], value: object) -> None:
    """Words that are shown say what was meant, its type included (faults.syntax)."""
    name, field = place
    line = shlex.split(spell_words({"fault": name, field: value}))
    assert read_words(line[0], line[1:]) == {"fault": name, field: value}


@MANY
@given(st.sampled_from(FAULTS), st.data())
def test_shown_words_can_be_pasted(kind: type[Fault], data: st.DataObject) -> None:
    """Text comes back as it was, whatever a shell would make of it (faults.syntax)."""
    known = [it.name for it in describe(kind) if it.is_own and it.form != "json"]
    assume(known)
    text = data.draw(utf8_text.filter(lambda it: "\x00" not in it))
    table = {"fault": kind.name, data.draw(st.sampled_from(known)): text}
    line = shlex.split(spell_words(table))
    assert read_words(line[0], line[1:]) == table


# Header fields, redirect URIs, stubs, filters, names.


@MANY
@given(any_text, any_text)
def test_a_header_field_that_is_let_through_can_be_sent(name: str, value: str) -> None:
    """No line breaks, nothing but ASCII, none of the connection's own (RFC 9110 section 5)."""
    if is_taken(lambda: check_header(name, value)):
        line = f"{name}: {value}".encode("ascii")
        assert not set(line) & {0, 10, 13}
        assert name
        assert name.lower() not in {"content-length", "transfer-encoding", "connection"}
        assert value == value.strip()


@MANY
@given(
    woven(st.sampled_from(["http", "https", "://", "[", "]", ":", "@", "/", "?", "#", "a.test", "::1", "%"]))
)
@example("http://[v1.x]")
def test_any_text_is_a_redirect_uri_or_refused(text: str) -> None:
    """One that is taken can stand in a `Location` (RFC 6749 section 3.1.2)."""
    if is_taken(lambda: check_redirect_uri(text)):
        assert text.lower().startswith(("http://", "https://"))
        assert text.encode("ascii").isascii()
        assert not set(text) & set("# \r\n")


segments = st.sampled_from(["/", "{id}", "{", "}", "v1", "2026Q3", "oauth", "%2F", "?", "#", ".", "\u00fc"])


@MANY
@given(st.sampled_from(["GET", "post", "", "G T"]), woven(segments))
def test_any_path_is_a_stubs_or_refused(method: str, path: str) -> None:
    """A written-out path that is taken is answered by its stub; no stub is in the way of `/oauth` (state.stubs)."""
    if is_taken(lambda: make_stub(method, path)):
        stubs = Stubs(MemoryStore(), "default")
        stub = stubs.put(make_stub(method, path))
        if stub.literal and "{quarter}" not in stub.path:
            assert stubs.find(method.upper(), path) == stub
        assert stubs.find(method.upper(), "/oauth/token") is None
        assert stubs.find(method.upper(), "/2026Q3/oauth/token") is None


@MANY
@given(
    st.dictionaries(
        st.sampled_from(
            ["method", "path", "status", "client", "grant", "token", "host", "fault", "since", "x"]
        ),
        woven(digits, st.sampled_from(["4xx", "401", "2026-07-01T12:00:00Z", "*"])),
    )
)
@example({"since": "\u00b2"})
@example({"since": "9" * 5000})
def test_any_filters_are_a_question_or_refused(filters: dict[str, str]) -> None:
    """Any filters make a query, or are refused with an error of our own."""
    is_taken(lambda: make_query(filters))


@MANY
@given(any_text, st.sampled_from([check_client_id, check_secret]))
def test_an_id_or_secret_that_is_taken_fits_into_basic(text: str, check: Callable[[str], str]) -> None:
    """And comes out of it again, in UTF-8 (RFC 7617 section 2)."""
    if is_taken(lambda: check(text)):
        header = "Basic " + b64encode(f"id:{text}".encode()).decode()
        assert read_authorization((header,)) == BasicCredentials("id", text)
        if check is check_client_id:
            assert 1 <= len(text) <= 64
            header = "Basic " + b64encode(f"{text}:secret".encode()).decode()
            assert read_authorization((header,)) == BasicCredentials(text, "secret")


@MANY
@given(any_text)
def test_any_text_names_a_sandbox_or_is_refused(name: str) -> None:
    """A name can stand in a URL's path (Registry.add)."""
    registry = Registry(OpenStore(), SandboxOptions(), lambda: NOON)
    assume(name != "default")
    if is_taken(lambda: registry.add(name, SandboxOptions())):
        assert registry.names() == ["default", name]
        assert name.isascii()
        assert "/" not in name
