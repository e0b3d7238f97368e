"""What a running mock logs, without the secrets and tokens that it knows.

An exception quotes what it was raised with: a user's function that is given a request may put a token into its message,
and a traceback shows that of every exception before it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_OWN = ("mockwise", "mockwise.http")
# Where other code of the process logs as well, whose lines are left alone; a mock's threads have names like its own.
_SHARED = (
    "asyncio",
    "concurrent.futures",
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "uvicorn.error",
)
_THREADS = "mockwise"

_spelled = logging.Formatter().formatException


class LogMask(logging.Filter):
    """Lets every line through, with what must not be shown replaced in its message and in its traceback.

    Args:
        hide: replaces the secrets in a text.
        shared: whether other code logs there, too.
    """

    def __init__(self, hide: Callable[[str], str], *, shared: bool = False) -> None:
        super().__init__()
        self._hide = hide
        self._shared = shared

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask a line; one without a secret stays as it was made."""
        if self._shared and not str(record.threadName).startswith(_THREADS):
            return True
        message = record.getMessage()
        if (shown := self._masked(message)) != message:
            record.msg, record.args = shown, None
        trace = record.exc_text or (_spelled(record.exc_info) if record.exc_info else "")
        if (shown := self._masked(trace)) != trace:
            record.exc_info, record.exc_text = None, shown  # a handler would spell the exception anew
        if record.stack_info:
            record.stack_info = self._masked(record.stack_info)
        return True

    def _masked(self, text: str) -> str:
        """Line by line first, so that an encoded secret takes its own line with it and not all of them."""
        return self._hide("\n".join(map(self._hide, text.split("\n"))))


@contextmanager
def masked_logs(hide: Callable[[str], str]) -> Iterator[None]:
    """Mask what the mock logs in the block."""
    masks = [(logging.getLogger(name), LogMask(hide, shared=name in _SHARED)) for name in (*_OWN, *_SHARED)]
    for logger, mask in masks:
        logger.addFilter(mask)
    try:
        yield
    finally:
        for logger, mask in masks:
            logger.removeFilter(mask)
