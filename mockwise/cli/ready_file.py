"""The file that tells a script that a mock is ready, and how to reach it.

It is whole or not there, and readable by its owner alone, since a secret is in it. One that an earlier mock has left is
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


def named_ready_file(words: Sequence[str], environ: Mapping[str, str]) -> Path | None:
    """The file that a command line means, as far as it can be told without reading all of its options."""
    if not words or words[0] != "serve" or "--help" in words:
        return None
    found = environ.get("MOCKWISE_SERVE_READY_FILE", "")
    remaining = iter(words[1:])
    for word in remaining:
        if word == _OPTION:
            found = next(remaining, "")
        elif word.startswith(f"{_OPTION}="):
            found = word.removeprefix(f"{_OPTION}=")
    return Path(found) if found else None


class ReadyFile:
    """The file at `path`, as one mock sees it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text: str | None = None

    def clear(self) -> None:
        """Remove what an earlier mock has left; what cannot be removed is emptied."""
        with suppress(OSError, MockwiseError):
            self._remove(self._place())

    def check(self) -> None:
        """See before a mock starts that the file can be written.

        Raises:
            BadValue: it cannot.
        """
        place = self._place()
        if not place.parent.is_dir():
            raise self._unusable(f"there is no folder {place.parent}: make it, or name another file")
        try:
            place.unlink()
        except FileNotFoundError:
            if not os.access(place.parent, os.W_OK | os.X_OK):
                raise self._unusable("its folder may not be written: name another file") from None
        except OSError as why:
            try:
                os.close(_open(place, why))
            except OSError as error:
                raise self._unusable(f"{error.strerror}: name another file") from None

    def write(self, content: Mapping[str, str]) -> None:
        """Write it.

        Raises:
            MockwiseError: the system does not let us.
        """
        place = self._place()
        self._text = json.dumps(content, indent=2) + "\n"
        try:
            _replace(place, self._text)
        except OSError as error:
            try:
                _overwrite(place, self._text, error)
            except OSError:
                raise MockwiseError(
                    f"{_OPTION}: {self._path} cannot be written: {error.strerror}. Name another file"
                ) from None

    def remove(self) -> None:
        """Remove it, if it is still what this mock has written."""
        with suppress(OSError, MockwiseError, ValueError):
            place = self._place()
            if self._text is not None and place.read_text(encoding="utf-8") == self._text:
                self._remove(place)

    def _place(self) -> Path:
        """Where it is, behind a link.

        Raises:
            BadValue: what is there is no file, or somebody else's link.
        """
        place = self._path
        try:
            found = place.lstat()
            if stat.S_ISLNK(found.st_mode):
                if found.st_uid not in {0, _user()}:
                    raise self._unusable("it is another user's link: name another file")
                place = Path(os.path.realpath(place))
                found = self._path.stat()  # of /dev/stdout the real path is no path
        except (FileNotFoundError, NotADirectoryError):
            return place
        except OSError as error:
            raise self._unusable(f"{error.strerror}: name another file") from None
        if stat.S_ISDIR(found.st_mode):
            raise self._unusable("it is a folder: name a file in it")
        if not stat.S_ISREG(found.st_mode):
            raise self._unusable("it is a pipe or a device: name a file")
        return place

    def _unusable(self, why: str) -> InvalidValueError:
        return InvalidValueError(f"{_OPTION}: {self._path} cannot be used: {why}")

    @staticmethod
    def _remove(place: Path) -> None:
        try:
            place.unlink(missing_ok=True)
        except OSError:  # mounted there, or in a folder that is not ours
            os.truncate(place, 0)


def _user() -> int:
    return getattr(os, "geteuid", int)()  # Windows has no such numbers


def _replace(place: Path, text: str) -> None:
    """Let it appear at once."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".mockwise-ready-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _open(place: Path, why: OSError) -> int:
    """Open a file that cannot be replaced: ours, or one that is mounted there.

    Raises:
        OSError: it is another user's, or may not be written.
    """
    handle = os.open(place, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0))
    if why.errno != errno.EBUSY and os.fstat(handle).st_uid != _user():
        os.close(handle)
        raise PermissionError(errno.EPERM, "it is another user's file")
    return handle


def _overwrite(place: Path, text: str, why: OSError) -> None:
    """Write into the file that is there, in one go."""
    handle = _open(place, why)
    try:
        with suppress(OSError):  # a mounted one may be another user's
            os.chmod(handle, 0o600)  # noqa: PTH101  because it is a descriptor
        os.truncate(handle, 0)
        os.write(handle, text.encode())
    finally:
        os.close(handle)
