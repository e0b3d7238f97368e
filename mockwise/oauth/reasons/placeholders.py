"""Texts that stand where a value should, and are none: what a program or a template wrote for lack of one."""

from __future__ import annotations

import re

from mockwise.oauth.reasons.text_variants import LONGEST, readings

_WORDS = {
    "undefined": "is the word undefined, which JavaScript writes for a value that it does not have",
    "null": "is the word null, which a program writes for a value that it does not have",
    "none": "is the word None, which Python writes for a value that it does not have",
    "nil": "is the word nil, which a program writes for a value that it does not have",
    "nan": "is the word NaN, which JavaScript writes for what is no number",
    "true": "is a truth value",
    "false": "is a truth value",
    "[object object]": "is an object of JavaScript that was written as text",
    "[object promise]": "is a promise of JavaScript that was not awaited",
}

_EMPTY = "is a placeholder that nothing was put into"

_SHAPES = (
    (
        r"<(coroutine|function|generator|bound method|_asyncio|built-in).*",
        "is an object of Python; call or await it",
    ),
    (
        r"(?s).*access_token.*:.*",
        "is the whole answer of the token endpoint; of it, access_token alone is the token",
    ),
    (r"\$\(?[A-Za-z_]\w*\)?|\$\{[^}]*\}|\$env:\w+|%\w+%|\{\{.*\}\}|\{\w*\}", _EMPTY),
    (r"<[^<>]*>|\[[\w -]*\]|@\w+@|:[A-Za-z_]\w*", _EMPTY),
    (r"(?i)(your|my|the|insert|replace|change|enter|put|some|paste)[-_ ].*|change_?me|todo", _EMPTY),
    (r"(?i)(client_?)?(id|secret)|password|(access_?)?token", _EMPTY),
    (
        r"[xX*.\u2022\u2026]{3,}.*|.{0,8}(\*{3}|\.{3}|\u2026|\u2022{3}).{0,8}",
        "is a mask, as logs and pages show it",
    ),
)


def placeholder(text: str) -> str | None:
    """What kind of placeholder the text is, behind "it"; None if it does not look like one."""
    if len(text) > LONGEST:
        return None
    for reading in readings(text):
        word = _WORDS.get(reading.text.lower())
        if word is not None:
            return word
    shapes = (said for shape, said in _SHAPES if re.fullmatch(shape, text.strip()))
    return next(shapes, None)
