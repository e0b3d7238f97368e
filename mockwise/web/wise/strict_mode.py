"""The strict profile, as far as answers show it: within what is documented, and drawn by the sandbox's seed.

Members come in any order (RFC 8259 section 4; OBSERVED of errors, docs/wise/errors.md#shapes), among them some that nobody documented,
which a client must ignore (RFC 6749 section 5.1), and some answers take a moment longer. What a tester laid down
himself, a fault's answer or a stub, is left as it is.
"""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import Any

from pydantic_core import to_json

from mockwise.common.random import SeededRandom
from mockwise.oauth.metadata import TOKEN_PATH
from mockwise.web.wise.request_context import RequestContext
from mockwise.web.wise.responses import ASGIResponse, Response

_SLOW = 0.25  # one in four
_LONGEST_PAUSE = 0.02  # seconds
_FULL = 0.5  # of the objects, how many get a member more
_REFUSED = 400
_MEMBERS = ("mockwise_extra", "x-mockwise-extra", "mockwiseExtra")
_VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    "",
    "\u017c\u00f3\u0142w",
    [],
    [1, {"deep": None}],
    {"nested": {"a": [0.5]}},
)


async def perturb(
    context: RequestContext, random_choices: SeededRandom, answer: ASGIResponse
) -> ASGIResponse:
    """Let a moment pass, perhaps, and answer the same in other words."""
    if context.fault is not None:
        return answer
    draw = random_choices.draw("token answer" if context.path.endswith(TOKEN_PATH) else "answer")
    if draw.random() < _SLOW:
        await asyncio.sleep(draw.uniform(0, _LONGEST_PAUSE))
    if not isinstance(answer, Response) or not _is_ours(context, answer):
        return answer
    content = _reworded(json.loads(answer.body), draw, full=answer.status < _REFUSED)
    return answer._replace(body=to_json(content))


def _is_ours(context: RequestContext, answer: Response) -> bool:
    is_json = any(name == b"content-type" and b"json" in value for name, value in answer.headers)
    return is_json and bool(answer.body) and not context.stubbed


def _reworded(content: Any, draw: Random, *, full: bool) -> Any:
    if isinstance(content, list):
        return [_reworded(it, draw, full=full) for it in content]
    if not isinstance(content, dict):
        return content
    members = [(name, _reworded(it, draw, full=full)) for name, it in content.items()]
    if full and draw.random() < _FULL:
        members.append((draw.choice(_MEMBERS), draw.choice(_VALUES)))
    draw.shuffle(members)
    return dict(members)
