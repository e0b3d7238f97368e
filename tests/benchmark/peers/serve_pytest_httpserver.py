"""pytest-httpserver outside pytest, as its documentation shows; run with the Python that it is installed for.

Arguments: a port and, for mutual TLS, the folder of `server.pem` and `ca.pem`.
"""

from __future__ import annotations

import importlib
import ssl
import sys


def main(port: str, certs: str = "") -> None:
    """Answer each token request with the same token until there is no more input."""
    context = None
    if certs:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=f"{certs}/ca.pem")
        context.load_cert_chain(f"{certs}/server.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    # By name, because it is not installed where mypy looks.
    server_class = importlib.import_module("pytest_httpserver").HTTPServer
    # With TLS a single thread would wait for one client's request while another shakes hands.
    options = {"ssl_context": context, "threaded": True} if context else {}
    with server_class(host="127.0.0.1", port=int(port), **options) as server:
        server.expect_request("/oauth/token", method="POST").respond_with_json(
            {"access_token": "x" * 36, "token_type": "bearer", "expires_in": 43199}
        )
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
