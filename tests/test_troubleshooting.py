"""docs/troubleshooting.md: each message of curl, OpenSSL, Python and Node.js on it is printed by the real client."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from mockwise import MockWise
from tests.cli.processes import mockwise

PAGE = (Path(__file__).parent.parent / "docs" / "troubleshooting.md").read_text("utf-8")
SECTION = re.compile(r'<a id="([\w-]+)"></a>\n\n### .*?\n\n((?:\|.*\n)+)')
ROW = re.compile(r"^\| (.*?) \| `(.*)` \|$", re.MULTILINE)
PATIENCE = 20.0  # seconds after which a client has failed

NODE = """
import { readFileSync } from "node:fs"
import { request } from "node:https"
const [, , url, ca, cert, key] = process.argv
const options = { method: "POST" }
if (ca) options.ca = readFileSync(ca)
if (cert) Object.assign(options, { cert: readFileSync(cert), key: readFileSync(key) })
try {
  const asked = request(new URL("/oauth/token", url), options, (answer) => console.log(answer.statusCode))
  asked.on("error", (error) => console.log(error.code))
  asked.end()
} catch (error) {
  console.log(error.code)
}
"""


@dataclass(frozen=True)
class Call:
    """Whom a client calls, and with what."""

    url: str
    ca: Path | None
    cert: Path | None = None
    key: Path | None = None


def by_curl(call: Call, _: Path) -> str:
    """What curl prints."""
    command = ["curl", "-sS", "--noproxy", "*", "-X", "POST", f"{call.url}/oauth/token"]
    command += ["--cacert", str(call.ca)] if call.ca else []
    command += ["--cert", str(call.cert), "--key", str(call.key)] if call.cert else []
    return ran(command)


def by_openssl(call: Call, _: Path) -> str:
    """What `openssl s_client` prints."""
    command = [
        "openssl",
        "s_client",
        "-connect",
        call.url.removeprefix("https://"),
        "-verify_return_error",
        "-quiet",
    ]
    command += ["-CAfile", str(call.ca)] if call.ca else []
    command += ["-cert", str(call.cert), "-key", str(call.key)] if call.cert else []
    return ran(command)


def by_node(call: Call, scratch: Path) -> str:
    """The code of Node's error."""
    script = scratch / "call.mjs"
    script.write_text(NODE)
    return ran(["node", str(script), call.url, *(str(it or "") for it in (call.ca, call.cert, call.key))])


def by_python(call: Call, _: Path) -> str:
    """What Python's ssl raises, under any HTTP client."""
    try:
        context = ssl.create_default_context(cafile=call.ca)
        if call.cert:
            context.load_cert_chain(call.cert, call.key)
        with httpx.Client(verify=context, trust_env=False) as client:
            return str(client.post(f"{call.url}/oauth/token").status_code)
    except (httpx.TransportError, ssl.SSLError) as error:
        return str(error)


def ran(command: list[str]) -> str:
    """All that a command prints."""
    asked = "GET / HTTP/1.0\r\n\r\n"
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.stdout + done.stderr


CLIENTS: dict[str, Callable[[Call, Path], str]] = {
    "curl": by_curl,
    "Python (httpx, requests, aiohttp)": by_python,
    "openssl s_client": by_openssl,
    "Node.js": by_node,
}
RUN_ELSEWHERE = {"Java"}
"""Its messages were read by hand: it takes seconds for each, and not every machine has it."""
SHOWN = [
    (cause, client, message) for cause, rows in SECTION.findall(PAGE) for client, message in ROW.findall(rows)
]
BAD_SERVERS = {
    "foreign-authority": "foreign-ca",
    "self-signed": "self-signed",
    "server-expired": "expired",
    "server-not-yet-valid": "not-yet-valid",
    "wrong-host": "wrong-host",
}
BAD_CERTIFICATES = {
    "certificate-expired": "expired",
    "certificate-not-yet-valid": "not-yet-valid",
    "certificate-unknown-authority": "foreign",
    "certificate-revoked": "revoked",
    "certificate-for-servers": "no-client-auth",
}


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockWise]:
    """A mock on a folder that also holds the certificates that must fail."""
    certs = tmp_path_factory.mktemp("certs")
    mockwise("certs", str(certs))
    with MockWise(certs=certs) as running:
        yield running


def call_for(mock: MockWise, cause: str) -> Call:
    """A call that fails for that cause, and for no other."""
    sandbox, bad = mock.default, mock.default.ca_file.parent / "bad"
    ca, cert, key = sandbox.ca_file, sandbox.cert_file, sandbox.key_file
    if cause in BAD_SERVERS:
        return Call(mock.bad_server(BAD_SERVERS[cause]).url, ca, cert, key)  # type: ignore[arg-type]  # the kinds are those of BAD_SERVERS
    if cause in BAD_CERTIFICATES:
        name = BAD_CERTIFICATES[cause]
        return Call(mock.mtls_url, ca, bad / f"{name}.pem", bad / f"{name}.key")
    return {
        "unknown-authority": Call(mock.mtls_url, None, cert, key),
        "no-certificate": Call(mock.mtls_url, ca),
        "key-mismatch": Call(mock.mtls_url, ca, cert, bad / "expired.key"),
    }[cause]


@pytest.mark.parametrize(("cause", "client", "message"), [it for it in SHOWN if it[1] in CLIENTS])
def test_the_client_prints_that(
    mock: MockWise, tmp_path: Path, cause: str, client: str, message: str
) -> None:
    """Whoever pastes the message finds its cause."""
    assert message in CLIENTS[client](call_for(mock, cause), tmp_path)


def test_the_page_is_read_whole() -> None:
    """Each cause has the clients that can fail so, and no client is on the page that nobody ran."""
    assert len(SECTION.findall(PAGE)) == PAGE.count('<a id="') == 13
    assert {client for _, client, _ in SHOWN} == CLIENTS.keys() | RUN_ELSEWHERE
    assert shutil.which("node")
