"""Proxies that the environment names, and how calls to a mock go past them.

Many networks set `HTTPS_PROXY` for everything. A mock listens on this machine, where no proxy can reach it, so each
call to it goes directly, and what is told to other programs says so, too.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

NO_PROXY = ("NO_PROXY", "no_proxy")
"""The variables that list the hosts to call directly; programs differ in which of them they read."""

_HTTPS_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_PROXIES = (*_HTTPS_PROXIES, "http_proxy", "HTTP_PROXY")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_local(host: str) -> bool:
    """Whether a host's name or address means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def direct_hosts(urls: Iterable[str]) -> list[str]:
    """The hosts of URLs; with this machine's own names, if it is one of them."""
    hosts = [urlsplit(url).hostname or "" for url in urls]
    return list(dict.fromkeys([*hosts, *(_LOOPBACK if any(map(is_local, hosts)) else ())]))


def direct_variables(hosts: Iterable[str], environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """`NO_PROXY` and `no_proxy` with these hosts beside those that either has in an environment: this process's own."""
    environ = os.environ if environ is None else environ
    there = [it.strip() for name in NO_PROXY for it in environ.get(name, "").split(",")]
    listed = "*" if "*" in there else ",".join(dict.fromkeys(it for it in [*there, *hosts] if it))
    return dict.fromkeys(NO_PROXY, listed)


@contextmanager
def called_directly(urls: Iterable[str]) -> Iterator[None]:
    """Let all clients of this process call the hosts of these URLs past a proxy, if the environment names one."""
    before = {name: os.environ.get(name) for name in NO_PROXY}
    if any(os.environ.get(name) for name in _PROXIES):
        os.environ.update(direct_variables(direct_hosts(urls)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def proxy_for(url: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The variable that names a proxy for an https URL, and that proxy, without user and password."""
    host = (urlsplit(url).hostname or "").lower()
    if is_local(host) or _is_direct(host, environ):
        return None
    for name in _HTTPS_PROXIES:
        if value := environ.get(name):
            return name, value.rpartition("@")[2]
    return None


def _is_direct(host: str, environ: Mapping[str, str]) -> bool:
    listed = [it.strip().lower().lstrip(".") for name in NO_PROXY for it in environ.get(name, "").split(",")]
    return any(it in {"*", host} or host.endswith(f".{it}") for it in listed if it)
