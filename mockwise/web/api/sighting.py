"""What was seen of one exchange, kept as it was, and told as a masked `Exchange` when somebody asks.

Most exchanges are never looked at, so nothing is decoded, masked or joined before. A sighting holds plain values only,
no object that holds others: ten thousand of them must not be a burden for the garbage collector.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from mockwise.core.certificates import read_certificate
from mockwise.core.journal import Exchange, Pairs
from mockwise.web.api.masking import MASK, mask_body, mask_headers, mask_pairs, mask_query, mask_text

Headers = tuple[tuple[bytes, bytes], ...]

_LONGEST_ANSWER = 4096  # bytes of an answer that the journal keeps


class Sighting(NamedTuple):
    """The fields of an `Exchange`, raw; the token that was issued is not among them."""

    number: int
    time: datetime
    wall_time: datetime
    seconds: float
    sandbox: str
    host: str
    connection: str
    tls_version: str | None
    cipher: str | None
    certificate_pem: str | None
    client_id: str | None
    token: str | None
    method: str
    path: str
    query: bytes
    basic_user: str | None
    request_headers: Headers
    form: Pairs
    body: bytes
    status: int
    response_headers: Headers
    response_body: bytes
    reason: str | None
    trace_id: str

    def exchange(self) -> Exchange:
        """What happened, without secrets."""
        return Exchange(
            number=self.number,
            time=self.time,
            wall_time=self.wall_time,
            duration=timedelta(seconds=self.seconds),
            sandbox=self.sandbox,
            host=self.host,
            connection=self.connection,
            tls_version=self.tls_version,
            cipher=self.cipher,
            certificate=read_certificate(self.certificate_pem) if self.certificate_pem else None,
            client_id=self.client_id and mask_text(self.client_id),
            grant_type=next((mask_text(value) for name, value in self.form if name == "grant_type"), None),
            token=self.token,
            method=self.method,
            path=mask_text(self.path),
            query=mask_query(self.query),
            request_headers=mask_headers(self.request_headers, self._authorization()),
            request_body=self._request_body(),
            status=self.status,
            response_headers=mask_headers(self.response_headers),
            response_body=self.response_body[:_LONGEST_ANSWER].decode("utf-8", "replace"),
            fault=None,
            reason=self.reason,
            trace_id=self.trace_id,
        )

    def _authorization(self) -> str:
        """What may be shown of the header: whose credentials, or which token."""
        if self.basic_user is not None:
            return f"Basic {mask_text(self.basic_user)}:{MASK}"
        return MASK if self.token is None else f"Bearer {MASK}{self.token}"

    def _request_body(self) -> str:
        if self.form:
            return mask_pairs(self.form)
        return mask_body(self.body) if self.body else ""
