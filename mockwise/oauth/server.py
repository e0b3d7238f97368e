"""What the token endpoint answers to a request, without HTTP.

The order of the checks is Spring's: the client (401), then the parameters (400), then the grant.
"""

from __future__ import annotations

from mockwise.oauth import wise_wire
from mockwise.oauth.client_authentication import authenticate_client
from mockwise.oauth.errors import InvalidRequest, UnsupportedGrantType
from mockwise.oauth.grants import GRANTS
from mockwise.oauth.jose import Signer
from mockwise.oauth.messages import TokenRequest, TokenResponse
from mockwise.oauth.parameters import read_parameters
from mockwise.oauth.reasons.parameters import unknown_grant_type
from mockwise.oauth.token_issuing import GrantRequest
from mockwise.state.sandbox_state import SandboxState


class AuthorizationServer:
    """The token endpoint, without HTTP."""

    def __init__(self, signer: Signer) -> None:
        self.signer = signer

    def token(self, sandbox: SandboxState, request: TokenRequest) -> TokenResponse:
        """Answer a request to the token endpoint.

        Raises:
            OAuthError: it was refused; RFC 6749 section 5.2, docs/wise/token-endpoint.md#errors.
        """
        client = authenticate_client(sandbox, request)
        parameters = read_parameters(request.form)
        grant_type = parameters.get("grant_type")
        if grant_type is None:
            raise InvalidRequest(
                wise_wire.MISSING_GRANT_TYPE,
                reason="There is no grant_type in the body. Send it as application/x-www-form-urlencoded.",
                lacks="grant_type",
            )
        grant = GRANTS.get(grant_type)
        if grant is None:
            raise UnsupportedGrantType(
                wise_wire.UNSUPPORTED_GRANT_TYPE,
                reason=unknown_grant_type(grant_type, GRANTS),
            )
        return grant(GrantRequest(sandbox, client, parameters, request.time, self.signer, request.text))
