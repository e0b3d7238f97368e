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
    from mockwise.web.wise.request_context import RequestContext

LONGEST_ANSWER = 4096
"""How many bytes of an answer the journal keeps."""

_OURS = secrets.token_bytes(16)


def build_exchange(context: RequestContext) -> Exchange:
    """What happened on a passage that is over."""
    connection = context.connection
    hide = context.known.hide
    return Exchange(
        number=context.number,
        time=context.time,
        wall_time=context.wall_time,
        duration=timedelta(seconds=context.seconds),
        sandbox=context.sandbox.name,
        host=connection.listener,
        connection=connection.id,
        open_connections=context.open_connections,
        tls_version=connection.tls_version,
        cipher=connection.cipher,
        certificate=_certificate(context),
        client_id=_shown_user(context, context.client_id),
        grant_type=next(
            (mask_text(value, hide) for name, value in context.form if name == "grant_type"), None
        ),
        token=context.token,
        token_kind=context.subject.kind if context.subject else None,
        link=_link(context),
        fingerprint=_fingerprint(context),
        method=context.method,
        path=mask_text(context.path, hide),
        query=mask_query(context.query, hide),
        request_headers=mask_headers(context.headers, hide, _authorization(context)),
        request_body=_request_body(context),
        status=context.status,
        response_headers=mask_headers(context.response_headers, hide),
        response_body=hide(context.response_body.decode("utf-8", "replace")),
        fault=context.fault,
        reason=context.reason and hide(context.reason),
        trace_id=context.trace_id,
        basic_encoding=context.basic_encoding,
    )


def _link(context: RequestContext) -> str | None:
    presented = next((value for name, value in context.form if name == "refresh_token"), None)
    if presented is not None:
        return digest_of(presented)
    return context.subject.link if context.subject else None


def _fingerprint(context: RequestContext) -> str:
    """A keyed hash, so that nobody can try secrets on it."""
    sent = (
        context.method,
        context.path,
        context.query,
        [value for name, value in context.headers if name == b"authorization"],
        context.form or context.body,
    )
    return hashlib.blake2b(repr(sent).encode(), key=_OURS, digest_size=8).hexdigest()


def _shown_user(context: RequestContext, user: str | None) -> str | None:
    """Who was named as the client, which may be a secret in the wrong place."""
    if user is None or context.known.names_client(user):
        return user
    return mask_text(user, context.known.hide)


def _certificate(context: RequestContext) -> PeerCertificate | None:
    certificate = context.peer.certificate
    if certificate is None:
        return None
    name = _shown_user(context, certificate.common_name)
    return certificate if name == certificate.common_name else replace(certificate, common_name=name or "")


def _authorization(context: RequestContext) -> str:
    """What may be shown of the header: whose credentials, or which token."""
    if context.basic_user is not None:
        return f"Basic {_shown_user(context, context.basic_user)}:{MASK}"
    return MASK if context.token is None else f"Bearer {MASK}{context.token}"


def _request_body(context: RequestContext) -> str:
    if context.form:
        return mask_pairs(context.form, context.known.hide)
    return mask_body(context.body, context.known.hide) if context.body else ""
