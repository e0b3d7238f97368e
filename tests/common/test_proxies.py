"""Proxy variables: calls to a mock go past them, and who is told of the mock is told so, too."""

from __future__ import annotations

import asyncio
import os

import pytest

from mockwise import MockWise, Sandbox
from mockwise.cli.terminal import curl_line
from mockwise.common.proxies import (
    NO_PROXY,
    called_directly,
    direct_hosts,
    direct_variables,
    is_local,
    proxy_for,
)
from mockwise.web.dashboard.snippets import snippets
from tests.api_calls import PLAYGROUND

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
LOCAL = ["127.0.0.1", "localhost", "::1"]


@pytest.fixture
def _proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_proxied")
def test_ready_clients_go_past_a_proxy(mockwise: Sandbox) -> None:
    """Theirs is a mock, wherever it listens."""
    with mockwise.client() as client, mockwise.user_client() as user:
        assert client.get(PLAYGROUND).status_code == 200
        assert user.get("/v1/me").status_code == 200

    async def call() -> int:
        async with mockwise.async_client() as client:
            return (await client.get(PLAYGROUND)).status_code

    assert asyncio.run(call()) == 200


def test_environ_names_the_hosts_to_call_directly(mockwise: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """In both spellings, with what either of them had; the control host gives the mock's alone."""
    monkeypatch.setenv("NO_PROXY", "a.example, b.example")
    monkeypatch.setenv("no_proxy", "b.example")
    expected = "a.example,b.example,127.0.0.1,localhost,::1"
    names = mockwise.environ()
    assert (names["NO_PROXY"], names["no_proxy"]) == (expected, expected)


def test_who_excepts_everything_keeps_that() -> None:
    """An asterisk works alone only."""
    assert direct_variables(["h"], {"no_proxy": "a, *"}) == {"NO_PROXY": "*", "no_proxy": "*"}
    assert direct_variables(["h", "a"], {"no_proxy": "a,,"}) == {"NO_PROXY": "a,h", "no_proxy": "a,h"}


@pytest.mark.parametrize(
    ("urls", "hosts"),
    [
        (["https://127.0.0.1:1", "http://127.0.0.1:2"], LOCAL),
        (["https://[::1]:1"], ["::1", "127.0.0.1", "localhost"]),
        (["https://mock:1", "http://127.0.0.1:2"], ["mock", *LOCAL]),
        (["https://mock:1"], ["mock"]),
    ],
)
def test_the_hosts_of_a_mock(urls: list[str], hosts: list[str]) -> None:
    """Public names, and all names of this machine where one is."""
    assert sorted(direct_hosts(urls)) == sorted(hosts)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *(
            ("127.0.0.1", True),
            ("127.9.9.9", True),
            ("::1", True),
            ("localhost", True),
            ("a.localhost", True),
        ),
        *(("10.0.0.1", False), ("mock", False)),
    ],
)
def test_what_is_this_machine(host: str, *, local: bool) -> None:
    """RFC 6761 section 6.3, RFC 1122 section 3.2.1.3."""
    assert is_local(host) is local


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://u:p@proxy:3128"}, ("HTTPS_PROXY", "proxy:3128")),
        ({"ALL_PROXY": "http://all:1", "https_proxy": "http://one:1"}, ("https_proxy", "http://one:1")),
        ({"all_proxy": "http://all:1", "HTTP_PROXY": "http://no:1"}, ("all_proxy", "http://all:1")),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "wise.test"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".wise.test"}, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "a.test,, otherwise.test"}, ("HTTPS_PROXY", "http://p:1")),
    ],
)
def test_the_proxy_of_a_remote_host(environ: dict[str, str], found: tuple[str, str] | None) -> None:
    """With its variable, and without its password; never of this machine."""
    assert proxy_for("https://api.wise.test/oauth/token", environ) == found
    assert proxy_for("https://127.0.0.1:8443", environ) is None


def test_what_is_printed_goes_past_a_proxy(mockwise_server: MockWise) -> None:
    """The greeting's curl line, and all that the page has to copy."""
    box = mockwise_server.default
    assert "curl --noproxy '*' " in curl_line(box)
    texts = {it.name: it.text for it in snippets(box.environ(), box.name)}
    assert "--noproxy '*'" in texts["curl"]
    assert "trust_env=False" in texts["httpx"]
    assert "session.trust_env = False" in texts["requests"]
    assert 'export NO_PROXY="${NO_PROXY:+$NO_PROXY,}127.0.0.1,' in texts["shell"]


@pytest.mark.parametrize("before", [None, "a.example"])
def test_a_tests_own_clients_call_the_mock_directly(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as long as a fixture has the server, and only where there is a proxy; then all is as it was."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    for name in NO_PROXY:
        monkeypatch.delenv(name, raising=False)
        if before:
            monkeypatch.setenv(name, before)
    with called_directly(["https://mock:1"]):
        assert os.environ.get("NO_PROXY") == before
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with called_directly(["https://mock:1"]):
        assert os.environ["no_proxy"] == ",".join(it for it in (before, "mock") if it)
    assert os.environ.get("no_proxy") == before
