"""The HTTP client by which the rules ask the target. A request that several rules need is sent once, to spare Wise."""

from __future__ import annotations

import base64
import ssl
from functools import cache, cached_property
from typing import Any
from urllib.parse import quote_plus

import httpx

from .rulebook import not_applicable
from .target import Pair, Target

GRANT = {"grant_type": "client_credentials"}
TOKEN_PATH = "/oauth/token"
PLAYGROUND = "/v1/authenticated/playground"
NOWHERE = "/v1/mockwise-contract"
UNKNOWN_TOKEN = "00000000-0000-4000-8000-000000000000"
WRONG_SECRET = "not-the-secret-of-anybody"

_TIMEOUT = 10.0  # seconds
_HEADERS = {"user-agent": "mockwise-contract"}
_SECRET_MEMBERS = ("access_token", "refresh_token", "claimAccountCode")
_SHORTEST_SECRET = 4  # characters; shorter ones would mask the report itself

Outcome = httpx.Response | httpx.TransportError
"""An answer, or the handshake that was refused."""


class TargetClient:
    """Asks the target, over one connection to each of its hosts.

    What a report must not show is added to `secrets`.
    """

    def __init__(self, target: Target, secrets: set[str]) -> None:
        self.target = target
        self.auth = (target.client_id, target.client_secret)
        self._secrets = secrets
        for secret in (target.client_secret, target.refresh_token or ""):
            secrets.update(_spellings(secret))
        self._clients: list[httpx.Client] = []
        self.with_rejected_certificate = cache(self._with_rejected_certificate)

    def close(self) -> None:
        """Close the connections to both hosts."""
        for client in self._clients:
            client.close()

    # Requests.

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request to the mTLS host."""
        return self._asked(self._mtls_host, method, path, **options)

    def ask_tls_host(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request to the TLS host."""
        if self._tls_host is None:
            not_applicable("no TLS host was given: set MOCKWISE_TLS_URL")
        return self._asked(self._tls_host, method, path, **options)

    def ask_token(self, path: str = TOKEN_PATH, **options: Any) -> httpx.Response:
        """Ask for a token: rightly, but for what the options say."""
        return self.ask("POST", path, **self._token_options(options))

    def call(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        """Call the API with a live token."""
        return self.ask(
            method, path, headers=bearer(self.access_token) | options.pop("headers", {}), **options
        )

    # The answers that several rules judge, each asked for once.

    @cached_property
    def granted(self) -> httpx.Response:
        """A token, asked for as Wise documents it."""
        return self.ask_token()

    @cached_property
    def granted_again(self) -> httpx.Response:
        """A second token, asked for in the same way."""
        return self.ask_token()

    @property
    def access_token(self) -> str:
        """The text of a live token; ends the rule if the target gave none."""
        return access_token_of(self.granted)

    @cached_property
    def playground(self) -> httpx.Response:
        """A call with a live token."""
        return self.call(PLAYGROUND)

    @cached_property
    def wrong_secret(self) -> httpx.Response:
        """The right client id with a wrong secret."""
        return self.ask_token(auth=(self.target.client_id, WRONG_SECRET))

    @cached_property
    def no_credentials(self) -> httpx.Response:
        """No `Authorization` header: the certificate alone."""
        return self.ask_token(auth=None)

    @cached_property
    def no_grant_type(self) -> httpx.Response:
        """The right credentials and an empty body."""
        return self.ask_token(content=b"", headers={"content-type": "application/x-www-form-urlencoded"})

    @cached_property
    def unsupported_grant(self) -> httpx.Response:
        """A grant type that nobody offers."""
        return self.ask_token(data={"grant_type": "mockwise_contract"})

    @cached_property
    def other_client_id(self) -> httpx.Response:
        """A `client_id` in the body that is not that of Basic."""
        return self.ask_token(data={**GRANT, "client_id": "mockwise-contract"})

    @cached_property
    def unknown_token(self) -> httpx.Response:
        """A bearer token that nobody issued."""
        return self.ask("GET", PLAYGROUND, headers=bearer(UNKNOWN_TOKEN))

    @cached_property
    def no_token(self) -> httpx.Response:
        """An API call without an `Authorization` header."""
        return self.ask("GET", PLAYGROUND)

    @cached_property
    def token_alone(self) -> httpx.Response:
        """A call whose `Authorization` names no scheme."""
        return self.ask("GET", PLAYGROUND, headers={"authorization": UNKNOWN_TOKEN})

    @cached_property
    def nowhere(self) -> httpx.Response:
        """A call without `Authorization` to a path that nobody serves."""
        return self.ask("GET", NOWHERE)

    @cached_property
    def without_certificate(self) -> Outcome:
        """The right credentials on the mTLS host, and no certificate."""
        return self._outcome(self.target.mtls_context(None))

    @cached_property
    def on_tls_host(self) -> httpx.Response:
        """The right credentials on the TLS host."""
        return self.ask_tls_host("POST", TOKEN_PATH, **self._token_options({}))

    def _with_rejected_certificate(self, name: str) -> Outcome:
        """The right credentials with a certificate that must be refused; `with_twin` remembers it."""
        if self.target.is_wise:
            not_applicable("Wise is not shown certificates that must be refused")
        pair: Pair | None = self.target.rejected_certificate(name)
        if pair is None:
            not_applicable(
                f"there is no {name}.pem with its key: set MOCKWISE_CONTRACT_TWINS to their folder"
            )
        return self._outcome(self.target.mtls_context(pair))

    def speak(self, version: ssl.TLSVersion) -> Outcome:
        """A call over this version of TLS alone."""
        context = self.target.mtls_context(self.target.certificate)
        context.minimum_version = context.maximum_version = version
        return self._outcome(context, "GET", PLAYGROUND, headers=bearer(self.access_token))

    # Connections.

    def _outcome(
        self,
        context: ssl.SSLContext,
        method: str = "POST",
        path: str = TOKEN_PATH,
        **options: Any,
    ) -> Outcome:
        if method == "POST":
            options = self._token_options(options)
        try:
            return self._asked(self._client(self.target.mtls_url, context), method, path, **options)
        except httpx.TransportError as refused:
            return refused

    def _token_options(self, options: dict[str, Any]) -> dict[str, Any]:
        if not options.keys() & {"data", "content", "files", "json"}:
            options["data"] = GRANT
        return {"auth": self.auth, **options}

    def _asked(self, client: httpx.Client, method: str, path: str, **options: Any) -> httpx.Response:
        answer = client.request(method, path, **options)
        shown = answer.request.headers.get("authorization", "").partition(" ")[2]
        for secret in (shown, *_secrets_in(answer)):
            if secret and secret != UNKNOWN_TOKEN:
                self._secrets.update(_spellings(secret))
        return answer

    @cached_property
    def _mtls_host(self) -> httpx.Client:
        return self._client(self.target.mtls_url, self.target.mtls_context(self.target.certificate))

    @cached_property
    def _tls_host(self) -> httpx.Client | None:
        url = self.target.tls_url
        return None if url is None else self._client(url, self.target.tls_context())

    def _client(self, url: str, context: ssl.SSLContext) -> httpx.Client:
        # A proxy of the environment leads to Wise, and never to a mock.
        client = httpx.Client(
            base_url=url, verify=context, timeout=_TIMEOUT, headers=_HEADERS, trust_env=self.target.is_wise
        )
        self._clients.append(client)
        return client


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token (RFC 6750 section 2.1)."""
    return {"authorization": f"Bearer {token}"}


def access_token_of(answer: httpx.Response) -> str:
    """The text of the token in an answer; ends the rule if there is none."""
    token = token_in(answer)
    if answer.status_code != httpx.codes.OK or token is None:
        not_applicable(f"the target gave no token: status {answer.status_code}")
    return token


def members_of(answer: httpx.Response) -> dict[str, Any]:
    """The members of a JSON object; ends the rule if the body is none."""
    try:
        members = answer.json()
    except ValueError:
        members = None
    if not isinstance(members, dict):
        not_applicable(f"the body of the answer with status {answer.status_code} is no JSON object")
    return members


def token_in(answer: httpx.Response) -> str | None:
    """The text of the token in an answer; None if there is none."""
    try:
        token = answer.json()["access_token"]
    except (ValueError, LookupError, TypeError):
        return None
    return token if isinstance(token, str) else None


def _secrets_in(answer: httpx.Response) -> list[str]:
    try:
        members = answer.json()
    except ValueError:
        return []
    found = [members.get(name) for name in _SECRET_MEMBERS] if isinstance(members, dict) else []
    return [secret for secret in found if isinstance(secret, str)]


def _spellings(secret: str) -> set[str]:
    """How a secret may show up in a report."""
    spelled = {secret, quote_plus(secret), base64.b64encode(secret.encode()).decode()}
    return {text for text in spelled if len(text) >= _SHORTEST_SECRET}
