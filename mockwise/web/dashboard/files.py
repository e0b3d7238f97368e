"""Files to download: what to trust, and what the sandbox's own client shows, as PEM and as Java keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockwise.web.control.ports import Mock
from mockwise.web.dashboard.snippets import PASSWORD

_PEM, _PKCS12 = "application/x-pem-file", "application/x-pkcs12"

FILES: Mapping[str, tuple[str, Callable[[Mock, str], str | bytes]]] = {
    "ca.pem": (_PEM, lambda mock, _: mock.ca_pem),
    "client.pem": (_PEM, lambda mock, sandbox: mock.client_bundle(sandbox).certificate_pem),
    "client.key": (_PEM, lambda mock, sandbox: mock.client_bundle(sandbox).key_pem),
    "client.p12": (_PKCS12, lambda mock, sandbox: mock.key_store(sandbox, PASSWORD)),
    "truststore.p12": (_PKCS12, lambda mock, _: mock.trust_store(PASSWORD)),
}


def download(mock: Mock, sandbox: str, name: str) -> Response:
    """The response that downloads one of `FILES`; 404 for another name."""
    if name not in FILES:
        raise HTTPException(404)
    media_type, make = FILES[name]
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(make(mock, sandbox), media_type=media_type, headers=headers)
