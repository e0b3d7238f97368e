"""A day in the life of a sandbox: everything that takes memory, and gives it back."""

from __future__ import annotations

import ssl
from contextlib import ExitStack, suppress
from datetime import timedelta

import httpx

from mockwise import Drop, Garble, MockWise, Respond, Sandbox

_HOURS = 24
_ANN = "ann@example.com"
_PATIENCE = 30.0  # seconds; the soak runs at low priority


class SandboxWorkload:
    """A client and a user of a sandbox, on a connection that is kept."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._running = ExitStack()
        self._kept = self._running.enter_context(self._http())
        self._refresh = ""
        self.requests = 0

    def close(self) -> None:
        """End the connection of this client."""
        self._running.close()

    def day(self, number: int) -> None:
        """Do the work of twenty-four hours of the sandbox's clock."""
        for hour in range(_HOURS):
            token = self._token()
            self._call("/v1/authenticated/playground", token, 200)
            if hour % 6 == 0:
                self._newcomers()
                self._user(anew=number % 7 == 0 and hour == 0)
            if hour == 8:
                self._revoked(token)
            if hour == 16:
                self._faults()
            self._box.advance(hours=1)
        self._call("/v1/authenticated/playground", token, 200)
        self._box.advance(hours=12)
        self._call("/v1/authenticated/playground", token, 401)
        self._box.rotate_secret(overlap=timedelta(minutes=5))

    def _http(self) -> httpx.Client:
        return httpx.Client(verify=self._box.ssl_context(), base_url=self._box.mtls_url, timeout=_PATIENCE)

    def _ask(self, client: httpx.Client, grant_type: str, status: int, **more: str) -> dict[str, str]:
        self.requests += 1
        answer = client.post(
            "/oauth/token",
            auth=(self._box.client_id, self._box.client_secret),
            data={"grant_type": grant_type, **more},
        )
        assert answer.status_code == status, (answer.status_code, answer.text)
        return dict(answer.json())

    def _token(self, status: int = 200) -> str:
        return self._ask(self._kept, "client_credentials", status).get("access_token", "")

    def _call(self, path: str, token: str, status: int) -> None:
        self.requests += 1
        answer = self._kept.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, (answer.status_code, answer.text)

    def _newcomers(self) -> None:
        """A new connection, and one that is refused."""
        with self._http() as new:
            self._ask(new, "client_credentials", 200)
        bare = ssl.create_default_context(cafile=self._box.ca_file)
        with (
            httpx.Client(verify=bare, base_url=self._box.mtls_url, timeout=_PATIENCE) as refused,
            suppress(httpx.TransportError),
        ):
            refused.get("/")
            raise AssertionError("served without a certificate")

    def _user(self, *, anew: bool) -> None:
        """Linked once a week, refreshed every six hours."""
        if anew or not self._refresh:
            consent = self._box.authorize(_ANN)
            self._refresh = self._ask(
                self._kept,
                "authorization_code",
                200,
                code=consent.code,
                redirect_uri=consent.redirect_url.partition("?")[0],
                client_id=self._box.client_id,
            )["refresh_token"]
        token = self._ask(self._kept, "refresh_token", 200, refresh_token=self._refresh)["access_token"]
        self._call("/v1/me", token, 200)

    def _revoked(self, token: str) -> None:
        self._box.revoke_tokens()
        self._call("/v1/authenticated/playground", token, 401)

    def _faults(self) -> None:
        """Each happens once; the dropped connection is made anew."""
        self._box.arm(Respond(503, retry_after=5, times=2), Garble("truncated"), Drop(reset=True))
        self._token(503)
        self._token(503)
        for _ in range(2):
            self.requests += 1
            with suppress(httpx.TransportError, ValueError):
                self._ask(self._kept, "client_credentials", 200)
        self._box.assert_faults_spent()


class MockWorkload:
    """A mock with one sandbox that stays and others that come and go."""

    def __init__(self, mock: MockWise) -> None:
        self._mock = mock
        self._lasting = SandboxWorkload(mock.sandbox())
        self._gone = 0
        self.days = 0

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self._lasting.requests + self._gone

    def day(self) -> None:
        """A day of who stays; and a whole life of a sandbox, at whose end its certificate is revoked."""
        self._lasting.day(self.days)
        with self._mock.sandbox() as box:
            passing = SandboxWorkload(box)
            passing.day(0)
            passing.close()
            box.revoke_certificate()
            self._gone += passing.requests
        self.days += 1

    def close(self) -> None:
        """End the connection of the sandbox that stays."""
        self._lasting.close()
