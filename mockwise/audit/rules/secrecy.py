"""Whether secrets and tokens travel where they belong: in the `Authorization` header."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import parse_qsl

from mockwise.audit.findings import Hit, rule
from mockwise.audit.record import Record, asks, grouped
from mockwise.core.journal import Exchange

_TOKENS = frozenset({"accesstoken", "refreshtoken", "bearer", "bearertoken", "idtoken", "token"})
_SECRETS = frozenset({"clientsecret", "secret", "password", "clientassertion", "authorization", "apikey"})


@rule(
    "error",
    title="A secret or a token is in a URL",
    says="Client credentials must not be in the request URI, and clients must not pass access tokens in a query "
    "parameter: URLs end in logs, histories and Referer headers.",
    source="RFC 6749 section 2.3.1; RFC 9700 section 4.3.2; RFC 6750 section 5.3",
    remedy="Send the client id and secret by HTTP Basic and the token as `Authorization: Bearer`.",
)
def secret_in_query(record: Record) -> Iterable[Hit]:
    """By the parameter's name: the journal does not know values."""
    found = [
        (it.client_id, (it, name))
        for it in record.exchanges
        for name, _ in parse_qsl(it.query)
        if _plain(name) in _TOKENS | _SECRETS
    ]
    for client_id, hits in grouped(found).items():
        yield _hit(client_id, hits, "query parameter")


@rule(
    "warning",
    title="The client secret is in the body",
    says="Including the client credentials in the request body is not recommended; Wise asks for HTTP Basic, with the "
    "client id as user and the secret as password.",
    source="RFC 6749 section 2.3.1; Wise, Authentication & Access (facts 1.1, DOCUMENTED)",
    remedy="Send the secret by HTTP Basic alone. A body is logged more easily than a header, and Wise does not read it "
    "there.",
)
def secret_in_body(record: Record) -> Iterable[Hit]:
    """In a form or in JSON."""
    found = [
        (it.client_id, (it, name))
        for it in record.exchanges
        if asks(it)
        for name in _body_names(it.request_body)
        if _plain(name) in _SECRETS
    ]
    for client_id, hits in grouped(found).items():
        yield _hit(client_id, hits, "body parameter")


def _hit(client_id: str | None, hits: list[tuple[Exchange, str]], where: str) -> Hit:
    exchanges = list({it.number: it for it, _ in hits}.values())
    names = ", ".join(sorted({name for _, name in hits}))
    times = "1 request" if len(exchanges) == 1 else f"{len(exchanges)} requests"
    return Hit(client_id, exchanges, f"{times} with the {where} {names}")


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _body_names(body: str) -> list[str]:
    if body.startswith("{"):
        try:
            return list(json.loads(body))
        except ValueError:  # it was cut short
            return []
    return [name for name, _ in parse_qsl(body)]
