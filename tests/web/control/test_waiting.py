"""The event loop waits for nobody who waits for the state."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from mockwise.web.control import shared
from mockwise.web.control.app import _OTHERS, _OWN

ASKS_NOTHING_MORE = {
    "clear",  # is given the journal, which is in memory
    "do",  # hands over to a thread
    "events",
    "stream",
}
"""Coroutines that are given a sandbox, but ask the state nothing themselves."""


def _dependencies(dependant: Dependant) -> set[object]:
    return {dependant.call}.union(*map(_dependencies, dependant.dependencies))


def _runs_in_loop(endpoint: Callable[..., object]) -> bool:
    return inspect.iscoroutinefunction(endpoint) or inspect.isasyncgenfunction(endpoint)


def test_what_asks_the_state_is_no_coroutine() -> None:
    """FastAPI calls a function in a thread, and a coroutine in the event loop (web.control.shared)."""
    routes = [it for module in (*_OWN, *_OTHERS) for it in module.router.routes if isinstance(it, APIRoute)]
    in_loop = {
        route.endpoint.__name__
        for route in routes
        if shared._sandbox_of in _dependencies(route.dependant) and _runs_in_loop(route.endpoint)
    }
    assert in_loop == ASKS_NOTHING_MORE
    for finds in (shared._sandbox_of, shared._journal_of, shared._client_of, shared._user_of):
        assert not inspect.iscoroutinefunction(finds)
