"""SandboxBase, what the parts of a sandbox's handle have in common."""

from __future__ import annotations

from typing_extensions import override

from mockwise.sandbox.context import SandboxHandle, ServerContext
from mockwise.sandbox.credentials import Credentials
from mockwise.sandbox.urls import HostUrls
from mockwise.state.sandbox_state import SandboxState


class SandboxBase(HostUrls):
    """A sandbox by its name, with its own client's credentials: each part of `Sandbox` extends it."""

    name: str
    """Its name, unique in the mock."""
    credentials: Credentials
    """Those of its own client, which it was made with."""
    _handle: SandboxHandle

    @property
    @override
    def _context(self) -> ServerContext:
        return self._handle.context

    @property
    def _state(self) -> SandboxState:
        return self._context.registry.get(self.name)
