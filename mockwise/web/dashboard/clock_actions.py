"""The actions for the clock, the tokens and the reset of a sandbox."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from mockwise.errors import InvalidValueError
from mockwise.web.dashboard.action_results import ActionResult, Equivalents
from mockwise.web.dashboard.form_action import FormAction

_DIGEST = 12  # characters, enough to name a token by


def advance(it: FormAction) -> ActionResult:
    """Move the sandbox's clock forwards by what the form says."""
    by = it.whole("by")
    now = it.sandbox.advance(by)
    return ActionResult(
        said=f"The clock moved {by} forward and shows {_spelled(now)}.",
        equivalents=it.equivalents(
            "POST", "/clock/advance", {"by": by}, verb=("advance", by), python=f"box.advance({by!r})"
        ),
    )


def freeze(it: FormAction) -> ActionResult:
    """Stop the sandbox's clock where it is."""
    now = it.sandbox.freeze()
    return ActionResult(
        said=f"The clock stands still at {_spelled(now)}.",
        equivalents=it.equivalents("POST", "/clock/freeze", verb=("freeze",), python="box.freeze()"),
    )


def resume(it: FormAction) -> ActionResult:
    """Let the clock run on."""
    now = it.sandbox.resume()
    return ActionResult(
        said=f"The clock runs on from {_spelled(now)}.",
        equivalents=it.equivalents("POST", "/clock/resume", verb=("resume",), python="box.resume()"),
    )


def set_time(it: FormAction) -> ActionResult:
    """Set the clock; the field has UTC, to the second or to the minute."""
    try:
        time = datetime.fromisoformat(it.whole("time").removesuffix("Z") + "+00:00")
    except ValueError:
        raise InvalidValueError("time: write a date and a time in UTC, such as 2027-01-07T00:00:00") from None
    now = it.sandbox.set_time(time)
    text = time.isoformat().replace("+00:00", "Z")
    return ActionResult(
        said=f"The clock was set to {_spelled(now)}.",
        equivalents=it.equivalents(
            "POST",
            "/clock/set",
            {"time": text},
            verb=("set", text),
            python=f"box.set_time(datetime.fromisoformat({text!r}))",
        ),
    )


def expire(it: FormAction) -> ActionResult:
    """Expire one token, or all of the own client."""
    token = it.text("token")
    if token is None:
        said = _told("expired", it.sandbox.client_id, it.sandbox.expire_tokens())
    else:
        said = f"The token {it.sandbox.expire_token(token).digest[:_DIGEST]} is expired."
    return ActionResult(said=said, equivalents=_same(it, "expire"))


def revoke(it: FormAction) -> ActionResult:
    """Revoke one token, or all of the own client."""
    token = it.text("token")
    if token is None:
        said = _told("revoked", it.sandbox.client_id, it.sandbox.revoke_tokens())
    else:
        said = f"The token {it.sandbox.revoke_token(token).digest[:_DIGEST]} is revoked."
    return ActionResult(said=said, equivalents=_same(it, "revoke"))


def reset(it: FormAction) -> ActionResult:
    """Make the sandbox as new."""
    it.sandbox.reset()
    return ActionResult(
        said=f"The sandbox {it.sandbox.name} is as new.",
        equivalents=it.equivalents("POST", "/reset", verb=("reset",), python="box.reset()"),
    )


def _told(what: str, client_id: str, live: int) -> str:
    if not live:
        return f"{client_id} has no live token: there was nothing to be {what}."
    tokens_are = "live token of {} is" if live == 1 else "live tokens of {} are"
    return f"{live} {tokens_are.format(client_id)} {what}."


def _same(it: FormAction, verb: Literal["expire", "revoke"]) -> Equivalents:
    token = it.text("token")
    if token is None:
        return it.equivalents("POST", f"/tokens/{verb}", verb=(verb,), python=f"box.{verb}_tokens()")
    name = token[:_DIGEST]
    return it.equivalents(
        "POST", f"/tokens/{verb}", {"token": name}, verb=(verb, name), python=f"box.{verb}_token({name!r})"
    )


def _spelled(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
