"""Rate limits, as Wise's gateway has them: for each client, and for each user of a personal token (facts 5.3)."""

from __future__ import annotations

from mockwise.oauth.credentials import Bearer
from mockwise.oauth.errors import RateLimited
from mockwise.state.limits import OFF
from mockwise.web.wise.request_context import Passage


def check_rate(passage: Passage) -> None:
    """Count a request, and let it through. Who names no client and no live token of the mock is not counted.

    Raises:
        RateLimited: it is one too many.
    """
    sandbox = passage.sandbox
    limit = sandbox.policy.rate_limit
    if limit is OFF or limit == OFF:  # the first is quicker
        return
    if passage.client_id is not None and sandbox.clients.get(passage.client_id) is not None:
        who, allowed = f"client {passage.client_id}", limit.client
    elif (
        isinstance(passage.credentials, Bearer)
        and passage.token
        and (token := sandbox.tokens.get(passage.token))
    ):
        who, allowed = f"user {token.holder.user_id}", limit.person
    else:
        return
    if wait := sandbox.limits.wait(who, allowed, passage.time):
        raise RateLimited(
            wait, reason=f"Too many requests. Wait {wait} s on the sandbox's clock, and ask less often."
        )
