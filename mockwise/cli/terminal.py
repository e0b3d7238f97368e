"""Prints the banner and the events of a running mock at a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from mockwise.cli.output import REFUSED, coloured
from mockwise.cli.urls import DEFAULT_CONTROL_URL
from mockwise.faults.scenarios import scenario_named
from mockwise.journal.lines import clock_time
from mockwise.mock import BadServer, Exchange, FailedHandshake
from mockwise.sandbox.handle import Sandbox


class Terminal:
    """Prints a banner, then one line for each event."""

    def __init__(self, *, refusals_only: bool) -> None:
        # Wrapped lines could not be pasted, and numbers in paths are not to be coloured.
        self._console = Console(soft_wrap=True, highlight=False)
        self._refusals_only = refusals_only

    def banner(
        self, sandbox: Sandbox, bad_servers: Sequence[BadServer] = (), state: str | None = None
    ) -> None:
        """Print the URLs, the credentials, and a command that gets a token."""
        self._print(Text("mockwise: for testing only. Never give it a real secret.", "bold yellow"), Text())
        for name, value in (
            ("mTLS host", sandbox.mtls_url),
            ("TLS host", sandbox.tls_url),
            ("control host", sandbox.control_url),
            ("client id", sandbox.client_id),
            ("client secret", sandbox.client_secret),
            ("CA", sandbox.ca_file),
            ("certificate", sandbox.cert_file),
            ("key", sandbox.key_file),
        ):
            self._print(Text.assemble((f"  {name:<14}", "dim"), str(value)))
        if state is not None:
            self._print(Text.assemble(("  state         ", "dim"), state))
        for name in sandbox.scenario:
            self._print(
                Text.assemble(("  scenario      ", "dim"), f"{name}  ", (scenario_named(name).story, "dim"))
            )
        if sandbox.strict:
            self._print(
                Text.assemble(("  strict        ", "dim"), f"--seed {sandbox.seed} repeats it exactly")
            )
        self._list(bad_servers)
        self._print(
            Text(),
            Text("Get a token from another terminal:", "dim"),
            Text(curl_line(sandbox), "bold"),
            Text("Then let twelve hours pass:", "dim"),
            Text(verb_line(sandbox), "bold"),
            Text(),
            Text("Ctrl-C stops it.", "dim"),
        )

    def show(self, events: Iterable[Exchange | FailedHandshake | str]) -> None:
        """Print a line for each event, or for refusals only."""
        lines = [
            _exchange_line(event) if isinstance(event, Exchange) else _refusal_line(event)
            for event in events
            if isinstance(event, FailedHandshake)
            or (isinstance(event, Exchange) and not (self._refusals_only and 0 < event.status < REFUSED))
        ]
        if not lines:
            return
        if self._console.is_terminal:
            self._print(Text("\n").join(lines))
        else:  # rich would take four times as long for the same text
            self._console.file.write("".join(f"{line.plain}\n" for line in lines))

    def goodbye(self) -> None:
        """Print that the mock has stopped."""
        self._print(Text("mockwise stopped.", "dim"))

    def _list(self, bad_servers: Sequence[BadServer]) -> None:
        if bad_servers:
            self._print(Text(), Text("Servers that try your client; lines below tell what it did:", "dim"))
        width = max((len(it.kind) for it in bad_servers), default=0) + 2
        for it in bad_servers:
            self._print(Text.assemble((f"  {it.kind:<{width}}", "dim"), f"{it.url}  ", (it.story, "dim")))

    def _print(self, *lines: Text) -> None:
        for line in lines:
            self._console.print(line)


def verb_line(sandbox: Sandbox) -> str:
    """A command that moves the clock, ready to paste into a POSIX shell."""
    words = ["mockwise", "advance", "12h"]
    if sandbox.control_url != DEFAULT_CONTROL_URL:
        words += ["--control", sandbox.control_url]
    if token := sandbox.environ().get("MOCKWISE_CONTROL_TOKEN"):
        words.insert(0, f"MOCKWISE_CONTROL_TOKEN={token}")  # its characters need no quotes
    return shlex.join(words)


def curl_line(sandbox: Sandbox) -> str:
    """A command that gets a token, ready to paste into a POSIX shell."""
    words = [
        "curl",
        *("--noproxy", "*"),
        *("--cacert", sandbox.ca_file, "--cert", sandbox.cert_file, "--key", sandbox.key_file),
        *(
            "--user",
            f"{sandbox.client_id}:{sandbox.client_secret}",
            "--data",
            "grant_type=client_credentials",
            sandbox.token_url,
        ),
    ]
    return shlex.join(map(str, words))


def _exchange_line(exchange: Exchange) -> Text:
    return coloured(exchange.line(), exchange.status)


def _refusal_line(refusal: FailedHandshake) -> Text:
    return Text.assemble(
        (clock_time(refusal.time), "dim"),
        (" TLS", "red"),
        f" handshake refused{'' if refusal.alert is None else f': {refusal.alert}'}",
        (f" {refusal.listener}", "dim"),
        (f"  {refusal.reason}", "red"),
    )
