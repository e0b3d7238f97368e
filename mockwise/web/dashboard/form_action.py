"""A form that was sent, and the same action as a `mockwise` line, a Python line and a curl line."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mockwise.sandbox.handle import Sandbox
from mockwise.sandbox.mock_controls import MockControls
from mockwise.state.registry import DEFAULT
from mockwise.web.dashboard.action_results import ActionResult, Equivalents

_USUAL = "http://127.0.0.1:8445"  # where the verbs look unless they are told otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAction:
    """A form that was sent for a sandbox, with its fields."""

    mock: MockControls
    sandbox: Sandbox
    fields: Mapping[str, str]
    asks_token: bool = False
    """Whether the control host wants a token."""

    def text(self, name: str) -> str | None:
        """A field, if something was written into it."""
        return self.fields.get(name, "").strip() or None

    def whole(self, name: str) -> str:
        """A field that may be left empty."""
        return self.text(name) or ""

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the fields that something was written into."""
        return {name: value for name in names if (value := self.text(name)) is not None}

    def equivalents(
        self,
        method: str,
        path: str | None,
        body: Mapping[str, object] | None = None,
        *,
        verb: tuple[str, ...] | None = None,
        python: str | None = None,
    ) -> Equivalents:
        """The same action by other ways: `path` is below the sandbox (None: all of them), `verb` follows `mockwise`."""
        below = "" if path is None else f"/{segment(self.sandbox.name)}{path}"
        url = f"{self.mock.control_url}/sandboxes{below}"
        words = ["curl", "-X", method, url]
        line = shlex.join(words)
        if self.asks_token:
            line += ' -H "Authorization: Bearer $MOCKWISE_CONTROL_TOKEN"'
        if body is not None:
            line += " " + shlex.join(["-H", "content-type: application/json", "-d", json.dumps(body)])
        spoken = None if verb is None else terminal(self.mock, self.sandbox.name, *verb)
        return Equivalents(http=line, terminal=spoken, python=python)


def terminal(mock: MockControls, sandbox: str, *verb: str) -> str:
    """A `mockwise` line for this sandbox of this mock."""
    words = ["mockwise", *verb]
    if sandbox != DEFAULT:
        words += ["--sandbox", sandbox]
    if mock.control_url != _USUAL:
        words += ["--control", mock.control_url]
    return shlex.join(words)


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")


ActionHandler = Callable[[FormAction], ActionResult]
