"""The mock that is started if no target is given: the one file of the contract that knows the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from mockwise import MockWise, Sandbox

from .target import Target, read_target
from .wise import Wise


class OwnMock:
    """A mock of the contract's own. Unlike a given target it can be told what to do."""

    def __init__(self, mock: MockWise, twins: Path, secrets: set[str]) -> None:
        self._mock = mock
        self._secrets = secrets
        self._twins = twins
        self.target = self._target(mock.default)

    @contextmanager
    def stage(self, **options: Any) -> Iterator[Stage]:  # noqa: ANN401  because these are the mock's own
        """A sandbox apart, whose clock and tokens are nobody else's."""
        with self._mock.sandbox(**options) as box:
            wise = Wise(self._target(box), self._secrets)
            try:
                yield Stage(box, wise)
            finally:
                wise.close()

    def _target(self, box: Sandbox) -> Target:
        target = read_target({**box.environ(), "MOCKWISE_CONTRACT_TWINS": str(self._twins)})
        assert target is not None
        return target


class Stage:
    """A sandbox that a rule has for itself."""

    def __init__(self, box: Sandbox, wise: Wise) -> None:
        self._box = box
        self.wise = wise

    def freeze(self) -> None:
        """Stop its clock."""
        self._box.freeze()

    def advance(self, seconds: int) -> None:
        """Move its clock forward."""
        self._box.advance(timedelta(seconds=seconds))

    def revoke_tokens(self) -> None:
        """Revoke every token that was issued."""
        self._box.revoke_tokens()
