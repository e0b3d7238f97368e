"""`mockwise status`: the clock, clients, certificates, tokens and faults of a sandbox."""

from __future__ import annotations

from rich.text import Text

from mockwise.cli import output, rows
from mockwise.cli.app import commands
from mockwise.cli.control import Control, Json, with_control
from mockwise.cli.output import AsJson
from mockwise.journal.lines import printable

app = commands()

_TOKENS, _HANDSHAKES, _SPENT, _SANDBOXES = 20, 5, 5, 20  # so many are shown


@app.command()
@with_control
def status(
    mock: Control,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a sandbox: its clock, clients, certificates, tokens, faults, and handshakes that were refused."""
    sandboxes = mock.mock("/sandboxes", limit=_SANDBOXES)
    seen = {
        "sandbox": mock.read(),
        "clock": mock.read("/clock"),
        "clients": mock.read("/clients")["clients"],
        "certificates": mock.read("/certificates")["certificates"],
        "tokens": mock.read("/tokens", limit=_TOKENS),
        "faults": mock.read("/faults")["faults"],
        "handshakes": mock.mock("/handshakes", limit=_HANDSHAKES),
        "sandboxes": [sandbox["name"] for sandbox in sandboxes["sandboxes"]],
        "sandbox_count": sandboxes["count"],
    }
    if as_json:
        output.print_json(seen)
    else:
        _print(seen)


def _print(seen: Json) -> None:
    sandbox, clock = seen["sandbox"], seen["clock"]
    others = [name for name in seen["sandboxes"] if name != sandbox["name"]]
    if more := seen["sandbox_count"] - 1 - len(others):
        others.append(f"{more} more")
    for name, value in (
        ("sandbox", sandbox["name"] + (f" (others: {', '.join(others)})" if others else "")),
        ("mTLS host", sandbox["mtls_url"]),
        ("TLS host", sandbox["tls_url"]),
        ("client id", sandbox["client_id"]),
        ("clock", rows.spell_clock(clock)),
        ("tokens", _counted(sandbox["tokens"])),
        (
            "new tokens",
            f"{sandbox['options']['token_format']}, alive for {sandbox['options']['token_lifetime']}",
        ),
        ("exchanges", str(sandbox["exchanges"])),
    ):
        output.line(Text.assemble((f"{name:<12}", "dim"), printable(value)))
    now, wall = clock["now"], clock["wall"]
    _print_tokens(seen["tokens"], sandbox["client_id"], now)
    if len(seen["clients"]) > 1:
        output.print_table("Clients", rows.CLIENT_COLUMNS, map(rows.client_row, seen["clients"]))
    _print_certificates(seen["certificates"], sandbox["client_id"], wall)
    _print_faults(seen["faults"])
    output.print_table(
        "Refused handshakes, of the whole mock",
        rows.HANDSHAKE_COLUMNS,
        (rows.handshake_row(it, wall) for it in seen["handshakes"]["handshakes"]),
    )


def _counted(tokens: Json) -> str:
    return ", ".join(f"{count} {state}" for state, count in tokens.items() if count) or "none"


def _print_tokens(tokens: Json, own: str, now: str) -> None:
    shown = tokens["tokens"]
    newest = f", the newest {len(shown)} of {tokens['count']}" if tokens["count"] > len(shown) else ""
    _print_owned(
        f"Tokens{newest}",
        rows.TOKEN_COLUMNS,
        [rows.token_row(it, now) for it in shown],
        [rows.token_owner(it) for it in shown],
        own,
    )


def _print_certificates(certificates: list[Json], own: str, wall: str) -> None:
    _print_owned(
        "Certificates",
        rows.CERTIFICATE_COLUMNS,
        [rows.certificate_row(it, wall) for it in certificates],
        [it["client_id"] for it in certificates],
        own,
    )


def _print_faults(faults: list[Json]) -> None:
    if not faults:
        return
    from mockwise.cli.arm import fault_row  # because it brings pydantic, which no other row needs

    spent = [it["number"] for it in faults if it["spent"]]
    shown = [it for it in faults if not it["spent"] or it["number"] in spent[-_SPENT:]]
    output.print_table("Faults", ("fault", "state", "happened", "which"), map(fault_row, shown))


def _print_owned(
    title: str, columns: tuple[str, ...], table: list[tuple[str | Text, ...]], owners: list[str], own: str
) -> None:
    """Print a table, with a column for clients only if there are others than the sandbox's own."""
    if set(owners) <= {own}:
        output.print_table(title, columns, table)
    else:
        named = [(*row, owner) for row, owner in zip(table, owners, strict=True)]
        output.print_table(title, (*columns, "client"), named)
