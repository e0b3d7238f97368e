"""Reads distinguished names from DER (X.690).

cryptography reads it too, but warns of values that X.520 does not allow, such as a common name of more than 64
characters: on stderr, or with an exception where a test suite makes errors of warnings. A peer may send such values.
"""

from __future__ import annotations

from collections.abc import Iterator

COMMON_NAME = b"\x55\x04\x03"
"""The object identifier 2.5.4.3, as DER writes it."""
COUNTRY_NAME = b"\x55\x04\x06"
JURISDICTION_COUNTRY_NAME = b"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03"

_SEQUENCE = 0x30
_ENCODINGS = {
    0x0C: "utf-8",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}  # the other kinds of strings have one byte for each character
_SUBJECT_OF_CERTIFICATE = 3  # among the sequences: algorithm, issuer, validity, subject (RFC 5280 §4.1)
_SUBJECT_OF_REQUEST = 0  # RFC 2986 §4.1


def subject_of_certificate(tbs: bytes) -> list[tuple[bytes, str]]:
    """The object identifiers and values of the subject of a certificate, of which this is the signed part."""
    return _values(tbs, _SUBJECT_OF_CERTIFICATE)


def subject_of_request(tbs: bytes) -> list[tuple[bytes, str]]:
    """The object identifiers and values of the subject of a signing request, of which this is the signed part."""
    return _values(tbs, _SUBJECT_OF_REQUEST)


def spell_name(name: bytes) -> str:
    """A distinguished name, given as DER, as its values in their order."""
    [(_, content)] = _parts(name)
    return ", ".join(value for _, value in _of_name(content))


def _values(tbs: bytes, number: int) -> list[tuple[bytes, str]]:
    [(_, content)] = _parts(tbs)
    return _of_name([part for tag, part in _parts(content) if tag == _SEQUENCE][number])


def _of_name(name: bytes) -> list[tuple[bytes, str]]:
    found = []
    for _, together in _parts(name):
        for _, pair in _parts(together):
            (_, identifier), (tag, value) = _parts(pair)
            found.append((identifier, value.decode(_ENCODINGS.get(tag, "latin-1"), "replace")))
    return found


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The tags and contents of a sequence of DER values."""
    at = 0
    while at < len(der):
        tag, length = der[at], der[at + 1]
        at += 2
        if length >= 0x80:  # noqa: PLR2004  from 0x80 on it says how many bytes the length has
            size = length - 0x80
            length = int.from_bytes(der[at : at + size])
            at += size
        yield tag, der[at : at + length]
        at += length
