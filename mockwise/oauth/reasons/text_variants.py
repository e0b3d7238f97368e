"""What a text may have been before something on its way changed it: each such change is an `Oddity`.

A text that is not known is read with one change undone, then with two, until a reading is known: a secret from a file
that ends in a line break, a token in the quotes of a shell, an id that was percent-encoded twice.
"""

from __future__ import annotations

import base64
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_plus

LONGEST = 4096
"""Characters of a text that is looked into."""

_MOST_CHANGES = 3
_MOST_READINGS = 40
_TIMES = ("", "", " twice", " three times")
_LINE_BREAKS = "\r\n\v\f\x85\u2028\u2029"
_BLANKS = " \xa0\u2002\u2003\u2007\u2009\u202f\u3000"
_QUOTED = re.compile(
    r"""(["'`\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]|\\["'])(.+)(["'`\u201c\u201d\u2018\u2019\u00ab\u00bb])""",
    re.DOTALL,
)
_QUOTES = "\"'`\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_BRACKETED = re.compile(r"<(.+)>|\{+(.+?)\}+|\[(.+)\]|\((.+)\)|\$\{(.+)\}", re.DOTALL)
_BYTES = re.compile(r"""b(["'])(.+)\1""", re.DOTALL)
_NAMED = re.compile(r"\W{0,2}[A-Za-z][A-Za-z_-]{1,40}\W{0,2}[=:]\s*(\S.*)", re.DOTALL)
_SCHEME = re.compile(r"(?:Bearer|Basic|Token)[\s:=]+(\S.*)", re.DOTALL | re.IGNORECASE)
_TYPOGRAPHIC = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u2033", '"')
)
_PADDING = {2: "==", 3: "="}
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\(.)", re.DOTALL)


class Oddity(NamedTuple):
    """One way in which a text may have been changed."""

    phrase: str
    """What is to be seen, behind "it"."""
    remedy: str
    undo: Callable[[str], str]
    """The text without that; the text itself if nothing of the kind is to be seen. May raise ValueError."""


class Reading(NamedTuple):
    """A text with some changes undone."""

    text: str
    oddities: Sequence[Oddity] = ()

    @property
    def phrase(self) -> str:
        """What is to be seen: `it ends in a line break and stands in quotes`."""
        times = Counter(it.phrase for it in self.oddities)
        return " and ".join(f"{phrase}{_TIMES[count]}" for phrase, count in times.items())

    @property
    def remedy(self) -> str:
        """What to do about the changes, as a sentence."""
        return " ".join(dict.fromkeys(it.remedy for it in self.oddities))


def readings(text: str, most: int = _MOST_READINGS) -> Iterator[Reading]:
    """What the text may have been: first as it is, then with ever more changes undone, at most so many readings."""
    if len(text) > LONGEST:
        return
    known = {text}
    found = [Reading(text)]
    for reading in found:  # which grows meanwhile
        yield reading
        if len(reading.oddities) == _MOST_CHANGES:
            continue
        for oddity in ODDITIES:
            with suppress(ValueError):
                before = oddity.undo(reading.text)
                if before and before not in known and len(found) < most:
                    known.add(before)
                    found.append(Reading(before, (*reading.oddities, oddity)))


def blemish(text: str) -> str | None:
    """What is odd about the ends of a text, whatever it should be."""
    return next((it.phrase for it in ENDS if text and it.undo(text) != text), None)


def _inside(pattern: re.Pattern[str]) -> Callable[[str], str]:
    """What the pattern's last group holds, where the whole text is such."""

    def undo(text: str) -> str:
        found = pattern.fullmatch(text)
        return text if found is None else found[found.lastindex or 0]

    return undo


def _unquoted(text: str) -> str:
    found = _QUOTED.fullmatch(text)
    return text if found is None else found[2].removesuffix("\\")


def _base64_decoded(text: str) -> str:
    padded = text.strip().translate(str.maketrans("-_", "+/")) + _PADDING.get(len(text.strip()) % 4, "")
    decoded = base64.b64decode(padded, validate=True).decode()
    return decoded if decoded.isprintable() else text


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda it: chr(int(it[1] or it[2], 16)) if it[1] or it[2] else it[3], text)


def _encoded_again(text: str) -> str:
    return text if text == unquote(text) and text.isalnum() else quote(text, safe="")


_STRIP = "Strip it where it is read from a file or a variable."
_UNQUOTE = "Leave the quotes out: they belong to the file or the shell that it comes from."
_AS_IT_IS = "Send it as it was given out."
_NO_ENCODING = "Send it as it is: it needs no encoding there."
_UTF_8 = "Read and send it as UTF-8, unchanged."
_COPY = "Copy it again, as plain text."

ENDS: tuple[Oddity, ...] = (
    Oddity("ends in a line break", _STRIP, lambda it: it.rstrip(_LINE_BREAKS)),
    Oddity("begins with a line break", _STRIP, lambda it: it.lstrip(_LINE_BREAKS)),
    Oddity("ends in a blank", _STRIP, lambda it: it.rstrip(_BLANKS)),
    Oddity("begins with a blank", _STRIP, lambda it: it.lstrip(_BLANKS)),
    Oddity("ends in a tab", _STRIP, lambda it: it.rstrip("\t")),
    Oddity("begins with a tab", _STRIP, lambda it: it.lstrip("\t")),
    Oddity("stands in quotes", _UNQUOTE, _unquoted),
)
"""What may be at either end of a text."""

ODDITIES: tuple[Oddity, ...] = (
    *ENDS,
    Oddity("begins with a quote", _UNQUOTE, lambda it: it.lstrip(_QUOTES)),
    Oddity("ends in a quote", _UNQUOTE, lambda it: it.rstrip(_QUOTES)),
    Oddity("stands in brackets", "Leave the brackets out.", _inside(_BRACKETED)),
    Oddity("is Python's spelling of bytes, b'...'", "Decode the bytes to text.", _inside(_BYTES)),
    Oddity("has the name of a scheme, such as Bearer, before it", "Write the scheme once.", _inside(_SCHEME)),
    Oddity("has its name before it", "Send the value alone.", _inside(_NAMED)),
    Oddity("is percent-encoded", _NO_ENCODING, unquote),
    Oddity("is form-encoded, with + for blanks", _NO_ENCODING, unquote_plus),
    Oddity("is encoded in base64 once too often", "Send it without that.", _base64_decoded),
    Oddity("holds escapes with a backslash", _AS_IT_IS, _unescaped),
    Oddity(
        "ends in the two characters of an escaped line break",
        _STRIP,
        lambda it: re.sub(r"(?:\\[rnt])+$", "", it),
    ),
    Oddity("is HTML-escaped", _AS_IT_IS, html.unescape),
    Oddity("ends in a comma, a semicolon or a full stop", _COPY, lambda it: it.rstrip(",;.")),
    Oddity(
        "holds an invisible character, such as a byte order mark or a zero-width space",
        _COPY,
        lambda it: "".join(one for one in it if unicodedata.category(one) != "Cf"),
    ),
    Oddity(
        "holds NUL characters, as UTF-16 has them",
        "Encode it as UTF-8.",
        lambda it: it.replace("\x00", ""),
    ),
    Oddity("holds blanks or line breaks in the middle", _COPY, lambda it: "".join(it.split())),
    Oddity("has blanks where + belongs: it was form-decoded", _AS_IT_IS, lambda it: it.replace(" ", "+")),
    Oddity("was percent-decoded once too often", _AS_IT_IS, _encoded_again),
    Oddity("was read as Latin-1 and is UTF-8", _UTF_8, lambda it: it.encode("latin-1").decode()),
    Oddity("was read as Windows-1252 and is UTF-8", _UTF_8, lambda it: it.encode("cp1252").decode()),
    Oddity(
        "has accents as characters of their own (Unicode form NFD)",
        _UTF_8,
        lambda it: unicodedata.normalize("NFC", it),
    ),
    Oddity("has accents composed (Unicode form NFC)", _UTF_8, lambda it: unicodedata.normalize("NFD", it)),
    Oddity(
        "holds compatibility characters, such as full-width ones",
        _COPY,
        lambda it: unicodedata.normalize("NFKC", it),
    ),
    Oddity("holds typographic dashes or quotes", _COPY, lambda it: it.translate(_TYPOGRAPHIC)),
    Oddity("lost the = at its end", _COPY, lambda it: it + _PADDING.get(len(it) % 4, "")),
    Oddity("is in upper case", "Upper and lower case matter.", str.lower),
    Oddity("is in lower case", "Upper and lower case matter.", str.upper),
    Oddity("has upper and lower case exchanged", "Upper and lower case matter.", str.swapcase),
)
"""Every change that is looked for, the likeliest first."""
