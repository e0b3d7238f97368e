"""Refusal to start where gevent or eventlet has replaced this process's threads and sockets.

The server's event loop runs in a thread of its own. On a green thread it never gives way to the others, so the process
would hang at the start, and hear no Ctrl-C; and a loop cannot work on sockets that give way.
"""

from __future__ import annotations

import sys

from mockwise.errors import MockwiseError

_ASKED = {"gevent.monkey": "is_module_patched", "eventlet.patcher": "is_monkey_patched"}
_NEEDED = ("thread", "_thread", "threading", "socket")


def refuse_green_threads() -> None:
    """Raise if a mock would hang here.

    Raises:
        MockwiseError: gevent or eventlet has replaced threads or sockets; the message says what to do.
    """
    for module, function in _ASKED.items():
        if (patcher := sys.modules.get(module)) is None:
            continue
        is_patched = getattr(patcher, function)
        if any(map(is_patched, _NEEDED)):
            raise MockwiseError(
                f"{module.partition('.')[0]} has replaced the threads or sockets of this process "
                "(monkey patching), and a mock cannot run on them: give it a process of its own with "
                "`mockwise run -- COMMAND`, where COMMAND is for example your tests, and take its addresses from "
                "the environment (MOCKWISE_MTLS_URL and so on)"
            )
