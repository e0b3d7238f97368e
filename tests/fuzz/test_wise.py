"""Whatever a peer sends to Wise's two hosts, the mock answers it: no failure, nothing that was not armed.

501 with its explanation is the honest answer to what is not modelled; 500, 502, 503 and 504 are armed or
they are mistakes. Requests go into the app as ASGI. `MOCKWISE_EXAMPLES=20 pytest tests/fuzz` tries harder, see
`tests/properties/settings.py`.
"""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockwise.web.wise.catalogue import operations
from tests.fuzz.wise import FuzzRequest, FuzzTarget, judge
from tests.properties.settings import effort
from tests.web.wise_app import ID, SECRET

OPERATIONS = list(operations())
MODELLED = ("/users", "/profiles", "/me", "subscriptions", "playground", "claim-account")
OFTEN = [it for it in OPERATIONS if any(word in it.path for word in MODELLED)]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"]


@pytest.fixture(scope="module")
def target() -> Iterator[FuzzTarget]:
    """One mock for all examples: what one of them does, the others find."""
    made = FuzzTarget()
    yield made
    made.close()


def basic(text: str) -> bytes:
    """HTTP Basic with that between its two words."""
    return b"Basic " + b64encode(text.encode("utf-8", "surrogatepass"))


texts = st.text(max_size=20)
raw = st.binary(max_size=60)
field_values = raw.filter(lambda it: not set(it) & {0x0A, 0x0D})  # what HTTP/1.1 lets through
names = st.sampled_from(
    [
        b"x-external-correlation-id",
        b"cookie",
        b"accept",
        b"content-length",
        b"x-forwarded-for",
        b"host",
        b"range",
    ]
)
parameters = st.sampled_from(
    [
        *("grant_type", "code", "redirect_uri", "client_id", "client_secret", "refresh_token", "email"),
        *(
            "registration_code",
            "scope",
            "state",
            "claim_account_code",
            "user",
            "profile",
            "decision",
            "token",
        ),
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    ["email", "registrationCode", "language", "name", "trigger_on", "delivery", "version", "url", "enabled"]
)
urls = st.sampled_from(["https://localhost/callback", "https://app.test/hook", "http://[", "ftp://x", ""])
emails = st.sampled_from(["ann@example.com", "new@example.com", "@", "a@b", "\ud800@b"])
pieces = st.sampled_from(
    ["grant_type=", "client_credentials", "&", "=", "%", "%FF", "+", "\r\n", "--b", "--", ";", '"', "\x00"]
)


def credentials(target: FuzzTarget) -> st.SearchStrategy[tuple[bytes, ...]]:
    """Values of the header `Authorization`, mostly one."""
    good = [basic(f"{ID}:{SECRET}"), *(f"Bearer {it}".encode() for it in target.tokens)]
    other = st.one_of(
        field_values,
        st.sampled_from(
            [b"Bearer", b"Basic", b"Bearer x", basic(f"{ID}:wrong"), basic("x:y"), basic("nocolon")]
        ),
        st.tuples(texts, texts).map(lambda it: basic(":".join(it))),
    )
    one = st.sampled_from(good) | other
    return st.one_of(*[one.map(lambda it: (it,))] * 8, st.just(()), st.tuples(one, one))


def forms(target: FuzzTarget) -> st.SearchStrategy[bytes]:
    """Bodies that look like a form of OAuth."""
    value = st.one_of(
        texts,
        emails,
        urls,
        st.sampled_from(["client_credentials", "authorization_code", "refresh_token", "registration_code"]),
        st.sampled_from([ID, SECRET, target.refresh_token, *target.tokens, *map(str, target.profiles)]),
    )
    pairs = st.lists(st.tuples(parameters | texts, value), max_size=6)
    grant = st.sampled_from(
        ["client_credentials", "refresh_token", "authorization_code", "registration_code"]
    )
    meant = st.builds(lambda first, rest: [("grant_type", first), *rest], grant, pairs)
    return st.one_of(meant, pairs).map(lambda it: urlencode(it, errors="surrogatepass").encode())


def bodies(target: FuzzTarget) -> st.SearchStrategy[tuple[bytes | None, bytes]]:
    """A body and its type."""
    values = st.one_of(json_values, emails, urls)
    objects = st.dictionaries(members | texts, values | st.dictionaries(members, values), max_size=4)
    part = b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    multipart = st.lists(st.tuples(parameters.map(str.encode), raw), max_size=4).map(
        lambda it: b"".join(part % pair for pair in it) + b"--b--\r\n"
    )
    noise = st.lists(pieces | texts, max_size=12).map(lambda it: "".join(it).encode("utf-8", "surrogatepass"))
    types = [
        *(b"application/x-www-form-urlencoded", b"application/x-www-form-urlencoded; charset=utf-8"),
        *(
            b"multipart/form-data; boundary=b",
            b"multipart/form-data",
            b"application/json",
            b"text/plain",
            b"",
        ),
    ]
    of_types = {
        types[0]: forms(target),
        types[2]: multipart,
        types[4]: (objects | json_values).map(lambda it: json.dumps(it).encode()),
    }
    meant = [st.tuples(st.just(kind), content) for kind, content in of_types.items()]
    contents = st.one_of(*of_types.values(), noise, raw, st.integers(0, 70_000).map(lambda n: b"a" * n))
    return st.one_of(*meant, *meant, st.tuples(st.none() | st.sampled_from(types) | field_values, contents))


def paths(target: FuzzTarget) -> st.SearchStrategy[tuple[str, bytes]]:
    """A method and a path."""
    inside = st.one_of(
        st.sampled_from([ID, "default", "1", "0", *map(str, target.profiles), "10000001", "9" * 5000]),
        st.text(max_size=8).map(lambda it: quote(it, safe="", errors="surrogatepass")),
        raw.map(lambda it: quote(it, safe="")),
    )

    operation = st.sampled_from(OFTEN) | st.sampled_from(OPERATIONS)
    another = st.sampled_from([None, None, *METHODS])

    @st.composite
    def documented(draw: st.DrawFn) -> tuple[str, bytes]:
        it, method = draw(operation), draw(another)
        segments = [draw(inside) if part.startswith("{") else part for part in it.path.split("/")]
        return method or it.method, "/".join(segments).encode()

    own = st.sampled_from(
        [b"/oauth/token", b"/2026Q3/oauth/token", b"/oauth/authorize/", b"/oauth/authorize", b"/", b"", b"*"]
    )
    loose = st.lists(
        st.sampled_from(["/", "oauth", "token", "v1", "2026Q3", "%2F", "..", "\n", "%00"]) | inside
    )
    return st.one_of(
        documented(),
        st.tuples(st.sampled_from(["POST", "GET", *METHODS]), own),
        st.tuples(
            st.sampled_from(METHODS), loose.map(lambda it: "/".join(["", *it]).encode("utf-8", "replace"))
        ),
    )


def requests(target: FuzzTarget) -> st.SearchStrategy[FuzzRequest]:
    """Requests of all sorts, many of them nearly right."""
    # Made once, because making them is what takes long.
    way, content, who = paths(target), bodies(target), credentials(target)
    request = st.one_of(st.just(b""), forms(target), raw)
    more = st.lists(st.tuples(names, field_values | st.just(b"7f3b")), max_size=2)
    listener, certificate = st.sampled_from(["tls", "tls", "mtls"]), st.sampled_from([None, ID, "other", ""])
    share, leaves = st.integers(0, 100), st.sampled_from([False] * 9 + [True])

    @st.composite
    def made(draw: st.DrawFn) -> FuzzRequest:
        method, path = draw(way)
        kind, body = draw(content)
        headers = [(b"authorization", it) for it in draw(who)]
        headers += [(b"content-type", kind)] if kind is not None else []
        cut = len(body) * draw(share) // 100
        return FuzzRequest(
            method,
            path,
            draw(request),
            (*headers, *draw(more)),
            (body[:cut], body[cut:]),
            draw(listener),
            draw(certificate),
            draw(leaves),
        )

    return made()


def test_whatever_is_sent_is_answered(target: FuzzTarget, caplog: pytest.LogCaptureFixture) -> None:
    """One answer, one record in the journal, no failure, and each refusal says why."""

    @effort(600)
    @given(requests(target))
    def tried(request: FuzzRequest) -> None:
        judge(target, request, target.ask(request))

    with caplog.at_level(logging.ERROR):
        tried()
    assert caplog.records == []
