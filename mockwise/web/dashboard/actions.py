"""Every action of the dashboard, by the name in its form's URL."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from mockwise.errors import MockwiseError
from mockwise.web.control.errors import kind_of, problem_of
from mockwise.web.dashboard import clock_actions, credential_actions, fault_actions
from mockwise.web.dashboard.action_results import ActionResult
from mockwise.web.dashboard.form_action import ActionHandler, FormAction

ACTIONS: Mapping[str, ActionHandler] = {
    "advance": clock_actions.advance,
    "freeze": clock_actions.freeze,
    "resume": clock_actions.resume,
    "set": clock_actions.set_time,
    "expire": clock_actions.expire,
    "revoke": clock_actions.revoke,
    "reset": clock_actions.reset,
    "add-client": credential_actions.add_client,
    "rotate": credential_actions.rotate,
    "revoke-client": credential_actions.revoke_client,
    "certify": credential_actions.certify,
    "revoke-certificate": credential_actions.revoke_certificate,
    "add-user": credential_actions.add_user,
    "open-sandbox": credential_actions.open_sandbox,
    "arm": fault_actions.arm,
    "disarm": fault_actions.disarm,
    "play": fault_actions.play,
}


def act(name: str, form_action: FormAction) -> ActionResult:
    """Perform the action of that name; what cannot be done is told in the result."""
    action = ACTIONS.get(name)
    if action is None:
        return ActionResult(said="The dashboard has no such button: load the page again.", status=404)
    try:
        return action(form_action)
    except ValidationError as error:
        return ActionResult(said="; ".join(map(problem_of, error.errors())), status=422)
    except MockwiseError as error:
        return ActionResult(said=str(error), status=kind_of(error)[0])
