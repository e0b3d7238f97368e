"""A real browser, driven through its own debugging pipe: Chromium and nothing else is needed.

The DevTools protocol over a pipe is JSON, each message ended by a NUL: the browser reads from descriptor 3 and writes
to descriptor 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--ignore-certificate-errors", "--remote-debugging-pipe"),
)
# A shell could do this, had all shells descriptors above 9.
_BRIDGE = """
import fcntl, os, sys
for target, given in enumerate([fcntl.fcntl(int(it), fcntl.F_DUPFD_CLOEXEC, 10) for it in sys.argv[1:3]], 3):
    os.dup2(given, target)
os.execv(sys.argv[3], sys.argv[3:])
"""
_LEFT = "Inspected target navigated or closed"
_PATIENCE = 30  # seconds; a browser that starts on a busy machine takes a while


def chromium_or_skip() -> None:
    """A machine without a browser may skip its tests; CI, which installs one, may not."""
    if CHROMIUM is None:
        message = "there is no Chromium here: .ci/run installs it"
        pytest.fail(message) if "CI" in os.environ else pytest.skip(message)


class PageLeftError(Exception):
    """The page that was asked went elsewhere before it answered."""


class Browser:
    """One page in a browser of its own. Selectors are CSS."""

    _session: str | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            target = self._ask("Target.createTarget", url="about:blank")["targetId"]
            self._ask("Browser.grantPermissions", permissions=["clipboardReadWrite"])
            self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self._running = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._running:
            self._session = None
            self._ask("Browser.close")
            self._process.wait(_PATIENCE)

    def _start(self, stack: ExitStack) -> None:
        assert CHROMIUM is not None
        home = tempfile.mkdtemp(prefix="mockwise-browser-")
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        commands, self._commands = os.pipe()
        self._events, events = os.pipe()
        stack.callback(os.close, self._commands)
        stack.callback(os.close, self._events)
        bridge = [sys.executable, "-IS", "-c", _BRIDGE, str(commands), str(events)]
        self._process = stack.enter_context(
            subprocess.Popen(
                [*bridge, CHROMIUM, *_FLAGS, f"--user-data-dir={home}", "about:blank"],
                pass_fds=(commands, events),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        stack.callback(self._process.kill)
        os.close(commands)
        os.close(events)
        self._number = 0
        self._unread = b""

    def open(self, url: str) -> None:
        """Go there, by way of nowhere: the page before, which may be about to go elsewhere, has no say then."""
        while self.evaluate("location.href") != "about:blank":
            self._ask("Page.navigate", url="about:blank")
        assert "errorText" not in self._ask("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """What JavaScript makes of it, or what it promised."""
        options = {"returnByValue": True, "awaitPromise": True}
        return self._ask("Runtime.evaluate", expression=expression, **options)["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until it is true on the page."""
        end = time.monotonic() + _PATIENCE
        while not self._is(expression):
            assert time.monotonic() < end, f"in vain: {expression} at {self.evaluate('location.href')}"
            time.sleep(0.01)

    def _is(self, expression: str) -> bool:
        try:
            return bool(self.evaluate(f"!!({expression})"))
        except PageLeftError:  # while it was asked
            return False

    def text(self, selector: str) -> str:
        """What is to be read in the first such element."""
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))

    def click(self, selector: str) -> None:
        """Click into the middle of the first such element, once it is there (of its first line, if it is text)."""
        self.until(f"document.querySelector({json.dumps(selector)})?.checkVisibility()")
        # Before a page is painted, the browser drops clicks; and what moves would be missed.
        x, y = self.evaluate(
            f"new Promise(done => {{ const it = document.querySelector({json.dumps(selector)}); let last = '';"
            " it.scrollIntoView({block: 'center', behavior: 'instant'});"
            " const look = () => { const box = it.getClientRects()[0]; const now = `${box.x} ${box.y}`;"
            " if (now === last) done([box.x + box.width / 2, box.y + box.height / 2]);"
            " else { last = now; requestAnimationFrame(look) } }; requestAnimationFrame(look) })"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key, named as in `KeyboardEvent.key`, with its `keyCode`."""
        for kind in ("keyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text)

    def emulate(
        self, *, width: int = 900, height: int = 900, dark: bool = False, still: bool = False
    ) -> None:
        """Take that window size, light or dark colours, and reduced motion or not."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        motion = {"name": "prefers-reduced-motion", "value": "reduce" if still else ""}
        self._ask("Emulation.setEmulatedMedia", features=[scheme, motion])

    def write(self, selector: str, text: str) -> None:
        """Write into a field, in place of what it held."""
        self.evaluate(
            f"(it => {{ it.focus(); it.select() }})(document.querySelector({json.dumps(selector)}))"
        )
        self._ask("Input.insertText", text=text)

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files to upload in a file field."""
        root = self._ask("DOM.getDocument", depth=0)["root"]["nodeId"]
        field = self._ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self._ask("DOM.setFileInputFiles", nodeId=field, files=[str(file) for file in files])

    def block(self, *patterns: str) -> None:
        """Load nothing from such addresses from now on, in which `*` stands for anything."""
        self._ask("Network.enable")
        self._ask("Network.setBlockedURLs", urls=list(patterns))

    def screenshot(self, file: Path, selector: str | None = None, *, scale: float = 1) -> None:
        """Draw the whole page, or the first such element, into a file: PNG or WebP, by its name."""
        clip: dict[str, object] = {}
        if selector is not None:
            keys = ("x", "y", "width", "height")
            sizes = self.evaluate(
                f"(it => [it.x + scrollX, it.y + scrollY, it.width, it.height])"
                f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
            )
            clip = {"clip": {**dict(zip(keys, sizes, strict=True)), "scale": scale}}
        kind = {"format": "webp", "quality": 85} if file.suffix == ".webp" else {"format": "png"}
        answer = self._ask("Page.captureScreenshot", captureBeyondViewport=True, **kind, **clip)
        file.write_bytes(base64.b64decode(answer["data"]))

    def _ask(self, method: str, **parameters: object) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._read())
            if answer.get("id") == self._number:
                if _LEFT in str(answer.get("error")):
                    raise PageLeftError
                assert "error" not in answer, (method, answer)
                return answer["result"]

    def _read(self) -> bytes:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._events], [], [], _PATIENCE)
            assert ready, "the browser is mute"
            part = os.read(self._events, 1 << 16)
            assert part, f"the browser left: {self._process.poll()}"
            self._unread += part
        message, _, self._unread = self._unread.partition(b"\0")
        return message
