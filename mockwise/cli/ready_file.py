"""The file that tells a script that a mock is ready, and how to reach it.

It appears with its whole content, and is readable by its owner only, because it holds a secret. One that an earlier mock has left is
removed before the command's own modules are imported, so this module imports little.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mockwise.errors import InvalidValueError, MockwiseError

_OPTION = "--ready-file"


def named_ready_file(arguments: Sequence[str], environ: Mapping[str, str]) -> Path | None:
    """The ready file that a command line or the environment names, without parsing all options; None without one."""
    if not arguments or arguments[0] != "serve" or "--help" in arguments:
        return None
    named = environ.get("MOCKWISE_SERVE_READY_FILE", "")
    remaining = iter(arguments[1:])
    for argument in remaining:
        if argument == _OPTION:
            named = next(remaining, "")
        elif argument.startswith(f"{_OPTION}="):
            named = argument.removeprefix(f"{_OPTION}=")
    return Path(named) if named else None


class ReadyFile:
    """The ready file of one mock, at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text: str | None = None

    def clear(self) -> None:
        """Remove what an earlier mock has left; what cannot be removed is emptied."""
        with suppress(OSError, MockwiseError):
            self._remove(self._target())

    def check(self) -> None:
        """Check that the file can be written, before a mock starts.

        Raises:
            InvalidValueError: it cannot be written.
        """
        target = self._target()
        if not target.parent.is_dir():
            raise self._unusable(f"there is no folder {target.parent}: make it, or name another file")
        try:
            target.unlink()
        except FileNotFoundError:
            if not os.access(target.parent, os.W_OK | os.X_OK):
                raise self._unusable("its folder may not be written: name another file") from None
        except OSError as why:
            try:
                os.close(_open(target, why))
            except OSError as error:
                raise self._unusable(f"{error.strerror}: name another file") from None

    def write(self, content: Mapping[str, str]) -> None:
        """Write the content as JSON.

        Raises:
            MockwiseError: the file cannot be written.
        """
        target = self._target()
        self._text = json.dumps(content, indent=2) + "\n"
        try:
            _replace(target, self._text)
        except OSError as error:
            try:
                _overwrite(target, self._text, error)
            except OSError:
                raise MockwiseError(
                    f"{_OPTION}: {self._path} cannot be written: {error.strerror}. Name another file"
                ) from None

    def remove(self) -> None:
        """Remove the file, if it still has the content that this mock wrote."""
        with suppress(OSError, MockwiseError, ValueError):
            target = self._target()
            if self._text is not None and target.read_text(encoding="utf-8") == self._text:
                self._remove(target)

    def _target(self) -> Path:
        """The path of the file, after symbolic links.

        Raises:
            InvalidValueError: it is not a regular file, or another user's link.
        """
        target = self._path
        try:
            found = target.lstat()
            if stat.S_ISLNK(found.st_mode):
                if found.st_uid not in {0, _user()}:
                    raise self._unusable("it is another user's link: name another file")
                target = Path(os.path.realpath(target))
                found = self._path.stat()  # the real path of /dev/stdout need not exist
        except (FileNotFoundError, NotADirectoryError):
            return target
        except OSError as error:
            raise self._unusable(f"{error.strerror}: name another file") from None
        if stat.S_ISDIR(found.st_mode):
            raise self._unusable("it is a folder: name a file in it")
        if not stat.S_ISREG(found.st_mode):
            raise self._unusable("it is a pipe or a device: name a file")
        return target

    def _unusable(self, why: str) -> InvalidValueError:
        return InvalidValueError(f"{_OPTION}: {self._path} cannot be used: {why}")

    @staticmethod
    def _remove(target: Path) -> None:
        try:
            target.unlink(missing_ok=True)
        except OSError:  # mounted there, or in a folder that is not ours
            os.truncate(target, 0)


def _user() -> int:
    return getattr(os, "geteuid", int)()  # Windows has no such numbers


def _replace(target: Path, text: str) -> None:
    """Write the file beside its place and rename it, so that it appears as a whole."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".mockwise-ready-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _open(target: Path, why: OSError) -> int:
    """Open a file that cannot be replaced: one of this user's, or one that is mounted.

    Raises:
        OSError: it is another user's, or may not be written.
    """
    handle = os.open(target, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    if why.errno != errno.EBUSY and os.fstat(handle).st_uid != _user():
        os.close(handle)
        raise PermissionError(errno.EPERM, "it is another user's file")
    return handle


def _overwrite(target: Path, text: str, why: OSError) -> None:
    """Replace the content of an existing file with one write."""
    handle = _open(target, why)
    try:
        with suppress(OSError):  # a mounted one may be another user's
            os.chmod(handle, 0o600)  # noqa: PTH101  because it is a descriptor
        os.truncate(handle, 0)
        os.write(handle, text.encode())
    finally:
        os.close(handle)
