"""The fleet of the compose file without its containers: its own command lines, as processes of this machine.

What differs here: names of containers are addresses, ports are free ones, and the balancer listens on two sockets.
The build of the container and the network between containers are not run.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.api_calls import GRANT
from tests.cli.processes import PATIENCE, Served, wait_until
from tests.recipes.support import RECIPES, free_ports, known_port, need, read_yaml, surroundings

COMPOSE = read_yaml("compose.yml")
MOCKS = ("mock-1", "mock-2")
CALL = "/v1/authenticated/playground"


@contextmanager
def process(folder: Path, *words: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """A service of the fleet, until the test is over."""
    with (folder / "out.txt").open("ab") as out:
        it = subprocess.Popen(
            words, cwd=folder, env=surroundings(**environ), stdout=out, stderr=subprocess.STDOUT
        )
    try:
        yield it
    finally:
        it.kill()
        it.wait(PATIENCE)


def mock_words(name: str, certs: Path, redis: int) -> list[str]:
    """The container file's entry point with the service's command."""
    [entry_point] = re.findall(r"^ENTRYPOINT (.*)$", (RECIPES / "Containerfile").read_text(), re.MULTILINE)
    words = [*json.loads(entry_point), *COMPOSE["services"][name]["command"]]
    here = {"/certs": str(certs), "redis://redis:6379/0": f"redis://127.0.0.1:{redis}/0"}
    assert here.keys() <= set(words)
    return [here.get(it, it) for it in words]


def answers(port: int) -> bool:
    """Whether somebody listens on that port."""
    with socket.socket() as it:
        return it.connect_ex(("127.0.0.1", port)) == 0


class Fleet:
    """Redis, the mocks, and the balancer before them."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        redis = known_port()
        server = [need(COMPOSE["services"]["redis"]["command"][0], "redis-server")]
        server += [*COMPOSE["services"]["redis"]["command"][1:], "--port", str(redis), "--bind", "127.0.0.1"]
        stack.enter_context(process(folder, *server))
        wait_until(lambda: answers(redis))

        begun = {name: self._begin(stack, folder, name, redis) for name in MOCKS}  # both at the same time
        self.mocks = {
            name: Served(it, folder / name / "ready.json", folder / name / "out.txt")
            for name, it in begun.items()
        }
        self.sockets = Path(
            stack.enter_context(tempfile.TemporaryDirectory())
        )  # as short as a socket's name must be
        config = folder / "haproxy.cfg"
        config.write_text(self._config())
        command = COMPOSE["services"]["wise"]["command"]
        assert command == ["haproxy", "-f", "/haproxy.cfg"]
        stack.enter_context(process(folder, need("haproxy", "haproxy"), "-db", "-f", str(config)))
        wait_until(lambda: all((self.sockets / it).exists() for it in ("8443", "8444")))

        one, two = ({k: v for k, v in it.environ.items() if "CLIENT" in k} for it in self.mocks.values())
        assert one == two
        self.credentials = (one["MOCKWISE_CLIENT_ID"], one["MOCKWISE_CLIENT_SECRET"])
        self._trust = self.mocks["mock-1"].environ

    def _begin(self, stack: ExitStack, folder: Path, name: str, redis: int) -> subprocess.Popen[bytes]:
        (folder / name).mkdir()
        words = [*mock_words(name, folder / "certs", redis), "--ready-file", "ready.json"]
        environ = COMPOSE["services"][name]["environment"] | free_ports()
        return stack.enter_context(process(folder / name, *words, **environ))

    def port(self, name: str, host: str) -> int:
        """The port of a mock's host, which is another one here than in its container."""
        found = httpx.URL(self.mocks[name].environ[f"MOCKWISE_{host}_URL"]).port
        assert found is not None
        return found

    def _config(self) -> str:
        text = (RECIPES / "haproxy.cfg").read_text()
        for number, host in (("8443", "MTLS"), ("8444", "TLS")):
            text = text.replace(f"bind :{number}", f"bind unix@{self.sockets}/{number}")
            for name in MOCKS:
                here = f"127.0.0.1:{self.port(name, host)} port {self.port(name, 'CONTROL')}"
                assert f"{name}:{number}" in text
                text = text.replace(f"{name}:{number}", here)
        return text

    def ask(self, method: str, path: str, token: str | None = None) -> httpx.Response:
        """Call through the balancer, over a connection of its own."""
        context = ssl.create_default_context(cafile=self._trust["MOCKWISE_CA_FILE"])
        context.load_cert_chain(self._trust["MOCKWISE_CERT_FILE"], self._trust["MOCKWISE_KEY_FILE"])
        transport = httpx.HTTPTransport(verify=context, uds=str(self.sockets / "8443"))
        with httpx.Client(transport=transport, base_url="https://wise:8443") as client:
            if token is None:
                return client.request(method, path, auth=self.credentials, data=GRANT)
            return client.request(method, path, headers={"Authorization": f"Bearer {token}"})

    def control(self, name: str, method: str, path: str, body: object = None) -> httpx.Response:
        """Call a mock's own control host."""
        secret = COMPOSE["services"][name]["environment"]["MOCKWISE_SERVE_CONTROL_TOKEN"]
        url = f"http://127.0.0.1:{self.port(name, 'CONTROL')}/sandboxes/default/{path}"
        answer = httpx.request(method, url, json=body, headers={"Authorization": f"Bearer {secret}"})
        assert answer.is_success, answer.text
        return answer


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A running fleet: Redis, the mocks and the balancer before them."""
    with ExitStack() as stack:
        yield Fleet(stack, tmp_path)


def test_a_fleet_behind_a_balancer_is_one_mock(fleet: Fleet) -> None:
    """A token of one is good at the other, a clock moved at one has moved at the other, and one may be lost."""
    token = fleet.ask("POST", "/oauth/token").json()["access_token"]
    assert [fleet.ask("GET", CALL, token).status_code for _ in range(6)] == [200] * 6
    for name in MOCKS:
        assert fleet.control(name, "GET", "exchanges").json()["count"] >= 3

    fleet.control("mock-1", "POST", "clock/advance", {"by": "12h"})
    assert [fleet.ask("GET", CALL, token).status_code for _ in range(4)] == [401] * 4

    assert fleet.mocks["mock-1"].stop() == 0
    answer = fleet.ask("POST", "/oauth/token")
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    assert [fleet.ask("GET", CALL, token).status_code for _ in range(4)] == [200] * 4


def test_the_balancer_looks_after_the_mocks_without_a_handshake(fleet: Fleet) -> None:
    """It asks their control hosts how they are: nothing of it is taken for a refused client."""
    for name in MOCKS:
        shown = fleet.control(name, "GET", "../../handshakes").json()
        assert shown["handshakes"] == []


def test_the_container_serves_what_the_compose_file_hands_on() -> None:
    """Ports are the usual ones on both sides, and everybody has the same certificates."""
    exposed = re.findall(r"^EXPOSE (.*)$", (RECIPES / "Containerfile").read_text(), re.MULTILINE)
    assert exposed == ["8443 8444 8445"]
    assert COMPOSE["volumes"].keys() == {"certs"}
    for name in MOCKS:
        assert COMPOSE["services"][name]["volumes"] == ["certs:/certs"]
        assert COMPOSE["services"][name]["ports"][0].endswith(":8445")
