"""Authorization server metadata (RFC 8414), with the names of the mTLS host (RFC 8705 section 5).

Wise publishes none (docs/wise/consent-and-revocation.md#revocation). The issuer is the host that serves this document, as RFC 8414 section 3.3 wants it;
that it is plain HTTP is the mock's.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockwise.oauth.grants import GRANTS
from mockwise.oauth.wise_wire import SCOPE

TOKEN_PATH = "/oauth/token"
AUTHORIZE_PATH = "/oauth/authorize/"
REVOCATION_PATH = "/oauth/revoke"
INTROSPECTION_PATH = "/oauth/introspect"

_BASIC = ("client_secret_basic",)


def metadata(issuer: str, tls_url: str, mtls_url: str) -> Mapping[str, object]:
    """The document, for the control host at `issuer` and the two hosts that stand in for Wise."""
    return {
        "issuer": issuer,
        "authorization_endpoint": tls_url + AUTHORIZE_PATH,
        "token_endpoint": tls_url + TOKEN_PATH,
        "token_endpoint_auth_methods_supported": _BASIC,
        "scopes_supported": (SCOPE,),
        "response_types_supported": ("code",),
        "grant_types_supported": tuple(GRANTS),
        "revocation_endpoint": issuer + REVOCATION_PATH,
        "revocation_endpoint_auth_methods_supported": _BASIC,
        "introspection_endpoint": issuer + INTROSPECTION_PATH,
        "introspection_endpoint_auth_methods_supported": _BASIC,
        "mtls_endpoint_aliases": {"token_endpoint": mtls_url + TOKEN_PATH},
    }
