"""A mock does not start on the threads of gevent or eventlet, where it would hang for ever and hear no Ctrl-C."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from mockwise import MockWise, MockwiseError

LIBRARIES = [("gevent.monkey", "is_module_patched"), ("eventlet.patcher", "is_monkey_patched")]


def patched(monkeypatch: pytest.MonkeyPatch, name: str, function: str, *modules: str) -> None:
    """A process in which a library has replaced these modules, as it answers who asks it."""
    library = ModuleType(name)
    setattr(library, function, lambda module: module in modules)
    monkeypatch.setitem(sys.modules, name, library)


@pytest.mark.parametrize("module", ["thread", "_thread", "threading", "socket"])
@pytest.mark.parametrize(("name", "function"), LIBRARIES)
def test_a_mock_refuses_to_start_on_green_threads_or_sockets(
    monkeypatch: pytest.MonkeyPatch, name: str, function: str, module: str
) -> None:
    """At once, also where the patch came after the import of mockwise, and with what to do instead."""
    patched(monkeypatch, name, function, module)
    mock = MockWise()
    with pytest.raises(
        MockwiseError, match=name.split(".", maxsplit=1)[0] + r" has replaced .*`mockwise run -- "
    ):
        mock.start()
    mock.stop()


@pytest.mark.parametrize(("name", "function"), LIBRARIES)
def test_a_library_that_is_only_imported_or_replaced_something_else_is_none_of_its_business(
    monkeypatch: pytest.MonkeyPatch, name: str, function: str
) -> None:
    """The server does not use these."""
    patched(monkeypatch, name, function, "select", "ssl", "queue", "os", "time", "subprocess", "signal")
    with MockWise() as mock:
        assert mock.default.client_id
