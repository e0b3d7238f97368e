"""A journal written by hand, a line per exchange; times are seconds after noon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mockwise.audit.audit_input import AuditInput, TokenHistory
from mockwise.audit.auditing import judge
from mockwise.audit.findings import Finding
from mockwise.journal.journal import Exchange
from mockwise.state.clients import Client, ClientSecret
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.tokens import IssuedToken, TokenState, TokenStatus, TokenSubject
from tests.state.helpers import NOON, exchange

CALL = {"method": "GET", "path": "/v1/authenticated/playground", "grant_type": None}
HOUR = 3600.0
LIFE = 43199


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


class JournalBuilder:
    """Writes a journal: exchanges of the client `app`, unless they say otherwise, and the tokens in them."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.lives: dict[str, TokenHistory] = {}
        self.links: dict[str, RefreshGrant] = {}
        self.clients: dict[str, Client] = {}
        self.revoked: set[str] = set()
        self.judged_by_sandbox = False

    def add(
        self,
        seconds: float = 0.0,
        *,
        wall: float | None = None,
        retry_after: object = None,
        **fields: Any,
    ) -> Exchange:
        """Add an exchange with these fields."""
        headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
        made = replace(
            exchange(len(self.exchanges) + 1),
            time=at(seconds),
            wall_time=at(seconds if wall is None else wall),
            response_headers=headers,
            **fields,
        )
        self.exchanges.append(made)
        return made

    def fetch(
        self,
        token: str,
        seconds: float = 0.0,
        *,
        life: float = LIFE,
        link: str | None = None,
        **fields: Any,
    ) -> Exchange:
        """Add a token request that is answered with that token."""
        kind = "client_credentials" if link is None else "user"
        client = fields.get("client_id", "app")
        subject = TokenSubject(kind="user" if link else "client_credentials", client_id=client, link=link)
        issued = IssuedToken(token, len(self.lives) + 1, subject, at(seconds), at(seconds + life))
        self.lives.setdefault(token, TokenHistory(issued, TokenStatus(TokenState.LIVE)))
        given = {"response_body": f'{{"expires_in": {life}}}', "token_kind": kind, "link": link, **fields}
        return self.add(seconds, token=token, **given)

    def refresh(self, token: str, link: str, seconds: float = 0.0, **fields: Any) -> Exchange:
        """Add a refresh that is answered with that token."""
        return self.fetch(token, seconds, link=link, **{"grant_type": "refresh_token", **fields})

    def call(self, token: str | None, seconds: float = 0.0, **fields: Any) -> Exchange:
        """Add an API call with that token."""
        return self.add(seconds, **{**CALL, "token": token, "fingerprint": f"call {token}", **fields})

    def ask(self, seconds: float = 0.0, **fields: Any) -> Exchange:
        """Add a token request that is refused, and brings no token."""
        return self.add(seconds, **{"status": 503, **fields})

    def die(self, token: str, seconds: float, state: TokenState = TokenState.REVOKED) -> None:
        """Let a token end at that time."""
        self.lives[token] = TokenHistory(self.lives[token].token, TokenStatus(state, at(seconds)))

    def replaced(
        self, link: str, seconds: float, event: RevocationCause | None = RevocationCause.GRANTED_ANEW
    ) -> None:
        """Let a refresh token be replaced by a newer one."""
        self.links[link] = RefreshGrant(
            digest=link,
            client_id="app",
            user_id=1,
            profile_id=None,
            by_registration=False,
            granted_at=NOON,
            expires_at=at(1e8),
            ended_at=at(seconds),
            ended_by=event,
        )

    def client(self, client_id: str, mtls: Any = "required") -> None:
        """A client that the sandbox knows."""
        self.clients[client_id] = Client(
            client_id=client_id, client_key=client_id, secrets=(ClientSecret("s"),), mtls=mtls
        )

    @property
    def record(self) -> AuditInput:
        """What the rules of the audit are given."""
        last = max((it.time for it in self.exchanges), default=NOON.astimezone(UTC))
        return AuditInput(
            now=last,
            exchanges=self.exchanges,
            lives=self.lives,
            links=self.links,
            clients=self.clients,
            revoked_certificates=self.revoked,
            sandbox_judges_certificates=self.judged_by_sandbox,
        )

    @property
    def findings(self) -> list[Finding]:
        """What all rules together find in this journal."""
        return judge(self.record)

    @property
    def broken(self) -> list[str]:
        """The names of the rules that are broken."""
        return [it.rule for it in self.findings]


def only(findings: list[Finding]) -> Finding:
    """The one that there is."""
    assert len(findings) == 1, findings
    return findings[0]


def levels(findings: list[Finding]) -> Mapping[str, str]:
    """The level of each rule that was broken, by the rule's name."""
    return {it.rule: it.level for it in findings}
