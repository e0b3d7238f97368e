"""Temporary folders: private, gone with their maker, and swept if that was killed."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mockwise.pki.temporary_folder import TemporaryFolder, sweep

fcntl = pytest.importorskip("fcntl", reason="Windows has no such locks")

MAKE = """
import sys
from mockwise.pki.temporary_folder import TemporaryFolder
kept = TemporaryFolder()
(kept.path / "sandbox").mkdir()
(kept.path / "sandbox" / "client.key").touch()
(kept.path / "ca.pem").touch()
(kept.path / "link").symlink_to(sys.argv[1])
print(kept.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder, with nothing in it."""
    system = tmp_path / "system"
    system.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(system))
    return system


def started(folder: Path, target: Path) -> tuple[subprocess.Popen[str], Path]:
    """Another process that has such a folder, with a link to somebody's own folder in it."""
    target.mkdir(exist_ok=True)
    (target / "mine").touch()
    process = subprocess.Popen(
        [sys.executable, "-c", MAKE, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_it_is_private_and_goes_with_its_block() -> None:
    """With all that is in it, but not with what a link in it points at."""
    with TemporaryFolder() as made:
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
        (made.path / "sub").mkdir()
        (made.path / "sub" / "file").touch()
    assert not made.path.exists()
    made.close()


def test_it_goes_with_its_process(tmp_path: Path, folder: Path) -> None:
    """Also if nobody closes it."""
    process, made = started(folder, tmp_path / "own")
    assert made.exists()
    process.communicate("")
    assert list(folder.iterdir()) == []
    assert (tmp_path / "own" / "mine").exists()


def test_a_killed_makers_folder_is_swept_and_a_living_ones_is_not(tmp_path: Path, folder: Path) -> None:
    """The lock tells them apart."""
    process, made = started(folder, tmp_path / "own")
    with TemporaryFolder() as mine:
        sweep()
        assert made.exists()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        sweep()
        assert list(folder.iterdir()) == [mine.path]
    assert (tmp_path / "own" / "mine").exists()


@pytest.mark.parametrize("what", ["no lock", "a link", "a file", "another machine's", "another user's"])
def test_what_may_be_somebody_elses_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A name is not enough."""
    made, other = folder / "mockwise-other", folder / "other"
    other.mkdir()
    (other / ".lock").write_bytes(os.uname().nodename.encode())
    match what:
        case "no lock":
            made.mkdir()
        case "a link":
            made.symlink_to(other)
        case "a file":
            made.touch()
        case "another machine's":
            made.mkdir()
            (made / ".lock").write_bytes(b"other.example")
        case _:
            other.rename(made)
            monkeypatch.setattr(os, "geteuid", lambda: made.stat().st_uid + 1)
    sweep()
    assert os.path.lexists(made)


def test_what_another_sweeper_has_removed_meanwhile_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock can be had, but is no longer the folder's: somebody may have made the folder anew."""
    made = folder / "mockwise-other"
    made.mkdir()
    (made / ".lock").write_bytes(os.uname().nodename.encode())

    def meanwhile(*_: object) -> None:
        (made / ".lock").rename(folder / "removed")
        (made / ".lock").write_bytes(os.uname().nodename.encode())

    monkeypatch.setattr(fcntl, "flock", meanwhile)
    sweep()
    assert made.exists()
    monkeypatch.setattr(os, "scandir", lambda _: (_ for _ in ()).throw(PermissionError()))
    sweep()


def test_without_locks_it_is_never_swept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some file systems of other machines; it goes with its block all the same."""

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", no_locks)
        made = TemporaryFolder()
    sweep()
    assert made.path.exists()
    made.close()
    assert list(folder.iterdir()) == []


def test_a_copy_of_the_process_removes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither at its end nor when it closes it."""
    made = TemporaryFolder()
    monkeypatch.setattr(os, "getpid", lambda: 0)
    made.close()
    assert made.path.exists()
