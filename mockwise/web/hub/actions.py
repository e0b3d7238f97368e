"""All that can be pressed, by name."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from mockwise.core.errors import MockwiseError
from mockwise.web.control.errors import kind_of, problem_of
from mockwise.web.hub import hub_work, mischief, time_and_tokens
from mockwise.web.hub.outcomes import Outcome
from mockwise.web.hub.press import Action, Press

ACTIONS: Mapping[str, Action] = {
    "advance": time_and_tokens.advance,
    "freeze": time_and_tokens.freeze,
    "resume": time_and_tokens.resume,
    "set": time_and_tokens.set_time,
    "expire": time_and_tokens.expire,
    "revoke": time_and_tokens.revoke,
    "reset": time_and_tokens.reset,
    "add-client": hub_work.add_client,
    "rotate": hub_work.rotate,
    "revoke-client": hub_work.revoke_client,
    "certify": hub_work.certify,
    "revoke-certificate": hub_work.revoke_certificate,
    "add-user": hub_work.add_user,
    "open-sandbox": hub_work.open_sandbox,
    "arm": mischief.arm,
    "disarm": mischief.disarm,
    "play": mischief.play,
}


def act(name: str, press: Press) -> Outcome:
    """Do it; what cannot be done is told."""
    action = ACTIONS.get(name)
    if action is None:
        return Outcome(said="The hub has no such button: load the page again.", status=404)
    try:
        return action(press)
    except ValidationError as error:
        return Outcome(said="; ".join(map(problem_of, error.errors())), status=422)
    except MockwiseError as error:
        return Outcome(said=str(error), status=kind_of(error)[0])
