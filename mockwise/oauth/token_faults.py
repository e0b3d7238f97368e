"""A token that is granted with something wrong, because a fault was armed for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mockwise.faults.kinds import Fault, RevokeToken, SpoilToken
from mockwise.oauth.messages import TokenResponse
from mockwise.state.sandbox_state import SandboxState


def apply(sandbox: SandboxState, answer: TokenResponse, fault: Fault, now: datetime) -> TokenResponse:
    """The answer with what the fault does to it; what it does to the token is done."""
    digest = answer.token.digest
    if isinstance(fault, SpoilToken):
        if fault.expired:
            sandbox.tokens.expire(digest)
        return replace(answer, fields=_spoilt(answer, fault))
    assert isinstance(fault, RevokeToken)
    if fault.uses is not None:
        sandbox.tokens.limit_uses(digest, fault.uses)
    if fault.after is not None:
        sandbox.tokens.revoke_at(digest, now + fault.after)
    return answer


def _spoilt(answer: TokenResponse, fault: SpoilToken) -> dict[str, object]:
    fields = dict(answer.fields)
    if fault.expires_in is not None:
        fields["expires_in"] = fault.expires_in
    if fault.token_type is not None:
        fields["token_type"] = fault.token_type
    fields |= fault.extra
    return {name: it for name, it in fields.items() if name not in fault.without}
