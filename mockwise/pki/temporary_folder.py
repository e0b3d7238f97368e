"""A private temporary folder that is removed when the process that made it ends.

A forked copy of that process never removes it. A process that is killed cannot remove it: so each
process locks a file in the folder, the system releases the lock when the process ends, and the next mock that starts removes
the folders whose lock is free. Where a file system has no
locks, or another machine does not see them, such folders are left.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import weakref
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_PREFIX = "mockwise-"
_LOCK, _NEW_LOCK = ".lock", ".lock-new"


class TemporaryFolder:
    """A new folder at `path`. It is removed by `close()`, else at the end of its `with` block or of the process."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._remove = weakref.finalize(self, _remove, self.path, _lock(self.path), os.getpid())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder with its content, unless this is a forked copy of its process. Twice changes nothing."""
        self._remove()


def sweep() -> None:
    """Remove the folders of this user's processes that were killed."""
    with suppress(ImportError, OSError):  # Windows has no such locks
        import fcntl  # noqa: F401  because Windows has no such module

        with os.scandir(tempfile.gettempdir()) as entries:
            found = [
                Path(it)
                for it in entries
                if it.name.startswith(_PREFIX)
                and it.is_dir(follow_symlinks=False)
                and it.stat(follow_symlinks=False).st_uid == os.geteuid()
            ]
        for folder in found:
            _sweep(folder)


def _sweep(folder: Path) -> None:
    import fcntl  # because Windows has no such module

    with ExitStack() as stack, suppress(OSError):  # its process lives, or another one removes it
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
        stack.callback(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        still_there = os.path.samestat(os.fstat(lock), (folder / _LOCK).lstat())
        if still_there and os.read(lock, len(_machine()) + 1) == _machine():
            _empty(folder)


def _lock(folder: Path) -> int | None:
    """The descriptor that holds the lock; None where there are no locks. It appears under its name when it is held."""
    with ExitStack() as undone, suppress(ImportError, OSError):
        import fcntl  # because Windows has no such module

        lock = os.open(folder / _NEW_LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        undone.callback(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(lock, _machine())
        (folder / _NEW_LOCK).rename(folder / _LOCK)
        undone.pop_all()
        return lock
    return None


def _machine() -> bytes:
    """The name of this machine: in a shared folder the locks of another one may seem free."""
    return socket.gethostname().encode()


def _remove(folder: Path, lock: int | None, process: int) -> None:
    if os.getpid() == process:
        _empty(folder)
        if lock is not None:
            os.close(lock)


def _empty(folder: Path) -> None:
    """Remove a folder, the lock last: if this is interrupted, what is left is removed another time."""
    with suppress(OSError):
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != _LOCK:
                entry.unlink(missing_ok=True)
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()
