"""A sandbox with one of everything, so that what is asked for can be there."""

from __future__ import annotations

from mockwise import Respond, Sandbox
from mockwise.common.digests import digest_of
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import application
from tests.state.helpers import Entry


def furnish(box: Sandbox, registry: Registry) -> SandboxState:
    """A client more, users, tokens of all kinds, a link, a stub, a fault, and something in the journal."""
    state = registry.get(box.name)
    ann = box.users[0]
    box.add_user("bob@example.com")
    state.users.sign_up("new@example.com", box.client_id, digest_of("registration-code"))
    box.add_client()
    box.credentials.renew_certificate()
    box.personal_token(ann)
    now, lifetime = state.clock.now(), state.options.token_lifetime
    for number in range(3):
        state.tokens.issue(f"{box.name} {number}", application(box.client_id), now, lifetime)
    box.authorize(ann)
    box.stub("GET", "/v1/rates", json=[])
    box.arm(Respond(503, times=2))
    state.journal.write(Entry(state.journal.next_number()))
    return state
