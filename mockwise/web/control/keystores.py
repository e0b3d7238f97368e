"""Key store and trust store as PKCS #12 files (RFC 7292), which Java, .NET and Windows read."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from mockwise.web.control.errors import documented
from mockwise.web.control.shared import SANDBOX, RequestBody, SandboxDep

router = APIRouter(prefix=SANDBOX, tags=["certificates"])

_TYPE = "application/x-pkcs12"


class _Pkcs12(Response):
    """A PKCS #12 file; without a type of its own, because the document would show errors in that type, too."""

    media_type = None


class TrustStoreOrder(RequestBody):
    """How a trust store is to be made."""

    password: str = Field(
        min_length=1, max_length=1000, description="What opens the file.", examples=["changeit"]
    )


class KeyStoreOrder(TrustStoreOrder):
    """How a key store is to be made."""

    client_id: str | None = Field(
        default=None,
        description="Whose; the sandbox's own client's without. Another client gets a new certificate for it.",
    )


def _file(description: str) -> dict[int | str, dict[str, Any]]:
    content = {_TYPE: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": description, "content": content}}


@router.post(
    "/keystore",
    summary="A key store",
    response_class=_Pkcs12,
    responses=_file("The certificate, its key and its chain.") | documented(400, 404, 409),
)
def key_store(sandbox: SandboxDep, body: KeyStoreOrder) -> Response:
    """A client's certificate with its key and its chain as a PKCS #12 file, which the password opens."""
    made = sandbox.credentials_of(body.client_id).key_store(body.password)
    return Response(made, media_type=_TYPE)


@router.post(
    "/truststore",
    summary="A trust store",
    response_class=_Pkcs12,
    responses=_file("The authority to trust, with the mark that Java wants.") | documented(400, 404),
)
def trust_store(sandbox: SandboxDep, body: TrustStoreOrder) -> Response:
    """The mock's authority as a PKCS #12 file, which the password opens; both authorities while it is rotated."""
    return Response(sandbox.trust_store(body.password), media_type=_TYPE)
