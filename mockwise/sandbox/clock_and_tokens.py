"""What time it is in a sandbox, and what becomes there of tokens, secret and certificate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta

from mockwise.common.durations import parse_duration
from mockwise.errors import InvalidValueError
from mockwise.sandbox.credentials import Credentials, Moment
from mockwise.state.sandbox_state import SandboxState


class ClockAndTokens(ABC):
    """What a sandbox lets a test do with time, and with what ends."""

    credentials: Credentials
    """Those of the sandbox's own client."""

    @property
    @abstractmethod
    def _state(self) -> SandboxState:
        """The state of the sandbox, with all its parts."""

    # What time it is there.

    @property
    def now(self) -> datetime:
        """The time on the sandbox's clock, aware, in UTC."""
        return self._state.clock.now()

    def advance(self, by: str | timedelta = timedelta(), **units: float) -> datetime:
        """Move the clock forward: `advance("12h")`, `advance(hours=12)`, `advance(timedelta(hours=12))`.

        Returns:
            The new time.

        Raises:
            InvalidValueError: a duration that cannot be used.
        """
        try:
            more = timedelta(**units)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidValueError(
                f"not a duration: {error}. Write for example advance('12h') or advance(hours=12)"
            ) from None
        return self._state.clock.advance(parse_duration(by) + parse_duration(more))

    def freeze(self) -> datetime:
        """Stop the clock; returns the time it shows."""
        return self._state.clock.freeze()

    def resume(self) -> datetime:
        """Let the clock run on from where it stands; returns the time."""
        return self._state.clock.resume()

    def set_time(self, time: datetime | str) -> datetime:
        """Set the clock to an aware time, to such a one in ISO 8601, or to `"now"`, the real time; returns it.

        Raises:
            InvalidValueError: it is no time, has no zone, or is past the year 9000.
        """
        return self._state.clock.set(time)

    # What becomes of tokens, secret and certificate.

    def expire_tokens(self) -> None:
        """Expire every access token that the sandbox's own client got until now."""
        self.credentials.expire_tokens()

    def revoke_tokens(self) -> None:
        """Revoke every access token that the sandbox's own client got until now."""
        self.credentials.revoke_tokens()

    def expire_token(self, token: str) -> None:
        """Expire one access token, named by its text or its digest.

        Raises:
            MockwiseError: no token, or more than one, has that name.
        """
        self._state.tokens.expire(token)

    def revoke_token(self, token: str) -> None:
        """Revoke one access token, named by its text or its digest.

        Raises:
            MockwiseError: no token, or more than one, has that name.
        """
        self._state.tokens.revoke(token)

    def rotate_secret(
        self, new: str | None = None, *, overlap: str | timedelta = timedelta(), tell: bool = True
    ) -> str:
        """Replace the own client's secret; see `Credentials.rotate_secret`.

        Unless `tell`, it happens behind the client's back: `client_secret` is the old one still, `newest_secret` the
        one that took its place.
        """
        if tell:
            return self.credentials.rotate_secret(new, overlap=overlap)
        return self._state.clients.rotate(self.credentials.client_id, new, parse_duration(overlap))

    @property
    def newest_secret(self) -> str:
        """The own client's secret as it is now; another than `client_secret` if it was rotated behind its back.

        Raises:
            MockwiseError: the sandbox is gone.
        """
        client = self._state.clients.get(self.credentials.client_id)
        assert client is not None  # clients are revoked, not removed
        return client.secrets[0].value

    def revoke_certificate(self) -> None:
        """Take the own client's certificate back; see `Credentials.revoke_certificate`."""
        self.credentials.revoke_certificate()

    def renew_certificate(
        self,
        *,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        revoke_old: bool = False,
    ) -> None:
        """Replace the own client's certificate, in the same files; see `Credentials.renew_certificate`."""
        self.credentials.renew_certificate(
            valid_from=valid_from, valid_until=valid_until, revoke_old=revoke_old
        )
