"""Who is compared, and how each is installed, started and asked.

In the words of a command `{bin}` is the folder of the peer's programs, `{home}` where it was installed, `{work}` an empty
folder of this run, `{here}` the adapters' folder, `{port}` a free port and `{certs}` the folder of server and CA files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class PeerMock:
    """One peer in one way of being started."""

    package: str
    """Its name on PyPI or npm."""
    tool: Literal["pip", "npm"]
    start: tuple[str, ...]
    prepare: tuple[tuple[str, ...], ...] = ()
    """Commands to run once before the first start; not part of the cold start."""
    copied: str = ""
    """An adapter that has to lie beside the installed packages, or outside this project; found in `{home}`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    transport: Literal["plain HTTP", "TLS", "mutual TLS"] = "plain HTTP"
    path: str = "/oauth/token"
    client_id: str = "client"
    client_secret: str = "secret"
    linked: bool = False
    """It has no client_credentials grant: a code is redeemed for the first token and refreshed for each further one."""
    note: str = ""

    @property
    def label(self) -> str:
        """A name that no other peer in the table has."""
        return self.package if self.transport == "plain HTTP" else f"{self.package}, {self.transport}"


_OAUTH2_MOCK_SERVER = ("{bin}/oauth2-mock-server", "-a", "127.0.0.1", "-p", "{port}")
_OIDC_PROVIDER = ("node", "{home}/serve_oidc_provider.mjs", "{port}")
_HTTPSERVER = ("{bin}/python", "{here}/serve_pytest_httpserver.py", "{port}")
_BASIC = ("{bin}/basic-oauth2-server", "--db", "{work}/oauth.db")
_CERTIFICATES = "{certs}"

PEERS = (
    PeerMock(package="oauth2-mock-server", tool="npm", start=_OAUTH2_MOCK_SERVER, path="/token"),
    PeerMock(
        package="oauth2-mock-server",
        tool="npm",
        start=(*_OAUTH2_MOCK_SERVER, "-c", "{certs}/server.pem", "-k", "{certs}/server.pem"),
        path="/token",
        transport="TLS",
    ),
    PeerMock(
        package="oidc-provider-mock",
        tool="pip",
        start=("{bin}/oidc-provider-mock", "--port", "{port}"),
        path="/oauth2/token",
        linked=True,
        note="no client_credentials grant: refreshes",
    ),
    PeerMock(
        package="oidc-provider",
        tool="npm",
        start=_OIDC_PROVIDER,
        copied="serve_oidc_provider.mjs",
        path="/token",
    ),
    PeerMock(
        package="oidc-provider",
        tool="npm",
        start=(*_OIDC_PROVIDER, _CERTIFICATES),
        copied="serve_oidc_provider.mjs",
        path="/token",
        transport="mutual TLS",
    ),
    PeerMock(
        package="nanoidp",
        tool="pip",
        prepare=(("{bin}/python", "-m", "nanoidp", "init", "{work}/config"),),
        start=("{bin}/python", "-m", "nanoidp", "--config", "{work}/config", "--port", "{port}"),
        path="/token",
        client_id="demo-client",
        client_secret="demo-secret",
    ),
    PeerMock(package="pytest-httpserver", tool="pip", start=_HTTPSERVER, note="answers a constant"),
    PeerMock(
        package="pytest-httpserver",
        tool="pip",
        start=(*_HTTPSERVER, _CERTIFICATES),
        transport="mutual TLS",
        note="answers a constant, threaded",
    ),
    PeerMock(
        package="pytest-iam",
        tool="pip",
        start=("{bin}/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "{home}/serve_pytest_iam.py"),
        copied="serve_pytest_iam.py",
        environment={"PYTEST_IAM_PORT": "{port}"},
        note="inside a pytest run",
    ),
    PeerMock(
        package="basic-oauth2-server",
        tool="pip",
        prepare=(
            (
                *_BASIC,
                "clients",
                "create",
                "--client-id",
                "client",
                "--client-secret",
                "secret",
                "--algorithm",
                "HS256",
            ),
        ),
        start=(*_BASIC, "serve", "--host", "127.0.0.1", "--port", "{port}"),
        environment={"APP_KEY": "benchmarkbenchmarkbenchmarkbenchmarkbenchma="},
        client_secret="c2VjcmV0",  # its clients send their secret in base64
    ),
)
"""Those with a package that `pip` or `npm` can install."""
