"""The floors: bare servers with the same transport, which answer a constant. Run as a subprocess.

Their TLS is the mock's: client certificates required, the same cipher suites, no session tickets (which would make
a floor's handshake dearer). `plain` is what a person writes who wants FastAPI and speed: a plain Starlette route that
reads the body. `raw` is ASGI itself.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.benchmark.children import obey
from tests.benchmark.load import Target, client_context, fetch, token_request

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
KEEP_ALIVE = 75  # seconds, as the mock's


def plain(body: bytes) -> ASGIApp:
    """FastAPI with plain Starlette routes."""

    async def answer(request: Request) -> Response:
        await request.body()
        return Response(body, media_type="application/json")

    app = FastAPI(openapi_url=None)
    app.router.routes.append(Route("/oauth/token", answer, methods=["POST"]))
    app.router.routes.append(Route("/v1/authenticated/playground", answer, methods=["GET"]))
    return app


def raw(body: bytes) -> ASGIApp:
    """An app that answers with the body and does nothing else: no framework, only ASGI."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def without_tickets(_: uvicorn.Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """The context that uvicorn makes, but for session tickets."""
    context = default()
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


@contextmanager
def serving(app: ASGIApp, folder: Path) -> Iterator[int]:
    """Serve in a thread; the value is the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        ssl_certfile=folder / "server.pem",
        ssl_ca_certs=str(folder / "ca.pem"),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
        ssl_ciphers=CIPHERS,
        ssl_context_factory=without_tickets,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.force_exit = True  # first, or it would begin to wait for its peers
        server.should_exit = True
        thread.join()


def start(body: bytes, folder: Path) -> None:
    """Say how long it takes to the first answer, all imports done."""
    began = time.perf_counter()
    with serving(plain(body), folder) as port:
        tls = client_context(folder / "ca.pem", folder / "client.pem")
        fetch(Target("127.0.0.1", port, tls, token_request("client", "secret")))
        fetched = time.perf_counter()
    obey({"token": 1000 * (fetched - began)}, lambda: None)


def main(kind: str, size: str, folder: str) -> None:
    """Serve answers of `size` bytes until there is no more input, or time a `start`."""
    body = b"x" * int(size)
    if kind == "start":
        start(body, Path(folder))
        return
    with serving({"plain": plain, "raw": raw}[kind](body), Path(folder)) as port:
        obey({"port": port}, time.process_time)


if __name__ == "__main__":
    main(*sys.argv[1:])
