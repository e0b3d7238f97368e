"""The secrets that a mock holds, as far as this process has met them, so that what is shown can be searched for them.

Client secrets and the control token are known by their text. Tokens and codes are known by digest alone, since their
texts are kept nowhere; a text is searched for them by taking the digest of each word that is long enough to be one.

Nothing is asked of the state for this: it may be far away, and no request waits for what is shown. So of the secrets
that other mocks put into a shared state those are known that this process has looked up.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from urllib.parse import unquote, unquote_plus

from mockwise.common.digests import digest_of

MASK = "***"

_MOST_CLIENTS = 1 << 16
_MOST_FORMER = 128
_MOST_DIGESTS = 1 << 18
_MOST_CLEAN = 4096
_LONGEST_CLEAN = 512

# A shorter text is an everyday word as well: it must stand as a word of its own, and a very short one quite alone.
_DISTINCT, _WORD = 8, 4
_FEW = 32  # so many are searched for one by one
_MOST_FORMS = 32
_DEEPEST = 4  # encodings within each other

_TOKEN = re.compile(r"[\w\-.~+/]{16,}=*", re.ASCII)  # RFC 6750 section 2.1
_SHORTEST_TOKEN = 16
_SEPARATOR = re.compile(r"[/=.~+]")
# A JWT has three parts, a JWE five (RFC 7515 and 7516, section 3.1); the first is JSON.
_JOSE = re.compile(r"(eyJ[\w-]*(?:\.[\w-]*){2})(?:(?:\.[\w-]*){2})?", re.ASCII)
_OUTER = 16
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_URL_SAFE = str.maketrans("-_", "+/")
_JSON_ESCAPES = re.compile(r'(?:\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]))+')
_PIECES = re.compile(r"([\s/?&;,]+)")
_TIME = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"')

Span = tuple[int, int]
_NONE: Mapping[int, set[str]] = {}


class KnownSecrets:
    """Texts and digests of texts that must not be shown. It is bounded; what was noted long ago is forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[str, int] = {}  # how many clients have it
        # The same by the length of the start, by start, and by length: so one is found in a text without trying all.
        self._starts: dict[int, dict[str, dict[int, set[str]]]] = {}
        # Those of no client any more, which may stand somewhere still.
        self._former: OrderedDict[str, None] = OrderedDict()
        self._digests: set[str] = set()
        self._older_digests: set[str] = set()
        self._clients: OrderedDict[str, tuple[object, frozenset[str]]] = OrderedDict()
        self._clean: set[str] = set()  # texts with no secret in them: most requests have theirs in common

    def note_client(self, client_id: str, secrets: object, texts: Callable[[], Iterable[str]]) -> None:
        """Note a client with the texts of its secrets; the same `secrets` again cost nothing."""
        before = self._clients.get(client_id)
        if before is not None and before[0] is secrets:
            return
        now = frozenset(map(_folded, texts()))
        with self._lock:
            _, then = self._clients.pop(client_id, (None, frozenset()))
            self._clients[client_id] = secrets, now
            for secret in now - then:
                self._add(secret)
            for secret in then - now:
                self._part_with(secret)
            if len(self._clients) > _MOST_CLIENTS:
                self._forget(next(iter(self._clients)))

    def forget_client(self, client_id: str) -> None:
        """Its secrets are known for a while still, since what it sent may be shown."""
        with self._lock:
            self._forget(client_id)

    def note(self, text: str) -> None:
        """Note a secret by its text, for ever."""
        with self._lock:
            self._add(_folded(text))

    def note_digest(self, digest: str) -> None:
        """Note a token or a code."""
        self._digests.add(digest)
        if len(self._digests) >= _MOST_DIGESTS // 2:
            self._digests, self._older_digests = set(), self._digests

    def forget_digest(self, digest: str) -> None:
        """A token that is gone opens nothing any more."""
        self._digests.discard(digest)
        self._older_digests.discard(digest)

    def names_client(self, text: str) -> bool:
        """Whether it is the id of a client, which is no secret."""
        return text in self._clients

    def hide(self, text: str) -> str:
        """The text with each secret in it replaced, and with it what it is encoded in."""
        if text in self._clean:
            return text
        # Most answers differ from those before by the times in them alone, which are no secrets; nor has one a NUL.
        essence = _TIME.sub("\0", text) if len(text) <= _LONGEST_CLEAN else text
        if essence in self._clean:
            return text
        shown = self._hide_plain(text)
        if self._encodes_secret(shown):
            shown = "".join(MASK if self._encodes_secret(it) else it for it in _PIECES.split(shown))
            if self._encodes_secret(shown):
                shown = MASK
        if shown == text and len(text) <= _LONGEST_CLEAN:
            if len(self._clean) >= _MOST_CLEAN:
                self._clean = set()
            self._clean.add(essence)
        return shown

    def _forget(self, client_id: str) -> None:
        _, texts = self._clients.pop(client_id, (None, frozenset()))
        for secret in texts:
            self._part_with(secret)

    def _add(self, secret: str) -> None:
        if secret not in self._texts:
            start = secret[:_DISTINCT]
            starts = self._starts.setdefault(len(start), {})
            starts.setdefault(start, {}).setdefault(len(secret), set()).add(secret)
            self._clean = set()
        self._texts[secret] = self._texts.get(secret, 0) + 1
        self._former.pop(secret, None)

    def _part_with(self, secret: str) -> None:
        self._texts[secret] -= 1
        if self._texts[secret]:
            return
        self._former[secret] = None
        if len(self._former) > _MOST_FORMER:
            oldest, _ = self._former.popitem(last=False)
            del self._texts[oldest]
            starts = self._starts[len(oldest[:_DISTINCT])]
            lengths = starts[oldest[:_DISTINCT]]
            lengths[len(oldest)].discard(oldest)
            if not lengths[len(oldest)]:
                del lengths[len(oldest)]
            if not lengths:
                del starts[oldest[:_DISTINCT]]

    def _encodes_secret(self, text: str) -> bool:
        return any(self._spans(form) for form in _decoded_forms(text))

    def _hide_plain(self, text: str) -> str:
        shown, at = [], 0
        for begin, end in sorted(self._spans(text)):
            if begin >= at:
                shown += [text[at:begin], MASK]
            at = max(at, end)
        return "".join((*shown, text[at:]))

    def _spans(self, text: str) -> list[Span]:
        """Where secrets stand as they are."""
        folded = _folded(text)
        found = [span for secret in self._candidates(folded) for span in _places(secret, folded)]
        found += [
            (begin, end)
            for begin, end in _words(text)
            if (digest := digest_of(text[begin:end])) in self._digests or digest in self._older_digests
        ]
        return found

    def _candidates(self, folded: str) -> Iterable[str]:
        """The texts that may stand in another one. If there are many, it is searched for how they start."""
        with self._lock:
            if len(self._texts) <= _FEW:
                return tuple(self._texts)
            return {
                secret
                for size, starts in tuple(self._starts.items())
                for at in range(len(folded) - size + 1)
                for length, secrets in starts.get(folded[at : at + size], _NONE).items()
                if (secret := folded[at : at + length]) in secrets
            }


def _folded(text: str) -> str:
    """In lower case, as header names arrive, and as long as it was."""
    folded = text.lower()
    if len(folded) == len(text):
        return folded
    return "".join(lower if len(lower := it.lower()) == 1 else it for it in text)


def _places(secret: str, folded: str) -> Iterator[Span]:
    if len(secret) < _WORD:
        if secret == folded:
            yield 0, len(folded)
        return
    begin = folded.find(secret)
    while begin >= 0:
        end = begin + len(secret)
        if len(secret) >= _DISTINCT or not (
            _is_word(folded[begin - 1 : begin]) or _is_word(folded[end : end + 1])
        ):
            yield begin, end
        begin = folded.find(secret, begin + 1)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _words(text: str) -> set[Span]:
    """Where a token or a code may stand: alone, in a path, between dots."""
    found: set[Span] = {match.span() for match in _UUID.finditer(text)}
    found |= {span for match in _JOSE.finditer(text) for span in (match.span(1), match.span())}
    for run in _TOKEN.finditer(text):
        begin, end = run.span()
        marks = [begin + mark.start() for mark in _SEPARATOR.finditer(run[0])]
        starts, ends = [begin, *(mark + 1 for mark in marks)], [*marks, end]
        found |= set(zip(starts, ends, strict=True))
        # A random token may have any number of these characters in it.
        found |= {(start, stop) for start in starts[:_OUTER] for stop in ends[-_OUTER:]}
    return {(begin, end) for begin, end in found if end - begin >= _SHORTEST_TOKEN}


def _decoded_forms(text: str) -> Iterator[str]:
    """What a text stands for if it is encoded, once or several times, in one of the ways of the web."""
    seen, forms = {text}, [text]
    for _ in range(_DEEPEST):
        inner: list[str] = []
        for form in forms:
            for decoded in _decodings(form):
                if decoded not in seen and len(seen) < _MOST_FORMS:
                    seen.add(decoded)
                    inner.append(decoded)
                    yield decoded
        forms = inner


def _decodings(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
    if "+" in text:
        yield unquote_plus(text)
    if "\\" in text:
        yield _JSON_ESCAPES.sub(lambda escapes: str(json.loads(f'"{escapes[0]}"')), text)
        yield text.replace("\\'", "'")  # as Python's repr does, which exceptions quote
    if "&" in text:
        yield html.unescape(text)
    if not text.isascii():
        with suppress(UnicodeError):
            yield text.encode("latin-1").decode()  # a header that was UTF-8
    if decoded := " ".join(_from_base64(text)):
        yield decoded


def _from_base64(text: str) -> Iterator[str]:
    for run in _BASE64.findall(text):
        for word in {run, *run.split("/")}:
            plain = word.translate(_URL_SAFE)
            try:
                decoded = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
            except binascii.Error:
                continue
            yield decoded.decode("utf-8", "replace")
