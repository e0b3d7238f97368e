"""Checks of the way to the host: a proxy, the host's address, its port."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from mockwise.common.proxies import proxy_for
from mockwise.doctor.check import Check, failed, not_tried, passed

_HTTP_PORT, _HTTPS_PORT = 80, 443
_LONGEST_ANSWER = 16 * 1024
_SUCCESS = "200"


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """An HTTP proxy, and the variable that names it; `authorization` is the value of its header."""

    variable: str
    host: str
    port: int
    authorization: str | None = field(repr=False)

    @property
    def shown(self) -> str:
        """The proxy without user and password."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Route:
    """How the host is reached: directly, or through a proxy. `timeout` is in seconds."""

    host: str
    port: int
    proxy: Proxy | None
    timeout: float

    @property
    def authority(self) -> str:
        """Host and port, as a URL writes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class ProxyError(OSError):
    """A proxy that opens no connection; the message says what it answered."""


def route_to(url: str, environ: Mapping[str, str], timeout: float) -> Route:
    """The route to the host of an https URL.

    Raises:
        ValueError: the proxy that applies is of another kind than HTTP; the message names its variable.
    """
    parts = urlsplit(url)
    found = proxy_for(url, environ)
    proxy = None if found is None else _read_proxy(found[0], environ[found[0]])
    return Route(host=parts.hostname or "", port=parts.port or _HTTPS_PORT, proxy=proxy, timeout=timeout)


def examine_route(route: Route) -> Iterator[Check]:
    """Check that a connection to the host can be made; ends at the first step that fails."""
    if route.proxy is not None:
        yield _check_proxy(route, route.proxy)
        for code in "network.dns", "network.tcp":
            yield not_tried(code, "the proxy does this")
        return
    yield passed("network.proxy", "no proxy applies to this host")
    try:
        found = socket.getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        cause = f"{route.host} has no address here: {getattr(error, 'strerror', None) or error}"
        yield failed("network.dns", cause, f"compare the name, and try getent hosts {route.host}")
        return
    addresses = dict.fromkeys(str(it[4][0]) for it in found)
    yield passed("network.dns", f"{route.host} is {', '.join(addresses)}")
    yield _check_port(route)


def open_socket(route: Route) -> socket.socket:
    """A connection to the host, through the proxy if there is one.

    Raises:
        ProxyError: the proxy does not open it.
        OSError: it cannot be reached.
    """
    hop = route.proxy
    if hop is None:
        return socket.create_connection((route.host, route.port), route.timeout)
    connection = socket.create_connection((hop.host, hop.port), route.timeout)
    try:
        lines = [f"CONNECT {route.authority} HTTP/1.1", f"Host: {route.authority}"]
        if hop.authorization is not None:
            lines.append(f"Proxy-Authorization: {hop.authorization}")
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        _read_answer(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _read_answer(connection: socket.socket) -> None:
    """Read the head of the proxy's answer, byte by byte, because what follows belongs to TLS.

    Raises:
        ProxyError: it is no success.
    """
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (byte := connection.recv(1)) or len(head) > _LONGEST_ANSWER:
            raise ProxyError("gives no whole answer")
        head += byte
    _, _, said = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    if said.partition(" ")[0] != _SUCCESS:
        raise ProxyError(f"answers {''.join(sign if sign.isprintable() else ' ' for sign in said)}")


def _check_proxy(route: Route, proxy: Proxy) -> Check:
    code = "network.proxy"
    remedy = f"see to that proxy, unset {proxy.variable}, or add {route.host} to NO_PROXY"
    named = f"the proxy {proxy.shown} that {proxy.variable} names"
    try:
        open_socket(route).close()
    except ProxyError as error:
        return failed(code, f"{named} opens no connection to {route.authority}: it {error}", remedy)
    except OSError as error:
        return failed(code, f"{named} cannot be reached: {_spell(error)}", remedy)
    return passed(code, f"{named} connects to {route.authority}")


def _check_port(route: Route) -> Check:
    code, where = "network.tcp", route.authority
    try:
        open_socket(route).close()
    except ConnectionRefusedError:
        cause = f"nothing listens at {where}: the connection is refused"
        return failed(code, cause, "compare host and port; for a mock: mockwise serve prints them")
    except TimeoutError:
        cause = f"{where} did not answer within {route.timeout:g} seconds"
        return failed(code, cause, "look for a firewall on the way, or a proxy that HTTPS_PROXY should name")
    except OSError as error:
        return failed(
            code, f"{where} cannot be reached: {_spell(error)}", "look at the network of this machine"
        )
    return passed(code, f"{where} accepts connections")


def _spell(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _read_proxy(variable: str, value: str) -> Proxy:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{variable} names no URL of a proxy") from None
    if parts.scheme != "http" or not host:
        raise ValueError(f"{variable} names a proxy of the kind {parts.scheme!r}, which is not examined here")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {b64encode(pair.encode()).decode()}"
    return Proxy(variable=variable, host=host, port=port or _HTTP_PORT, authorization=authorization)
