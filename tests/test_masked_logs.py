"""No log line of a mock, and no traceback in one, holds a secret or a token that the mock knows."""

from __future__ import annotations

import asyncio
import base64
import logging
from typing import NoReturn

import httpx
import pytest

from mockwise import MockWise, Respond
from mockwise.common.masked_logs import LogMask, masked_logs
from mockwise.errors import MockwiseError
from mockwise.mock import Exchange, FailedHandshake
from mockwise.web.wise.request_context import RequestContext
from tests.api_calls import ask, token, use

SECRET = "it's-Zk/2+x9-the-one"
CONTROL = "control-token-7f3a"


def fail_with(text: str) -> NoReturn:
    """Fail as a function does that quotes what it was handed."""
    raise RuntimeError(f"cannot make sense of {text}") from KeyError(text)


def every(logger: str) -> list[logging.Filter]:
    """What stands before a logger."""
    return [it for it in logging.getLogger(logger).filters if isinstance(it, LogMask)]


def test_a_function_that_says_when_may_raise_what_it_was_handed(
    mockwise_own: MockWise, caplog: pytest.LogCaptureFixture
) -> None:
    """The token and the secret of its request, plain and encoded; what went wrong is still told."""
    box = mockwise_own.sandbox(client_secret=SECRET)
    live = token(box)
    basic = base64.b64encode(f"{box.client_id}:{SECRET}".encode()).decode()

    def when(request: object) -> bool:
        return fail_with(f"{request!r} {SECRET} {live} Basic {basic}")

    box.arm(Respond(503, when=when))
    assert use(box, live).status_code == 500
    for secret in (SECRET, repr(SECRET)[1:-1], live, basic):
        assert secret not in caplog.text
    assert "`when` failed" in caplog.text
    assert "RuntimeError: cannot make sense of" in caplog.text
    assert "KeyError" in caplog.text


def test_so_may_a_watcher_until_the_end(caplog: pytest.LogCaptureFixture) -> None:
    """What it is told of when the mock has stopped serving, too."""
    with MockWise(client_secret=SECRET) as mock:

        def watch(_: Exchange | FailedHandshake) -> None:
            fail_with(SECRET)

        mock.watch(watch)
        ask(mock.default)
    assert "a watcher failed" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_so_may_what_nobody_caught_in_the_loop(loop: str, caplog: pytest.LogCaptureFixture) -> None:
    """The exception handler of asyncio logs it; what other code of the process logs there stays as it is."""
    with MockWise(client_secret=SECRET, loop=loop) as mock:

        def watch(_: Exchange | FailedHandshake) -> None:
            asyncio.get_running_loop().call_soon(fail_with, SECRET)

        mock.watch(watch, waits=False)
        ask(mock.default)
        ask(mock.default)
        assert "cannot make sense of" in caplog.text
        assert SECRET not in caplog.text
        logging.getLogger("asyncio").error("elsewhere: %s", SECRET)
        assert f"elsewhere: {SECRET}" in caplog.text


def test_so_may_the_apps_themselves(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Which uvicorn logs: of a host of Wise, and of the control host."""
    with MockWise(client_secret=SECRET, control_token=CONTROL) as mock:
        monkeypatch.setattr(RequestContext, "resolve_sandbox", lambda *_: fail_with(SECRET))
        ask(mock.default)
        monkeypatch.setattr(type(mock._context.registry), "names", lambda _: fail_with(CONTROL))
        answer = httpx.get(f"{mock.control_url}/sandboxes", headers={"Authorization": f"Bearer {CONTROL}"})
        assert answer.status_code == 500
        assert CONTROL not in answer.text
    assert caplog.text.count("Exception in ASGI application") == 2
    assert SECRET not in caplog.text
    assert CONTROL not in caplog.text


def test_a_line_without_a_secret_stays_as_it_was_made(caplog: pytest.LogCaptureFixture) -> None:
    """With its arguments and its exception, for handlers that look at them; the rest is masked wherever it stands."""
    logger = logging.getLogger("mockwise")
    with masked_logs(lambda text: text.replace("hunter2", "***")):
        try:
            fail_with("nothing")
        except RuntimeError:
            logger.exception("%s went wrong", "all", stack_info=True)
        plain = caplog.records[-1]
        assert (plain.args, bool(plain.exc_info)) == (("all",), True)
        logger.error("%s", {"key": "hunter2"})
        assert caplog.records[-1].getMessage() == "{'key': '***'}"
        record = logger.makeRecord("mockwise", 40, "x.py", 1, "x", (), None)
        record.stack_info, record.exc_text = 'File "x.py": hunter2', "Trouble: hunter2"
        logger.handle(record)
    assert (record.stack_info, record.exc_text) == ('File "x.py": ***', "Trouble: ***")
    logger.error("hunter2")
    assert caplog.records[-1].getMessage() == "hunter2"


def test_an_encoded_secret_takes_its_own_line_with_it(mockwise_own: MockWise) -> None:
    """An encoded secret masks its own line, not the whole traceback."""
    box = mockwise_own.sandbox(client_secret="Zk/2+x9 Lw;q")
    hide = mockwise_own._context.registry.secrets.hide
    record = logging.LogRecord("mockwise", 40, "x.py", 1, "first\nZk/2%2Bx9%20Lw;q\nlast", (), None)
    assert LogMask(hide).filter(record)
    assert record.getMessage() == "first\n***\nlast"
    assert box.client_secret == "Zk/2+x9 Lw;q"


@pytest.mark.parametrize("logger", ["mockwise", "mockwise.http", "asyncio"])
def test_nothing_is_left_at_the_end(logger: str) -> None:
    """Neither when a mock ends, nor when it cannot start; each of two takes its own."""
    before = every(logger)
    with MockWise() as one:
        with MockWise():
            assert len(every(logger)) == len(before) + 2
        assert len(every(logger)) == len(before) + 1
        port = int(one.control_url.rpartition(":")[2])
        with pytest.raises(MockwiseError, match="control-port"):
            MockWise(control_port=port).start()
        assert len(every(logger)) == len(before) + 1
    assert every(logger) == before
