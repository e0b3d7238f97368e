"""What is told of an exchange: decoded, cut short, and without secrets.

Most exchanges are never looked at, so this is done when somebody asks, and not before.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mockwise.common.digests import digest_of
from mockwise.journal.journal import Exchange
from mockwise.state.certificates import PeerCertificate
from mockwise.state.known_secrets import MASK
from mockwise.web.wise.masking import mask_body, mask_headers, mask_pairs, mask_query, mask_text

if TYPE_CHECKING:
    from mockwise.web.wise.request_context import Passage

LONGEST_ANSWER = 4096
"""How many bytes of an answer the journal keeps."""

_OURS = secrets.token_bytes(16)


def tell(passage: Passage) -> Exchange:
    """What happened on a passage that is over."""
    connection = passage.connection
    hide = passage.known.hide
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
        certificate=_certificate(passage),
        client_id=_shown_user(passage, passage.client_id),
        grant_type=next(
            (mask_text(value, hide) for name, value in passage.form if name == "grant_type"), None
        ),
        token=passage.token,
        token_kind=passage.holder.kind if passage.holder else None,
        link=_link(passage),
        fingerprint=_fingerprint(passage),
        method=passage.method,
        path=mask_text(passage.path, hide),
        query=mask_query(passage.query, hide),
        request_headers=mask_headers(passage.headers, hide, _authorization(passage)),
        request_body=_request_body(passage),
        status=passage.status,
        response_headers=mask_headers(passage.response_headers, hide),
        response_body=hide(passage.response_body.decode("utf-8", "replace")),
        fault=passage.fault,
        reason=passage.reason and hide(passage.reason),
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


def _shown_user(passage: Passage, user: str | None) -> str | None:
    """Who was named as the client, which may be a secret in the wrong place."""
    if user is None or passage.known.names_client(user):
        return user
    return mask_text(user, passage.known.hide)


def _certificate(passage: Passage) -> PeerCertificate | None:
    certificate = passage.peer.certificate
    if certificate is None:
        return None
    name = _shown_user(passage, certificate.common_name)
    return certificate if name == certificate.common_name else replace(certificate, common_name=name or "")


def _authorization(passage: Passage) -> str:
    """What may be shown of the header: whose credentials, or which token."""
    if passage.basic_user is not None:
        return f"Basic {_shown_user(passage, passage.basic_user)}:{MASK}"
    return MASK if passage.token is None else f"Bearer {MASK}{passage.token}"


def _request_body(passage: Passage) -> str:
    if passage.form:
        return mask_pairs(passage.form, passage.known.hide)
    return mask_body(passage.body, passage.known.hide) if passage.body else ""
