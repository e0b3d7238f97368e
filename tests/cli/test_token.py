"""`mockwise token`: the reference client at a terminal."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from mockwise import MockWise, Sandbox
from mockwise.common.host_urls import token_endpoint
from mockwise.common.proxies import NO_PROXY
from mockwise.errors import InvalidValueError
from tests.api_calls import use
from tests.cli.processes import fail, mockwise, succeed


@pytest.fixture(scope="module")
def box(mockwise_server: MockWise) -> Sandbox:
    """A sandbox that the command asks."""
    return mockwise_server.sandbox()


def without(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    """The environment less some of its names."""
    return {name: value for name, value in environ.items() if name.removeprefix("MOCKWISE_") not in names}


def test_it_prints_the_token_and_nothing_else(box: Sandbox) -> None:
    """`TOKEN=$(mockwise token)` works, from the environment and from options, and by the whole URL too."""
    assert use(box, succeed("token", environ=box.environ()).strip()).status_code == 200
    words = ["--client-id", box.client_id, "--ca", str(box.ca_file), "--cert", str(box.cert_file)]
    words += ["--key", str(box.key_file)]
    secret = {"MOCKWISE_CLIENT_SECRET": box.client_secret}
    for url in (box.mtls_url, f"{box.mtls_url}/", f"{box.mtls_url}/2026Q3/oauth/token"):
        assert use(box, succeed("token", "--url", url, *words, environ=secret).strip()).status_code == 200


def test_the_whole_answer_is_json(box: Sandbox) -> None:
    """What the server said, and no field that it did not."""
    answer = json.loads(succeed("token", "--json", environ=box.environ()))
    assert list(answer) == ["access_token", "token_type", "expires_in", "expires_at", "scope"]
    assert answer["expires_in"] == 43199


def test_one_file_may_hold_certificate_and_key(box: Sandbox, tmp_path: Path) -> None:
    """Then there is no --key."""
    both = tmp_path / "both.pem"
    both.write_bytes(box.cert_file.read_bytes() + box.key_file.read_bytes())
    environ = {**without(box.environ(), "KEY_FILE"), "MOCKWISE_CERT_FILE": str(both)}
    assert use(box, succeed("token", environ=environ).strip()).status_code == 200


def refused(environ: Mapping[str, str]) -> str:
    """The first line when no token comes; indented ones with the diagnosis follow."""
    done = mockwise("token", environ=environ)
    assert (done.returncode, done.stdout) == (1, "")
    first, *diagnosis = done.stderr.splitlines()
    assert all(it.startswith("  ") and "hunter2" not in it and "not-this" not in it for it in diagnosis)
    assert diagnosis[-1] == "  `mockwise doctor` tells all checks."
    return first


_OF_THE_SERVER = {
    "because The client secret is wrong",
    "is not trusted",
    "Here that is --ca",
    "Here that is --cert and --key",
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"MOCKWISE_MTLS_URL": ""}, "--url is missing, and so is MOCKWISE_MTLS_URL"),
        ({"MOCKWISE_CLIENT_ID": ""}, "--client-id is missing"),
        ({"MOCKWISE_CLIENT_SECRET": ""}, "--client-secret is missing"),
        ({"MOCKWISE_CLIENT_SECRET": "not-this"}, "because The client secret is wrong"),
        ({"MOCKWISE_CLIENT_ID": "a:b"}, "client_id"),
        ({"MOCKWISE_CA_FILE": ""}, "is not trusted"),
        ({"MOCKWISE_CA_FILE": ""}, "Here that is --ca"),
        ({"MOCKWISE_CA_FILE": "none.pem"}, "MOCKWISE_CA_FILE: none.pem cannot be read: No such file"),
        ({"MOCKWISE_CA_FILE": "README.md"}, "MOCKWISE_CA_FILE: README.md is neither PEM nor"),
        ({"MOCKWISE_CERT_FILE": "", "MOCKWISE_KEY_FILE": ""}, "Here that is --cert and --key"),
        (
            {"MOCKWISE_CERT_FILE": "none.pem", "MOCKWISE_KEY_FILE": ""},
            "MOCKWISE_CERT_FILE: none.pem cannot be read: No such",
        ),
        ({"MOCKWISE_MTLS_URL": "http://127.0.0.1:1"}, "MOCKWISE_MTLS_URL: 'http://127.0.0.1:1' is not https"),
        (
            {"MOCKWISE_MTLS_URL": "https://nonsense:port"},
            "MOCKWISE_MTLS_URL: this is no URL, or its port is none",
        ),
    ],
)
def test_a_failure_is_one_line_with_its_remedy(box: Sandbox, changes: dict[str, str], said: str) -> None:
    """Never a traceback, never a secret; the options are named as this command calls them."""
    environ = {**box.environ(), **changes}
    line = refused(environ) if said in _OF_THE_SERVER else fail("token", environ=environ)
    assert said in line
    assert "not-this" not in line


def test_a_key_of_another_certificate(box: Sandbox) -> None:
    """The two files are named."""
    other = box.add_client()
    line = fail("token", "--key", str(other.key_file), environ=box.environ())
    pair = (
        f"MOCKWISE_CERT_FILE, --key: the key {other.key_file} is another certificate's than {box.cert_file}"
    )
    assert pair in line


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:8443", "'127.0.0.1:8443' has no scheme. Write for example https://127.0.0.1:8443"),
        (
            "https://127.0.0.1:8443\r",
            "there is a carriage return, as a file with Windows' line ends has it, in",
        ),
        ("https://127.0.0.1:8443\n", "there is a line break in"),
        ("https://127.0.0.1 :8443", "there is a blank in"),
        ("https://127.0.0.1\x00", "there is a control character in"),
        ("https://ann:hunter2@127.0.0.1:8443", "a URL with a user or a password in it is not taken"),
        ("https://127.0.0.1:8443/v1/me", "'/v1/me' is no token endpoint: leave the path away"),
        ("https://127.0.0.1:8443/?a=b", "is not the URL of a host"),
        ("https://:8443", "is not the URL of a host"),
        ("https://127.0.0.1:0", "is not the URL of a host"),
        ("https://127.0.0.1:99999", "this is no URL, or its port is none"),
        ("ftp://127.0.0.1", "is not https"),
    ],
)
def test_a_url_that_cannot_be_used_says_what_is_wrong_with_it(url: str, said: str) -> None:
    """And where it came from; a password in it is not repeated."""
    with pytest.raises(InvalidValueError) as error:
        token_endpoint(url, "MOCKWISE_MTLS_URL")
    assert str(error.value).startswith("MOCKWISE_MTLS_URL: ")
    assert said in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["https://h", "https://h/", "https://h/oauth/token", "https://h/2026Q3/oauth/token"]
)
def test_a_url_is_that_of_the_host_or_of_its_token_endpoint(url: str) -> None:
    """A URL may be the host's or its token endpoint's, a quarterly one included."""
    assert token_endpoint(url, "--url").endswith("/oauth/token")


def test_an_encrypted_key_is_opened_by_its_password_and_nobody_is_asked_for_it(
    box: Sandbox, tmp_path: Path
) -> None:
    """From the option, or from its variable; it is never shown."""
    key = tmp_path / "encrypted.key"
    pair = load_pem_private_key(box.key_file.read_bytes(), None)
    key.write_bytes(
        pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2"))
    )
    environ = {**box.environ(), "MOCKWISE_KEY_FILE": str(key)}
    assert "is encrypted: say its password with --key-password or MOCKWISE_KEY_PASSWORD" in fail(
        "token", environ=environ
    )
    wrong = fail("token", "--key-password", "hunter3", environ=environ)
    assert "is encrypted, and --key-password does not open it" in wrong
    assert "hunter3" not in wrong
    assert succeed("token", environ={**environ, "MOCKWISE_KEY_PASSWORD": "hunter2"}).strip()


def test_a_proxy_is_not_asked_for_this_machine(box: Sandbox) -> None:
    """Whatever variable names one; what calls go to is this machine (RFC 1122 section 3.2.1.3)."""
    environ = {name: value for name, value in box.environ().items() if name not in NO_PROXY}
    proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"), "http://127.0.0.1:9")
    assert succeed("token", environ={**environ, **proxies, "NO_PROXY": "", "no_proxy": ""}).strip()


@pytest.mark.parametrize("proxy", ["http://ann:hunter2@127.0.0.1:1", "socks9://127.0.0.1:1"])
def test_a_proxy_that_fails_is_named_with_its_variable(proxy: str, box: Sandbox) -> None:
    """And not the URL; without its password."""
    environ = {
        **box.environ(),
        "MOCKWISE_MTLS_URL": "https://api-mtls.wise-sandbox.com",
        "HTTPS_PROXY": proxy,
    }
    line = fail("token", environ=environ) if proxy.startswith("socks9") else refused(environ)
    assert "HTTPS_PROXY" in line
    assert "hunter2" not in line
    assert "--url" not in line


def test_a_proxy_that_refuses_is_named_with_its_variable(box: Sandbox) -> None:
    """Its answer is not the server's (RFC 9110 section 9.3.6)."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def refuse() -> None:
            while True:
                try:
                    caller, _ = proxy.accept()
                except OSError:
                    return
                with caller:
                    caller.recv(1000)
                    caller.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=refuse, daemon=True).start()
        environ = {
            **box.environ(),
            "MOCKWISE_MTLS_URL": "https://api-mtls.wise-sandbox.com",
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.getsockname()[1]}",
        }
        line = refused(environ)
        proxy.shutdown(socket.SHUT_RDWR)
    assert "403 Forbidden" in line
    assert "HTTPS_PROXY names" in line
