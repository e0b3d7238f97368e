"""Rate limits, as Wise's gateway has them: for each client, and for each user of a personal token (docs/wise/errors.md#rate-limits)."""

from __future__ import annotations

from mockwise.common.rate_limit import OFF
from mockwise.oauth.credentials import BearerToken
from mockwise.oauth.errors import RateLimitError
from mockwise.web.wise.request_context import RequestContext


def check_rate(context: RequestContext) -> None:
    """Count a request, and let it through. Who names no client and no live token of the mock is not counted.

    Raises:
        RateLimitError: it is one too many.
    """
    sandbox = context.sandbox
    limit = sandbox.options.rate_limit
    if limit is OFF or limit == OFF:  # the first is quicker
        return
    if context.client_id is not None and sandbox.clients.get(context.client_id) is not None:
        who, allowed = f"client {context.client_id}", limit.client
    elif (
        isinstance(context.credentials, BearerToken)
        and context.token
        and (token := sandbox.tokens.get(context.token))
    ):
        who, allowed = f"user {token.subject.user_id}", limit.person
    else:
        return
    if wait := sandbox.limits.wait(who, allowed, context.time):
        raise RateLimitError(
            wait, reason=f"Too many requests. Wait {wait} s on the sandbox's clock, and ask less often."
        )
