"""The app of the control host, made at its first request.

FastAPI and its models take longer than all the rest of a mock, and the control host of most mocks in tests is never asked.
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from mockwise.common.once import Once
from mockwise.common.own_process import set_aside
from mockwise.real_time import real_dates
from mockwise.sandbox.mock_controls import MockControls
from mockwise.settings import Settings
from mockwise.state.registry import Registry
from mockwise.web.control.stream import StreamRegistry

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

CONTROL_HOST = "control"


class ControlApp:
    """The ASGI app of the control host: the control API and the dashboard.

    Args:
        mock: what they show and change.
        registry: its sandboxes, for the OAuth standards that Wise lacks.
        settings: say who may use the host.
        streams: the registry of the streams that it opens, which end with their sandbox or the mock.
    """

    def __init__(
        self, mock: MockControls, registry: Registry, settings: Settings, streams: StreamRegistry
    ) -> None:
        self._streams = streams
        self._mock = mock
        self._registry = registry
        self._settings = settings
        self._app = Once(self._make)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the first ones wait beside the event loop, so that the other hosts answer meanwhile."""
        app = await self._app.beside()
        await app(scope, receive, send)

    def _make(self) -> ASGIApp:
        with real_dates():
            from mockwise.web.access import access_of  # because FastAPI slows down the start
            from mockwise.web.control.app import build_control_app  # because of the same

            app = build_control_app(
                self._mock,
                self._registry,
                access_of(self._settings),
                importlib.metadata.version("mockwise"),
                streams=self._streams,
            )
        set_aside()
        return app
