"""Files to download: what to trust, and what the sandbox's own client shows, as PEM and as Java keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockwise.sandbox.handle import Sandbox
from mockwise.web.dashboard.snippets import PASSWORD

_PEM, _PKCS12 = "application/x-pem-file", "application/x-pkcs12"

FILES: Mapping[str, tuple[str, Callable[[Sandbox], str | bytes]]] = {
    "ca.pem": (_PEM, lambda sandbox: sandbox.ca_pem),
    "client.pem": (_PEM, lambda sandbox: sandbox.credentials.certificate_pem),
    "client.key": (_PEM, lambda sandbox: sandbox.credentials.key_pem),
    "client.p12": (_PKCS12, lambda sandbox: sandbox.credentials.key_store(PASSWORD)),
    "truststore.p12": (_PKCS12, lambda sandbox: sandbox.trust_store(PASSWORD)),
}


def download(sandbox: Sandbox, name: str) -> Response:
    """The response that downloads one of `FILES`; 404 for another name."""
    if name not in FILES:
        raise HTTPException(404)
    media_type, make = FILES[name]
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(make(sandbox), media_type=media_type, headers=headers)
