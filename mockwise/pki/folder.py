"""The folder of a mock's keys, certificates and other files that outlive it.

A marker file distinguishes it from other folders; a folder with files and without the marker is refused, so that `*`
in its `.gitignore` and files named `client.pem` never get among somebody's work. A file lock orders the writers, and
each file is replaced as a whole. Private files are readable by their owner only (where the system knows modes).
"""

from __future__ import annotations

import errno
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from mockwise.real_time import monotonic

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = ".mockwise-certs"
_MARKER_TEXT = "This folder belongs to mockwise, which writes certificates into it. For testing only.\n"
_IGNORE = ".gitignore"
_LOCK = ".lock"
_LOCK_TIMEOUT = 30.0  # seconds
_LOCK_PAUSE = 0.05  # seconds between two tries
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}


def replace_file(target: Path, data: bytes, mode: int) -> None:
    """Replace a file as a whole; a reader meanwhile sees the old one."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
        new = Path(file.name)
        try:
            file.write(data)
            file.close()
            new.chmod(mode)
            new.replace(target)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


class FolderError(Exception):
    """A folder that cannot be used; the message is one line and says what to do."""


class CertificateFolder:
    """The folder at `path`, made when it is first locked.

    A complete one may be read-only: a mount, or another user's.

    Every method raises `FolderError` if the system refuses an operation.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read_only = False
        """Whether the folder turned out to be read-only when it was locked."""
        self._lock = FileLock(path / _LOCK)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder against other processes and threads; write the marker if it is new or empty.

        One thread may lock it twice. A read-only folder needs no lock, because nothing here can write to it.

        Raises:
            FolderError: it is not a folder of mockwise's, or another process keeps it locked.
        """
        with self._explained():
            self.path.mkdir(parents=True, exist_ok=True)
            self._refuse_foreign()  # before a lock file is written into it
            self._acquire()
        if self.read_only:
            yield
            return
        try:
            with self._explained():
                self._claim()
            yield
        finally:
            self._lock.release()

    def _acquire(self) -> None:
        """Wait for the lock by the real time, because filelock's own time-out stops in a test that stops the clocks."""
        until = monotonic() + _LOCK_TIMEOUT
        while True:
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                if monotonic() >= until:
                    raise FolderError(
                        f"another process has held {self.path} for {_LOCK_TIMEOUT:g} seconds: "
                        "stop it, or name another folder with --certs"
                    ) from None
                time.sleep(_LOCK_PAUSE)
            except OSError as error:
                if error.errno not in _READ_ONLY or not (self.path / MARKER).exists():
                    raise
                self.read_only = True
                return
            else:
                return

    def read(self, name: str) -> bytes | None:
        """The content of a file, or None if there is none."""
        with self._explained("let this user read it, or name another folder"):
            try:
                return (self.path / name).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """Write a file that everybody may read."""
        self._replace(name, data, 0o644)

    def write_private(self, name: str, data: bytes) -> None:
        """Write a file that only its owner may read."""
        self._replace(name, data, 0o600)

    def _replace(self, name: str, data: bytes, mode: int) -> None:
        target = self.path / name
        with self._explained():
            target.parent.mkdir(exist_ok=True)
            replace_file(target, data, mode)

    def _refuse_foreign(self) -> None:
        if (self.path / MARKER).exists():
            return
        if any(entry.name != _LOCK for entry in self.path.iterdir()):
            raise FolderError(
                f"{self.path} holds files that are not mockwise's: name another folder with --certs"
            )

    def _claim(self) -> None:
        self._refuse_foreign()
        for name, text in (
            (MARKER, _MARKER_TEXT),
            (_IGNORE, "*\n"),
        ):  # the marker first, because others look for it without the lock
            if not (self.path / name).exists():
                (self.path / name).write_text(text, encoding="utf-8")

    @contextmanager
    def _explained(self, remedy: str = "make the folder writable, or name another one") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FolderError(
                f"cannot use {error.filename or self.path}: {error.strerror or error}: {remedy} with --certs"
            ) from error
