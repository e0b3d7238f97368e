"""What all endpoints share: the one error handler. A refusal becomes an answer here and nowhere else."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mockwise.errors import StorageError
from mockwise.journal.journal import Pairs
from mockwise.oauth.errors import OAuthError
from mockwise.web.wise.api_errors import ApiError
from mockwise.web.wise.body import ClientDisconnected, pass_body, read_body
from mockwise.web.wise.fault_injection import before_response, select, send_response
from mockwise.web.wise.rate_limiting import check_rate
from mockwise.web.wise.refusal_reasons import complete_reason
from mockwise.web.wise.request_context import RequestContext, context_of
from mockwise.web.wise.responses import ASGIResponse, error_response, storage_error_response
from mockwise.web.wise.strict_mode import perturb

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mockwise.storage.threads import Turn


_log = logging.getLogger("mockwise")


class AfterBody(NamedTuple):
    """What is to be done with a request once its body is there.

    `whole`: it is read, and the sandbox is asked again; else it passes by, for the journal alone.
    """

    act: Callable[[], ASGIResponse]
    whole: bool


class Endpoint(ABC):
    """A plain ASGI endpoint: FastAPI's own route halves the rate.

    What asks the state is done in one go, between the two translations: `_decide`, and `AfterBody.act` where the
    body matters. It may be done in another thread than that of the event loop.
    """

    async def identify(  # noqa: B027  because most endpoints have nothing to read here
        self, context: RequestContext, receive: Receive
    ) -> None:
        """Read what is needed before the request can be judged.

        Raises:
            OAuthError, ClientDisconnected: it is refused, or there is nobody to answer.
        """

    def parameters(self, context: RequestContext) -> Pairs:
        """What may say whose request it is, where credentials do not."""
        return context.form

    async def drain(self, context: RequestContext, receive: Receive) -> None:
        """Read what `identify` left unread, for the journal alone.

        Raises:
            ClientDisconnected: there is nobody to answer.
        """
        async for _ in pass_body(context, receive):
            pass

    @abstractmethod
    def answer(self, context: RequestContext, scope: Scope) -> ASGIResponse | AfterBody:
        """What is answered to one request, or what is to be done with its body.

        Raises:
            OAuthError, ApiError: it is refused.
        """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI calls it."""
        context = context_of(scope)
        try:
            answer = await self._answer(context, scope, receive)
        except OAuthError as error:
            context.reason = complete_reason(
                error,
                credentials=context.credentials,
                headers=context.headers,
                query=context.query,
                body=context.body,
                form=context.form,
            )
            answer = error_response(error)
        except ApiError as refusal:
            context.reason = refusal.reason
            answer = refusal.answer
        except StorageError as error:
            _log.error("%s", error)
            answer = storage_error_response(context, error)
        except ClientDisconnected:
            return
        if (random_choices := context.sandbox.random_choices) is not None:
            answer = await perturb(context, random_choices, answer)
        if "wire" in context.faults:
            await send_response(context, answer, scope, receive, send)
        else:
            await answer(scope, receive, send)

    async def _answer(self, context: RequestContext, scope: Scope, receive: Receive) -> ASGIResponse:
        try:
            await self.identify(context, receive)
        except (OAuthError, ClientDisconnected):
            with suppress(StorageError):
                await context.in_state(context.resolve_sandbox)  # so that it comes into the right journal
            raise
        turn = context.take_turn()
        try:
            decided = await context.in_state(partial(self._decide, context, scope, turn))
        finally:
            if turn is not None:
                turn.end()
        if decided is None:  # a fault comes first
            if (instead := await before_response(context)) is not None:
                await self.drain(context, receive)
                return instead
            decided = await context.in_state(partial(self.answer, context, scope))
        if not isinstance(decided, AfterBody):
            return decided
        if decided.whole:
            context.body = await read_body(receive)
            return await context.in_state(decided.act)
        await self.drain(context, receive)
        return decided.act()

    def _decide(
        self, context: RequestContext, scope: Scope, turn: Turn | None
    ) -> ASGIResponse | AfterBody | None:
        """Whose request it is, what is armed for it, and what is answered; None: something happens to it first."""
        context.resolve_sandbox(self.parameters(context))
        check_rate(context)
        if (failed := select(context, turn)) is not None:
            return AfterBody(lambda: failed, whole=False)
        return None if context.faults else self.answer(context, scope)
