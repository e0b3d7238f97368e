"""Whether credentials travel as they should: secrets and tokens in the `Authorization` header, and the client's id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl

from mockwise.audit.audit_input import AuditInput, grouped, issued_token
from mockwise.audit.findings import Violation, rule
from mockwise.common.slices import in_slices
from mockwise.journal.journal import Exchange

_TOKENS = frozenset({"accesstoken", "refreshtoken", "bearer", "bearertoken", "idtoken", "token"})
_CODE_GRANTS = frozenset({"authorization_code", "registration_code"})
_LONGEST_CACHED = 500  # characters of a body
_SECRETS = frozenset({"clientsecret", "secret", "password", "clientassertion", "authorization", "apikey"})


@rule(
    "error",
    title="A secret or a token is in a URL",
    says="Client credentials must not be in the request URI, and clients must not pass access tokens in a query "
    "parameter: URLs end in logs, histories and Referer headers.",
    source="RFC 6749 section 2.3.1; RFC 9700 section 4.3.2; RFC 6750 section 5.3",
    remedy="Send the client id and secret by HTTP Basic and the token as `Authorization: Bearer`.",
)
def secret_in_query(record: AuditInput) -> Iterable[Violation]:
    """Secrets in the URL, found by the parameter's name: the journal does not know values."""
    found = [
        (it.client_id, (it, name))
        for it in record.exchanges
        if it.query
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
    source="RFC 6749 section 2.3.1; Wise, Authentication & Access (docs/wise/token-endpoint.md#request, DOCUMENTED)",
    remedy="Send the secret by HTTP Basic alone. A body is logged more easily than a header, and Wise does not read it "
    "there.",
)
def secret_in_body(record: AuditInput) -> Iterable[Violation]:
    """Secrets in a body, be it a form or JSON."""
    found = [
        (it.client_id, (it, name))
        for it in in_slices(record.token_requests)
        for name in _body_names(it.request_body)
        if _plain(name) in _SECRETS
    ]
    for client_id, hits in grouped(found).items():
        yield _hit(client_id, hits, "body parameter")


@rule(
    "note",
    title="The secret is read in one of two ways",
    says="RFC 7617 takes id and secret as they are, and RFC 6749 form-encodes them first: the characters + and %, and those "
    "that are encoded, are read differently. Which of the two Wise wants is not documented.",
    source="RFC 7617 section 2; RFC 6749 section 2.3.1; docs/wise/errors.md#order-of-checks i (UNKNOWN)",
    remedy="Try the client with basic_encoding=raw and with basic_encoding=form. A secret of letters, digits and -._ is "
    "read alike in both.",
)
def secret_encoding(record: AuditInput) -> Iterable[Violation]:
    """What was right as it came alone, or form-decoded alone."""
    found = [(it.client_id, it) for it in record.exchanges if it.basic_encoding is not None]
    for client_id, exchanges in grouped(found).items():
        ways = sorted({_ENCODED[it.basic_encoding or "raw"] for it in exchanges})
        yield Violation(
            client_id, exchanges, f"{_counted(len(exchanges))} with id or secret {' or '.join(ways)}"
        )


_ENCODED = {"raw": "sent as they are, which form-decoding changes", "form": "form-encoded"}


@rule(
    "note",
    title="A grant comes without client_id",
    says="client_id is among the parameters of the grants authorization_code and registration_code, beside HTTP Basic.",
    source="Wise, OAuth token reference (docs/wise/token-endpoint.md#parameters, DOCUMENTED)",
    remedy="Send client_id in the body too. Whether Wise insists on it is not known.",
)
def client_id_left_out(record: AuditInput) -> Iterable[Violation]:
    """Where the mock let it through (client_id_parameter)."""
    found = [
        (it.client_id, it)
        for it in record.token_requests
        if it.grant_type in _CODE_GRANTS
        and issued_token(it)
        and "client_id" not in {name for name, value in parse_qsl(it.request_body) if value}
    ]
    for client_id, exchanges in grouped(found).items():
        yield Violation(client_id, exchanges, f"{_counted(len(exchanges))} of these grants without it")


def _hit(client_id: str | None, hits: list[tuple[Exchange, str]], where: str) -> Violation:
    exchanges = list({it.number: it for it, _ in hits}.values())
    names = ", ".join(sorted({name for _, name in hits}))
    return Violation(client_id, exchanges, f"{_counted(len(exchanges))} with the {where} {names}")


def _counted(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _body_names(body: str) -> Sequence[str]:
    """The names of the parameters in a body. With the secrets masked, short ones are mostly the same."""
    return _read_names(body) if len(body) > _LONGEST_CACHED else _cached_names(body)


def _read_names(body: str) -> Sequence[str]:
    if body.startswith("{"):
        try:
            return tuple(json.loads(body))
        except ValueError:  # it was cut short
            return ()
    return tuple(name for name, _ in parse_qsl(body))


_cached_names = lru_cache(maxsize=64)(_read_names)
