"""How the page writes times and lengths of time. The scripts write running ones in the same way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

_UNITS = (("d", 86400, 10**9), ("h", 3600, 24), ("min", 60, 60), ("s", 1, 60))
_PARTS = 2  # 11 h 59 min; 4 min 3 s


def lasting(of: timedelta) -> str:
    """A length in its two coarsest units that are something: `11 h 59 min`, `4 min 3 s`, `0 s`."""
    seconds = max(int(of.total_seconds()), 0)
    counts = [(seconds // size % most, unit) for unit, size, most in _UNITS]
    first = next((n for n, (count, _) in enumerate(counts) if count), len(counts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in counts[first : first + _PARTS])


def clock(time: datetime) -> str:
    """A time in UTC, such as `2026-11-23 12:00:00`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def moment(time: datetime, beside: datetime | None = None) -> Markup:
    """A time as an element; only the hours if it is the day of what it stands beside."""
    time = time.astimezone(UTC)
    text = f"{time:%H:%M:%S}" if beside and time.date() == beside.date() else clock(time)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(_iso(time), clock(time), text)


def ends(time: datetime, left: timedelta) -> Markup:
    """The time that is left, which the scripts count down."""
    stamp = int(time.timestamp() * 1000)
    return Markup('<span class="left" data-ends="{}" title="{} UTC">{}</span>').format(
        stamp, clock(time), lasting(left)
    )


def stamp(time: datetime) -> int:
    """Milliseconds since 1970, as scripts count."""
    return int(time.timestamp() * 1000)


def coded(text: str) -> Markup:
    """A text of the mock's own as HTML; what stands between backticks becomes code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )


def _iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
