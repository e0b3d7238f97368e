"""Where a mock is: the same for the mock and for each of its sandboxes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from mockwise.premises import Premises


class Whereabouts(ABC):
    """The addresses of a mock's hosts, and what a client must trust."""

    @property
    @abstractmethod
    def _ground(self) -> Premises:
        """What it stands on."""

    @property
    def mtls_url(self) -> str:
        """The host that asks for a client certificate, as `https://api-mtls.wise-sandbox.com` does."""
        return self._ground.mtls_url

    @property
    def tls_url(self) -> str:
        """The host that does not, as `https://api.wise-sandbox.com`."""
        return self._ground.tls_url

    @property
    def control_url(self) -> str:
        """The control host: plain HTTP, with what Wise does not have; `/docs` shows it."""
        return self._ground.control_url

    @property
    def ca_file(self) -> Path:
        """The mock's authority, PEM: what a client must trust."""
        return self._ground.ca_file
