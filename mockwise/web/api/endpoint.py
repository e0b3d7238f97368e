"""What all endpoints share: the one error handler. A refusal becomes an answer here and nowhere else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mockwise.oauth.errors import OAuthError
from mockwise.web.api.answers import Sending, error_answer
from mockwise.web.api.body import PeerLeft, pass_body
from mockwise.web.api.mischief import befall, deliver, meet
from mockwise.web.api.passage import Passage, passage_of
from mockwise.web.api.rate import check_rate
from mockwise.web.api.refusals import Refusal
from mockwise.web.api.strictness import annoy

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class Endpoint(ABC):
    """A plain ASGI endpoint: FastAPI's own route halves the rate."""

    async def look(  # noqa: B027  because most have nothing to read
        self, passage: Passage, receive: Receive
    ) -> None:
        """Read what says whose request it is, where credentials do not.

        Raises:
            OAuthError, PeerLeft: as `answer`.
        """

    async def pass_rest(self, passage: Passage, receive: Receive) -> None:
        """Have the journal see what `look` left unread, since `answer` is not asked: a fault answers instead.

        Raises:
            PeerLeft: there is nobody to answer.
        """
        async for _ in pass_body(passage, receive):
            pass

    @abstractmethod
    async def answer(self, passage: Passage, scope: Scope, receive: Receive) -> Sending:
        """What is answered to one request.

        Raises:
            OAuthError, Refusal: it is refused.
            PeerLeft: there is nobody to answer.
        """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        passage = passage_of(scope)
        try:
            await self.look(passage, receive)
            check_rate(passage)
            answer: Sending | None = meet(passage)
            if answer is None and passage.faults:
                answer = await befall(passage)
            if answer is None:
                answer = await self.answer(passage, scope, receive)
            else:
                await self.pass_rest(passage, receive)
        except OAuthError as error:
            passage.reason = error.reason
            answer = error_answer(error)
        except Refusal as refusal:
            passage.reason = refusal.reason
            answer = refusal.answer
        except PeerLeft:
            return
        if (whims := passage.sandbox.whims) is not None:
            answer = await annoy(passage, whims, answer)
        if "wire" in passage.faults:
            await deliver(passage, answer, scope, receive, send)
        else:
            await answer(scope, receive, send)
