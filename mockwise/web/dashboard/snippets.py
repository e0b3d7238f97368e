"""Copy and go: a first token and a first call in several languages, filled with the values of this sandbox.

The files are the mock's own, on its own machine; for other machines the page has them to download.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from mockwise.common.proxies import NO_PROXY
from mockwise.oauth.metadata import TOKEN_PATH

PASSWORD = "mockwise"
_CALL = "/v1/authenticated/playground"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A few lines to copy."""

    name: str
    title: str
    text: str = field(repr=False)


def snippets(environ: Mapping[str, str], sandbox: str) -> list[Snippet]:
    """All of them, from the `MOCKWISE_*` values of a sandbox."""
    values = _Values(environ)
    return [
        Snippet("curl", "curl", _curl(values)),
        Snippet("httpx", "Python: httpx", _httpx(values)),
        Snippet("requests", "Python: requests", _requests(values)),
        Snippet("node", "Node", _node(values)),
        Snippet("java", "Java", _java(values)),
        Snippet("pytest", "pytest", _PYTEST),
        Snippet("shell", "Environment", _shell(environ, sandbox)),
    ]


class _Values:
    """The values by short names."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.mtls = environ["MOCKWISE_MTLS_URL"]
        self.token_url = self.mtls + TOKEN_PATH
        self.client, self.secret = environ["MOCKWISE_CLIENT_ID"], environ["MOCKWISE_CLIENT_SECRET"]
        self.ca, self.cert = environ["MOCKWISE_CA_FILE"], environ["MOCKWISE_CERT_FILE"]
        self.key = environ["MOCKWISE_KEY_FILE"]


def _curl(it: _Values) -> str:
    given = (
        *("--noproxy", "*"),
        *("--cacert", it.ca),
        *("--cert", it.cert),
        *("--key", it.key),
        *("--user", f"{it.client}:{it.secret}"),
        *("--data", "grant_type=client_credentials"),
    )
    pairs = [shlex.join(given[n : n + 2]) for n in range(0, len(given), 2)]
    return " \\\n  ".join([f"curl {shlex.quote(it.token_url)}", *pairs])


def _httpx(it: _Values) -> str:
    return f"""import ssl
import httpx

context = ssl.create_default_context(cafile={it.ca!r})
context.load_cert_chain({it.cert!r}, {it.key!r})

with httpx.Client(verify=context, base_url={it.mtls!r}, trust_env=False) as client:  # past any proxy
    token = client.post(
        {TOKEN_PATH!r},
        auth=({it.client!r}, {it.secret!r}),
        data={{"grant_type": "client_credentials"}},
    ).raise_for_status().json()
    answer = client.get({_CALL!r}, headers={{"Authorization": f"Bearer {{token['access_token']}}"}})
    print(answer.status_code, token["expires_in"])
"""


def _requests(it: _Values) -> str:
    return f"""import requests

session = requests.Session()
session.trust_env = False  # past any proxy
session.verify = {it.ca!r}
session.cert = ({it.cert!r}, {it.key!r})

token = session.post(
    {it.token_url!r},
    auth=({it.client!r}, {it.secret!r}),
    data={{"grant_type": "client_credentials"}},
    timeout=10,
).json()
answer = session.get(
    {it.mtls + _CALL!r}, headers={{"Authorization": f"Bearer {{token['access_token']}}"}}, timeout=10
)
print(answer.status_code, token["expires_in"])
"""


def _node(it: _Values) -> str:
    js = json.dumps
    return f"""const fs = require("node:fs")
const https = require("node:https")

const agent = new https.Agent({{
  ca: fs.readFileSync({js(it.ca)}),
  cert: fs.readFileSync({js(it.cert)}),
  key: fs.readFileSync({js(it.key)}),
}})
const request = https.request({js(it.token_url)}, {{
  method: "POST",
  agent,
  auth: {js(f"{it.client}:{it.secret}")},
  headers: {{ "content-type": "application/x-www-form-urlencoded" }},
}}, answer => {{
  let body = ""
  answer.on("data", part => body += part)
  answer.on("end", () => console.log(answer.statusCode, JSON.parse(body).expires_in))
}})
request.end("grant_type=client_credentials")
"""


def _java(it: _Values) -> str:
    js = json.dumps
    return f"""// Save client.p12 and truststore.p12 from this page beside it; java Token.java
import java.net.URI;
import java.net.http.*;
import java.util.Base64;

public class Token {{
  public static void main(String[] none) throws Exception {{
    System.setProperty("javax.net.ssl.keyStore", "client.p12");
    System.setProperty("javax.net.ssl.keyStorePassword", "{PASSWORD}");
    System.setProperty("javax.net.ssl.trustStore", "truststore.p12");
    System.setProperty("javax.net.ssl.trustStorePassword", "{PASSWORD}");
    var basic = Base64.getEncoder().encodeToString({js(f"{it.client}:{it.secret}", ensure_ascii=True)}.getBytes("UTF-8"));
    var request = HttpRequest.newBuilder(URI.create({js(it.token_url)}))
        .header("Authorization", "Basic " + basic)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
        .build();
    var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    System.out.println(answer.statusCode() + " " + answer.body());
  }}
}}
"""


_PYTEST = """def test_a_token_ends_after_twelve_hours(mockwise):
    with mockwise.client() as client:
        assert client.get("/v1/authenticated/playground").status_code == 200
        mockwise.advance(hours=12)
        assert client.get("/v1/authenticated/playground").status_code == 200  # with a new token

    assert len(mockwise.token_requests) == 2
"""


def _shell(environ: Mapping[str, str], sandbox: str) -> str:
    names = "\n".join(_export(name, value) for name, value in environ.items())
    return f"# what `mockwise env` prints for the sandbox {sandbox}\n{names}\n"


def _export(name: str, value: str) -> str:
    """A line of a POSIX shell; hosts to call past a proxy join those that are there."""
    there = f"${{{name}:+${name},}}" if name in NO_PROXY else ""
    return f'export {name}="{there}{value}"' if there else f"export {name}={shlex.quote(value)}"
