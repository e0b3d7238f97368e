"""How the page writes times and lengths of time. The scripts write running ones in the same way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

from mockwise.common.durations import spell_roughly


def lasting(of: timedelta) -> str:
    """A length in whole seconds, by its two largest units: `11h59m`, `4m3s`, `0s`."""
    return spell_roughly(timedelta(seconds=max(int(of.total_seconds()), 0)))


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
