"""Rows of the tables that `status` and the lists show: tokens, certificates, clients, refused handshakes."""

from __future__ import annotations

from datetime import timedelta

from rich.text import Text

from mockwise.cli import output
from mockwise.cli.control import Json

TOKEN_COLUMNS = ("token", "state", "issued", "ends", "kind")
CERTIFICATE_COLUMNS = ("serial", "state", "ends", "name")
CLIENT_COLUMNS = ("client", "state", "mTLS", "lifetime")
HANDSHAKE_COLUMNS = ("when", "alert", "reason")

_DIGEST = 12  # characters, enough to name a token by
_AHEAD = timedelta(seconds=1)  # a smaller difference is the duration of the request
_STYLES = {"live": "green", "active": "green", "expired": "yellow"}  # all other states are red


def token_row(it: Json, now: str) -> tuple[str | Text, ...]:
    """An access token; `now` is the sandbox's time."""
    return short(it["digest"]), state(it), output.relative(it["issued_at"], now), _end(it, now), it["kind"]


def token_owner(it: Json) -> str:
    """The client of an access token, or the user of a personal one."""
    return it["client_id"] or f"user {it['user_id']}"


def certificate_row(it: Json, wall: str) -> tuple[str | Text, ...]:
    """A certificate; `wall` is the real time."""
    return it["serial"], state(it), output.relative(it["not_after"], wall), it["name"]


def refresh_token_row(it: Json, now: str) -> tuple[str | Text, ...]:
    """A refresh token; `now` is the sandbox's time."""
    return (
        short(it["digest"]),
        state(it),
        output.relative(it["granted_at"], now),
        _end(it, now),
        str(it["user_id"]),
        "-" if it["profile_id"] is None else str(it["profile_id"]),
        it["client_id"],
    )


def client_row(client: Json) -> tuple[str | Text, ...]:
    """The row of a client in a table."""
    dead = client["revoked_at"] is not None
    return (
        client["client_id"],
        Text("revoked" if dead else "active", "red" if dead else "green"),
        client["mtls"],
        client["token_lifetime"] or "the sandbox's",
    )


def handshake_row(it: Json, wall: str) -> tuple[str | Text, ...]:
    """A refused handshake; `wall` is the real time."""
    return output.relative(it["time"], wall), it["alert"] or "-", it["reason"]


def spell_clock(clock: Json) -> str:
    """The time of a sandbox, and how far it is from the real time."""
    apart = output.read_time(clock["now"]) - output.read_time(clock["wall"])
    notes = (
        [f"{output.rough(apart)} {'ahead' if apart > timedelta() else 'behind'}"]
        if abs(apart) >= _AHEAD
        else []
    )
    notes += ["frozen"] if clock["frozen"] else []
    return output.spell_time(clock["now"]) + (f" ({', '.join(notes)})" if notes else "")


def short(digest: str) -> str:
    """As much of a digest as names what it is of."""
    return digest[:_DIGEST]


def state(it: Json) -> Text:
    """What state something is in, in its colour."""
    return Text(it["state"], _STYLES.get(it["state"], "red"))


def _end(token: Json, now: str) -> str:
    end = token["ended_at"] or token["expires_at"]
    return output.relative(end, now) if end else "never"
