"""An exchange in one line, as the terminal, the command line and the report of a failed test show it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class ExchangeLine(NamedTuple):
    """The parts of the line; a terminal gives each its colour."""

    time: str
    """When it arrived, really, in the local time zone."""
    status: str
    request: str
    who: str
    """The host, the client, and the sandbox where it is not the default one."""
    reason: str
    """Why it was refused; empty if it was not."""

    @property
    def text(self) -> str:
        """The line without colours."""
        reason = f"  {self.reason}" if self.reason else ""
        return f"{self.time} {self.status} {self.request} {self.who}{reason}"


def exchange_line(
    *,
    wall_time: datetime,
    status: int,
    method: str,
    path: str,
    host: str,
    client_id: str | None,
    reason: str | None,
    query: str = "",
    sandbox: str = "default",
) -> ExchangeLine:
    """The line of an exchange that is known by its members, as the control API sends them."""
    where = "" if sandbox == "default" else f" [{sandbox}]"
    return ExchangeLine(
        clock_time(wall_time),
        str(status or "left"),
        f"{method} {printable(f'{path}?{query}' if query else path)}",
        f"{host} {printable(client_id or '-')}{where}",
        reason or "",
    )


def clock_time(time: datetime) -> str:
    """A time in the local time zone, to the second, without the date."""
    return time.astimezone().strftime("%H:%M:%S")


def printable(text: str) -> str:
    """A text from outside, without characters that would move a terminal's cursor."""
    return text if text.isprintable() else ascii(text)
