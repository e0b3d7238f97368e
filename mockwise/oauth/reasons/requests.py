"""Where a parameter is that the body does not have: in another place, another spelling, or a body of another type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

_FORM = "application/x-www-form-urlencoded"
_SEND = f"Send it in the body, as {_FORM}."
_SECRETS = frozenset({"clientsecret", "secret", "password", "clientpassword", "apikey", "apisecret"})
_TOKENS = frozenset({"accesstoken", "token", "bearer", "bearertoken", "authtoken", "apikey"})
_AUTHORIZATION = frozenset(
    {"authorisation", "auth", "proxyauthorization", "xauthorization", "httpauthorization"}
)
_COMPRESSED: Sequence[tuple[bytes, str]] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x78\x01", "deflate"),
    (b"\x78\x5e", "deflate"),
    (b"\x78\x9c", "deflate"),
    (b"\x78\xda", "deflate"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_MARKS: Sequence[tuple[bytes, str]] = (
    (b"\xef\xbb\xbf", "a byte order mark. Send UTF-8 without one"),
    (b"\xff\xfe", "a byte order mark of UTF-16. Send UTF-8"),
    (b"\xfe\xff", "a byte order mark of UTF-16. Send UTF-8"),
)


class RawRequest(NamedTuple):
    """A request as it came."""

    headers: Iterable[tuple[bytes, bytes]]
    """The names in lower case."""
    query: bytes
    body: bytes
    form: Sequence[tuple[str, str]] | None
    """The body's parameters; None if it is not the form that its type announces."""

    def values(self, name: bytes) -> list[bytes]:
        """All values of a header."""
        return [value.strip() for header, value in self.headers if header == name]

    @property
    def query_names(self) -> list[str]:
        """The names of the parameters in the URL."""
        return [name for name, _ in parse_qsl(self.query.decode("utf-8", "replace"), keep_blank_values=True)]

    @property
    def media_type(self) -> str:
        """The media type that the body is said to have, in lower case; empty if none is."""
        types = self.values(b"content-type")
        return types[-1].decode("latin-1").partition(";")[0].strip().lower() if types else ""


def find_parameter(name: str, request: RawRequest) -> str | None:
    """Why the body has no such parameter; None if nothing is to be seen that explains it."""
    return (
        _bytes_before(request)
        or _typed_twice(request)
        or _as_file(name, request)
        or _of_another_type(name, request)
        or _without_value(name, request)
        or _spelt_otherwise(name, request)
        or _in_the_query(name, request)
        or _in_a_header(name, request)
        or _empty(name, request)
    )


def find_broken_form(request: RawRequest) -> str:
    """Why a body is not the multipart/form-data that it is said to be."""
    start, content_type = request.body.lstrip()[:2], b";".join(request.values(b"content-type"))
    if b"boundary=" not in content_type.lower():
        return (
            "The Content-Type says multipart/form-data and names no boundary. Let the HTTP library set the header, or "
            f"send {_FORM}."
        )
    if not request.body:
        return f"The body is empty, though its Content-Type says multipart/form-data. Send {_FORM}."
    if start != b"--":
        return f"The Content-Type says multipart/form-data, and the body is none. Send it as {_FORM}."
    return (
        "The body is not the multipart/form-data that its Content-Type announces: its boundary is another one, or the "
        "closing one is missing."
    )


def find_credentials(request: RawRequest) -> str | None:
    """Where credentials are, if not in the Authorization header; None if nothing of the kind is to be seen."""
    form = _plain_names(name for name, _ in request.form or ())
    headers = _plain_names(name.decode("latin-1") for name, _ in request.headers)
    places: Iterable[tuple[Iterable[str], frozenset[str], str]] = (
        (form, _SECRETS, "A client secret is in the form body, and is not read there."),
        (
            _plain_names(_json_names(request.body)),
            _SECRETS,
            "A client secret is in a JSON body, and is not read there.",
        ),
        (
            _plain_names(request.query_names),
            _SECRETS | _TOKENS,
            "A secret or a token is in the query of the URL, and is not read there; besides, URLs end in logs.",
        ),
        (form, _TOKENS, "A token is in the form body, and is not read there."),
        (
            headers,
            _AUTHORIZATION,
            "A header with a name like that of Authorization is there, and is not read.",
        ),
        (
            [it.removeprefix("x") for it in headers],
            _SECRETS | _TOKENS,
            "A secret or a token is in a header of its own, and is not read there.",
        ),
    )
    return next((said for names, wanted, said in places if not wanted.isdisjoint(names)), None)


def _bytes_before(request: RawRequest) -> str | None:
    body, encodings = request.body, [it.lower() for it in request.values(b"content-encoding")]
    if any(it not in {b"", b"identity"} for it in encodings):
        known = {b"gzip": "gzip", b"x-gzip": "gzip", b"deflate": "deflate", b"br": "br", b"zstd": "zstd"}
        name = known.get(encodings[0], "another than identity")
        return f"The body is compressed (Content-Encoding: {name}), which is not read. Send it as it is."
    for start, method in _COMPRESSED:
        if body.startswith(start):
            return f"The body is compressed ({method}), though no Content-Encoding says so. Send it as it is."
    for start, mark in _MARKS:
        if body.startswith(start):
            return f"The body begins with {mark}."
    if b"\x00" in body:
        return "The body holds NUL bytes, as UTF-16 has them. Send it as UTF-8."
    return None


def _typed_twice(request: RawRequest) -> str | None:
    types = request.values(b"content-type")
    if len(types) > 1 or any(b"," in it.partition(b";")[0] for it in types):
        return f"The Content-Type was sent more than once. Send it once: {_FORM}."
    return None


def _as_file(name: str, request: RawRequest) -> str | None:
    heads = re.findall(rb"(?im)^content-disposition:[^\r\n]*", request.body)
    for head in heads:
        if re.search(rb"\bname=\"?" + name.encode() + rb"\b", head) and b"filename" in head:
            return f"{name} was sent as a file. Send it as a plain field, without a file name."
    return None


def _of_another_type(name: str, request: RawRequest) -> str | None:
    body, media_type = request.body.strip(), request.media_type
    looks = _looks(body)
    if not body:
        return None
    if not media_type:
        what = f", and the body looks like {looks}" if looks else ""
        return f"There is no Content-Type{what}. Send {name} with Content-Type: {_FORM}."
    if media_type.endswith(("/json", "+json")):
        also = "" if looks == "JSON" else ", though the body is none"
        return f"The Content-Type says JSON{also}, and JSON has no parameters here. Send {name} as {_FORM}."
    if media_type not in {_FORM, "multipart/form-data"}:
        near = "form" in media_type or "urlencoded" in media_type
        said = "is not spelt as that of a form" if near else "is not that of a form"
        return f"The Content-Type {said}. Send {name} with Content-Type: {_FORM}."
    if looks and media_type == _FORM:
        return f"The body is {looks}, though its Content-Type says that it is a form. Send {name} as {_FORM}."
    return None


def _looks(body: bytes) -> str | None:
    """What the body looks like, if not like a form."""
    start = body[:1]
    if start in {b"{", b"["}:
        return "JSON"
    if start == b"<":
        return "XML"
    if body.startswith(b"--") and b"content-disposition" in body.lower():
        return "multipart/form-data"
    return None


def _without_value(name: str, request: RawRequest) -> str | None:
    if name in {it for it, _ in request.form or ()}:
        return f"{name} is in the body without a value, which counts as left out. An environment variable may be empty."
    return None


def _spelt_otherwise(name: str, request: RawRequest) -> str | None:
    pairs = request.form or ()
    if any(_plain(it).removeprefix("amp") == _plain(name) for it, _ in pairs):
        return (
            f"The name of the parameter {name} is spelt otherwise: case, blanks, dashes and brackets count."
        )
    if any(it.lstrip("?").startswith(f"{name}=") for it, _ in pairs):
        return "The body is percent-encoded as a whole, = and & too. Encode names and values alone."
    if any(re.search(rf"(^|[;,\s]){name}\s*[:=]", f"{key}={value}") for key, value in pairs):
        return (
            f"{name} is not parted from what is before or behind it by & and =. Write a form: {name}=...&..."
        )
    return None


def _in_the_query(name: str, request: RawRequest) -> str | None:
    if name in request.query_names:
        return f"{name} is in the query of the URL, which is not read. {_SEND}"
    return None


def _in_a_header(name: str, request: RawRequest) -> str | None:
    if _plain(name) in _plain_names(header.decode("latin-1") for header, _ in request.headers):
        return f"{name} is a header, which is not read. {_SEND}"
    return None


def _empty(name: str, request: RawRequest) -> str | None:
    return None if request.body else f"The body is empty. Send {name} in the body, as {_FORM}."


def _json_names(body: bytes) -> list[str]:
    try:
        content = json.loads(body) if body.lstrip()[:1] == b"{" else None
    except (ValueError, RecursionError):
        content = None
    return list(content) if isinstance(content, dict) else []


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _plain_names(names: Iterable[str]) -> list[str]:
    return [_plain(name) for name in names]
