"""The actions for the clock, the tokens and the reset of a sandbox."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from mockwise.errors import InvalidValueError
from mockwise.web.control import clock, sandboxes, tokens
from mockwise.web.dashboard.action_results import ActionResult, Equivalents
from mockwise.web.dashboard.form_action import FormAction

_DIGEST = 12  # characters, enough to name a token by


def advance(it: FormAction) -> ActionResult:
    """Move the sandbox's clock forwards by what the form says."""
    by = it.whole("by")
    seen = clock.advance(it.sandbox, clock.Advance(by=by))
    return ActionResult(
        said=f"The clock moved {by} forward and shows {_spelled(seen.now)}.",
        equivalents=it.equivalents(
            "POST", "/clock/advance", {"by": by}, verb=("advance", by), python=f"box.advance({by!r})"
        ),
    )


def freeze(it: FormAction) -> ActionResult:
    """Stop the sandbox's clock where it is."""
    seen = clock.freeze(it.sandbox)
    return ActionResult(
        said=f"The clock stands still at {_spelled(seen.now)}.",
        equivalents=it.equivalents("POST", "/clock/freeze", verb=("freeze",), python="box.freeze()"),
    )


def resume(it: FormAction) -> ActionResult:
    """Let the clock run on."""
    seen = clock.resume(it.sandbox)
    return ActionResult(
        said=f"The clock runs on from {_spelled(seen.now)}.",
        equivalents=it.equivalents("POST", "/clock/resume", verb=("resume",), python="box.resume()"),
    )


def set_time(it: FormAction) -> ActionResult:
    """Set the clock; the field has UTC, to the second or to the minute."""
    try:
        time = datetime.fromisoformat(it.whole("time").removesuffix("Z") + "+00:00")
    except ValueError:
        raise InvalidValueError("time: write a date and a time in UTC, such as 2027-01-07T00:00:00") from None
    seen = clock.set_time(it.sandbox, clock.SetTime(time=time))
    text = time.isoformat().replace("+00:00", "Z")
    return ActionResult(
        said=f"The clock was set to {_spelled(seen.now)}.",
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
    ended = tokens.expire(it.mock, it.sandbox, _which(it))
    return ActionResult(said=_told("expired", ended), equivalents=_same(it, "expire"))


def revoke(it: FormAction) -> ActionResult:
    """Revoke one token, or all of the own client."""
    ended = tokens.revoke(it.mock, it.sandbox, _which(it))
    return ActionResult(said=_told("revoked", ended), equivalents=_same(it, "revoke"))


def reset(it: FormAction) -> ActionResult:
    """Make the sandbox as new."""
    sandboxes.reset(it.mock, it.sandbox)
    return ActionResult(
        said=f"The sandbox {it.sandbox.name} is as new.",
        equivalents=it.equivalents("POST", "/reset", verb=("reset",), python="box.reset()"),
    )


def _which(it: FormAction) -> tokens.TokenSelector:
    return tokens.TokenSelector(token=it.text("token"))


def _told(what: str, ended: tokens.Ended) -> str:
    if ended.token is not None:
        return f"The token {ended.token[:_DIGEST]} is {what}."
    if not ended.live:
        return f"{ended.client_id} has no live token: there was nothing to be {what}."
    tokens_are = "live token of {} is" if ended.live == 1 else "live tokens of {} are"
    return f"{ended.live} {tokens_are.format(ended.client_id)} {what}."


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
