from __future__ import annotations

from mockwise.oauth.credentials import BasicCredentials
from mockwise.oauth.messages import Peer, TokenRequest
from tests.oauth.token_endpoint import TokenEndpoint
from tests.state.helpers import NOON


def test_a_request_does_not_show_its_secrets() -> None:
    """Neither Basic's password nor the body shows in a log or a traceback (mock-only)."""
    form = (("client_secret", "b0dy-secret"),)
    shown = repr(TokenRequest(BasicCredentials("app", "s3cret"), form, Peer(on_mtls_host=True), NOON))
    assert "s3cret" not in shown
    assert "b0dy-secret" not in shown


def test_an_answer_does_not_show_its_token(endpoint: TokenEndpoint) -> None:
    """A token never shows in a log or a traceback (oauth.messages)."""
    answer = endpoint.ask()
    assert answer.text not in repr(answer)
