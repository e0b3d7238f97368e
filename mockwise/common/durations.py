"""Lengths of time as people write them: `12h`, `90s`, `1h30m`, `PT12H`, or a `timedelta`."""

from __future__ import annotations

import re
from datetime import timedelta

from mockwise.errors import InvalidValueError

_SHORT = re.compile(r"(?:(\d+(?:\.\d+)?)(w|d|h|ms|m|s))")
_SHORT_WHOLE = re.compile(rf"(?:{_SHORT.pattern})+")
_SHORT_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}

_FORMS = "Write for example 12h, 90s, 1h30m or PT12H"
_MINUS = ("-", "\N{MINUS SIGN}")
_LONGEST_LIFETIME = timedelta(days=36500)
_MINUTE = 60  # seconds

# ISO 8601 without years and months, which have no fixed length.
_ISO = re.compile(
    r"P(?=.)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def parse_duration(value: str | timedelta) -> timedelta:
    """Read a length of time.

    Args:
        value: a `timedelta`, a short form (`12h`, `1h30m`, `250ms`) or ISO 8601 (`PT12H`, `P1DT30M`).

    Returns:
        The length; never negative.

    Raises:
        InvalidValueError: it is none of these, is negative, or is longer than a `timedelta` can hold.
    """
    if isinstance(value, timedelta):
        length = value
    elif not isinstance(value, str):
        raise InvalidValueError(f"not a duration: {value!r}. {_FORMS}, or pass a timedelta")
    else:
        text = value.strip()
        if text[:1] in _MINUS and text[1:2] not in _MINUS:
            parse_duration(text[1:])  # raises, if it is none
            raise InvalidValueError(f"a duration cannot be negative: {value!r}. {_FORMS}")
        try:
            if _SHORT_WHOLE.fullmatch(text.lower()):
                parts = _SHORT.findall(text.lower())
                length = sum((float(n) * _SHORT_UNITS[unit] for n, unit in parts), timedelta())
            elif iso := _ISO.fullmatch(text.upper()):
                length = timedelta(**{unit: float(n) for unit, n in iso.groupdict(default="0").items()})
            else:
                raise InvalidValueError(f"not a duration: {value!r}. {_FORMS}")
        except OverflowError:
            raise InvalidValueError(
                f"too long a duration: {value!r}. The longest is {timedelta.max.days} days"
            ) from None
    if length < timedelta():
        raise InvalidValueError(f"a duration cannot be negative: {value!r}")
    return length


def parse_lifetime(value: str | timedelta) -> timedelta:
    """Read a token's lifetime: at least a second, since `expires_in` is in whole seconds; at most 100 years.

    Raises:
        InvalidValueError: as `parse_duration`, or it is outside these bounds.
    """
    length = parse_duration(value)
    if length > _LONGEST_LIFETIME:
        raise InvalidValueError(f"a token lives at most {_LONGEST_LIFETIME.days} days: {value!r}")
    if length < timedelta(seconds=1):
        raise InvalidValueError(
            f"a token lives at least one second: {value!r}. To see it dead, expire or revoke it"
        )
    return length


def spell(length: timedelta) -> str:
    """Write a length the short way, for messages: `12h`, `1h30m`, `45s`, `0s`; seconds are the finest."""
    return "".join(_parts(length)) or "0s"


def spell_exactly(length: timedelta) -> str:
    """Write a length so that the very same one is read again: as `spell` does, or `0.250000s`."""
    return f"{length.total_seconds():f}s" if length.microseconds else spell(length)


def spell_roughly(length: timedelta) -> str:
    """Write a length for people, by its two largest units: `3d4h`, `11h59m`, `12s`; a short one as `3.2s` or `40ms`."""
    seconds = length.total_seconds()
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < _MINUTE:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    parts = _parts(length)
    first = next(place for place, part in enumerate(parts) if part)
    return "".join(parts[first : first + 2])


def _parts(length: timedelta) -> list[str]:
    """Days, hours, minutes and seconds; a text is empty where there are none."""
    seconds = int(length.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", _MINUTE), ("s", 1)):
        count, seconds = divmod(seconds, size)
        parts.append(f"{count}{unit}" if count else "")
    return parts
