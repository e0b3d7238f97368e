"""What all endpoints share: the one error handler. A refusal becomes an answer here and nowhere else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mockwise.oauth.errors import OAuthError
from mockwise.web.api.answers import Answer, error_answer
from mockwise.web.api.body import PeerLeft
from mockwise.web.api.passage import Passage, passage_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class Endpoint(ABC):
    """A plain ASGI endpoint: FastAPI's own route halves the rate."""

    @abstractmethod
    async def answer(self, passage: Passage, scope: Scope, receive: Receive) -> Answer:
        """What is answered to one request.

        Raises:
            OAuthError: it is refused.
            PeerLeft: there is nobody to answer.
        """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        passage = passage_of(scope)
        try:
            answer = await self.answer(passage, scope, receive)
        except OAuthError as error:
            passage.reason = error.reason
            answer = error_answer(error)
        except PeerLeft:
            return
        await answer(scope, receive, send)
