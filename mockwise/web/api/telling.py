"""What is told of an exchange: decoded, cut short, and without secrets.

Most exchanges are never looked at, so this is done when somebody asks, and not before.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from mockwise.core.digests import digest_of
from mockwise.core.journal import Exchange
from mockwise.web.api.masking import MASK, mask_body, mask_headers, mask_pairs, mask_query, mask_text

if TYPE_CHECKING:
    from mockwise.web.api.passage import Passage

LONGEST_ANSWER = 4096
"""How many bytes of an answer the journal keeps."""

_OURS = secrets.token_bytes(16)


def tell(passage: Passage) -> Exchange:
    """What happened on a passage that is over."""
    connection = passage.connection
    return Exchange(
        number=passage.number,
        time=passage.time,
        wall_time=passage.wall_time,
        duration=timedelta(seconds=passage.seconds),
        sandbox=passage.sandbox.name,
        host=connection.listener,
        connection=connection.id,
        open_connections=passage.open_connections,
        tls_version=connection.tls_version,
        cipher=connection.cipher,
        certificate=passage.peer.certificate,
        client_id=passage.client_id and mask_text(passage.client_id),
        grant_type=next((mask_text(value) for name, value in passage.form if name == "grant_type"), None),
        token=passage.token,
        token_kind=passage.holder.kind if passage.holder else None,
        link=_link(passage),
        fingerprint=_fingerprint(passage),
        method=passage.method,
        path=mask_text(passage.path),
        query=mask_query(passage.query),
        request_headers=mask_headers(passage.headers, _authorization(passage)),
        request_body=_request_body(passage),
        status=passage.status,
        response_headers=mask_headers(passage.response_headers),
        response_body=passage.response_body.decode("utf-8", "replace"),
        fault=passage.fault,
        reason=passage.reason,
        trace_id=passage.trace_id,
        basic_encoding=passage.basic_encoding,
    )


def _link(passage: Passage) -> str | None:
    presented = next((value for name, value in passage.form if name == "refresh_token"), None)
    if presented is not None:
        return digest_of(presented)
    return passage.holder.link if passage.holder else None


def _fingerprint(passage: Passage) -> str:
    """A keyed hash, so that nobody can try secrets on it."""
    sent = (
        passage.method,
        passage.path,
        passage.query,
        [value for name, value in passage.headers if name == b"authorization"],
        passage.form or passage.body,
    )
    return hashlib.blake2b(repr(sent).encode(), key=_OURS, digest_size=8).hexdigest()


def _authorization(passage: Passage) -> str:
    """What may be shown of the header: whose credentials, or which token."""
    if passage.basic_user is not None:
        return f"Basic {mask_text(passage.basic_user)}:{MASK}"
    return MASK if passage.token is None else f"Bearer {MASK}{passage.token}"


def _request_body(passage: Passage) -> str:
    if passage.form:
        return mask_pairs(passage.form)
    return mask_body(passage.body) if passage.body else ""
