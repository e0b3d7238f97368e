"""What all endpoints share: the one error handler. A refusal becomes an answer here and nowhere else."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mockwise.errors import StateTrouble
from mockwise.journal.journal import Pairs
from mockwise.oauth.errors import OAuthError
from mockwise.web.wise.api_errors import Refusal
from mockwise.web.wise.body import PeerLeft, pass_body, read_body
from mockwise.web.wise.fault_injection import befall, deliver, meet
from mockwise.web.wise.rate_limiting import check_rate
from mockwise.web.wise.refusal_reasons import explain
from mockwise.web.wise.request_context import Passage, passage_of
from mockwise.web.wise.responses import Sending, error_answer, trouble_answer
from mockwise.web.wise.strict_mode import annoy

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockwise.storage.threads import Turn


_log = logging.getLogger("mockwise")


class AfterBody(NamedTuple):
    """What is to be done with a request once its body is there.

    `whole`: it is read, and the sandbox is asked again; else it passes by, for the journal alone.
    """

    act: Callable[[], Sending]
    whole: bool


class Endpoint(ABC):
    """A plain ASGI endpoint: FastAPI's own route halves the rate.

    What asks the state is done in one go, between the two translations: `_decide`, and `AfterBody.act` where the
    body matters. It may be done in another thread than that of the event loop.
    """

    async def look(  # noqa: B027  because most have nothing to read
        self, passage: Passage, receive: Receive
    ) -> None:
        """Read what is needed before the request can be judged.

        Raises:
            OAuthError, PeerLeft: it is refused, or there is nobody to answer.
        """

    def parameters(self, passage: Passage) -> Pairs:
        """What may say whose request it is, where credentials do not."""
        return passage.form

    async def pass_rest(self, passage: Passage, receive: Receive) -> None:
        """Have the journal see what `look` left unread, where nobody asks for it.

        Raises:
            PeerLeft: there is nobody to answer.
        """
        async for _ in pass_body(passage, receive):
            pass

    @abstractmethod
    def answer(self, passage: Passage, scope: Scope) -> Sending | AfterBody:
        """What is answered to one request, or what is to be done with its body.

        Raises:
            OAuthError, Refusal: it is refused.
        """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        passage = passage_of(scope)
        try:
            answer = await self._answer(passage, scope, receive)
        except OAuthError as error:
            passage.reason = explain(
                error,
                credentials=passage.credentials,
                headers=passage.headers,
                query=passage.query,
                body=passage.body,
                form=passage.form,
            )
            answer = error_answer(error)
        except Refusal as refusal:
            passage.reason = refusal.reason
            answer = refusal.answer
        except StateTrouble as trouble:
            _log.error("%s", trouble)
            answer = trouble_answer(passage, trouble)
        except PeerLeft:
            return
        if (whims := passage.sandbox.whims) is not None:
            answer = await annoy(passage, whims, answer)
        if "wire" in passage.faults:
            await deliver(passage, answer, scope, receive, send)
        else:
            await answer(scope, receive, send)

    async def _answer(self, passage: Passage, scope: Scope, receive: Receive) -> Sending:
        try:
            await self.look(passage, receive)
        except (OAuthError, PeerLeft):
            with suppress(StateTrouble):
                await passage.in_state(passage.settle)  # so that it comes into the right journal
            raise
        turn = passage.take_turn()
        try:
            decided = await passage.in_state(partial(self._decide, passage, scope, turn))
        finally:
            if turn is not None:
                turn.end()
        if decided is None:  # a fault comes first
            if (instead := await befall(passage)) is not None:
                await self.pass_rest(passage, receive)
                return instead
            decided = await passage.in_state(partial(self.answer, passage, scope))
        if not isinstance(decided, AfterBody):
            return decided
        if decided.whole:
            passage.body = await read_body(receive)
            return await passage.in_state(decided.act)
        await self.pass_rest(passage, receive)
        return decided.act()

    def _decide(self, passage: Passage, scope: Scope, turn: Turn | None) -> Sending | AfterBody | None:
        """Whose request it is, what is armed for it, and what is answered; None: something happens to it first."""
        passage.settle(self.parameters(passage))
        check_rate(passage)
        if (failed := meet(passage, turn)) is not None:
            return AfterBody(lambda: failed, whole=False)
        return None if passage.faults else self.answer(passage, scope)
