"""`GET /v1/authenticated/playground`, Wise's mTLS test endpoint (docs/wise/mtls.md#certificates)."""

from __future__ import annotations

from mockwise.web.wise.api_call import Call
from mockwise.web.wise.responses import Response, json_response


def show(call: Call) -> Response:
    """Whom the mock sees. The body is ours: Wise's is UNKNOWN."""
    return json_response(
        200,
        {
            "clientId": call.caller.token.client_id,
            "tokenType": call.caller.token.kind,
            "mtls": call.context.peer.certificate is not None,
        },
    )
