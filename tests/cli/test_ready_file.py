"""The ready file: never stale, whole, its owner's alone; and what cannot be one is said in a line."""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mockwise.cli.ready_file import ReadyFile, named_ready_file
from mockwise.errors import InvalidValueError, MockwiseError
from tests.cli.processes import FREE_PORTS, MOCKWISE, PATIENCE, fail, served

CONTENT = {"MOCKWISE_MTLS_URL": "https://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("words", "variable", "found"),
    [
        (["serve", "--ready-file", "a"], "", "a"),
        (["serve", "--mtls-port", "0", "--ready-file=a"], "v", "a"),
        (["serve", "--ready-file", "a", "--ready-file", "b"], "", "b"),
        (["serve"], "v", "v"),
        (["serve"], "", None),
        (["serve", "--ready-file"], "", None),
        (["serve", "--ready-file", "a", "--help"], "", None),
        (["run", "--", "serve", "--ready-file", "a"], "v", None),
        ([], "v", None),
    ],
)
def test_it_is_known_before_the_options_are(words: list[str], variable: str, found: str | None) -> None:
    """As the command line reads it later: the last one wins, and it wins over the variable."""
    path = named_ready_file(words, {"MOCKWISE_SERVE_READY_FILE": variable})
    assert path == (None if found is None else Path(found))


def test_a_stale_one_goes_before_the_imports(tmp_path: Path) -> None:
    """A script that waits for it must not find the old one for half a second."""
    stale = tmp_path / "r.json"
    stale.write_text("stale")
    program = (
        "import sys, os\n"
        "class Looks:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name in ('typer', 'pydantic', 'rich', 'mockwise.mock'):\n"
        "            print(os.path.exists(sys.argv[-1])); sys.stdout.flush(); os._exit(0)\n"
        "sys.meta_path.insert(0, Looks())\n"
        "from mockwise.cli import main\n"
        "main()\n"
    )
    words = [sys.executable, "-c", program, "serve", "--ready-file", str(stale)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "options", [["--token-lifetime", "nonsense"], ["--nonsense"], ["--host", "no.invalid"]]
)
def test_a_stale_one_goes_although_the_mock_does_not_start(tmp_path: Path, options: list[str]) -> None:
    """What could be mistaken for the new one is gone."""
    stale = tmp_path / "r.json"
    stale.write_text("stale")
    done = subprocess.run(
        [*MOCKWISE, "serve", *FREE_PORTS, "--ready-file", str(stale), *options],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode != 0
    assert not stale.exists()


def test_it_is_whole_private_and_gone_afterwards(tmp_path: Path) -> None:
    """Nothing else is left in its folder."""
    file = ReadyFile(tmp_path / "r.json")
    file.clear()
    file.check()
    file.write(CONTENT)
    assert json.loads((tmp_path / "r.json").read_text()) == CONTENT
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o600
    file.remove()
    assert list(tmp_path.iterdir()) == []
    file.remove()


def test_another_mocks_file_is_left_alone(tmp_path: Path) -> None:
    """It was started later with the same name, and its script reads it still. What was never written is not removed."""
    first, second, third = (ReadyFile(tmp_path / "r.json") for _ in range(3))
    first.write(CONTENT)
    second.write({**CONTENT, "MOCKWISE_SANDBOX": "default"})
    first.remove()
    third.remove()
    assert "MOCKWISE_SANDBOX" in (tmp_path / "r.json").read_text()


def test_a_link_of_ours_is_followed(tmp_path: Path) -> None:
    """Whoever reads at either end sees it; the link stays."""
    (tmp_path / "link").symlink_to(tmp_path / "real")
    file = ReadyFile(tmp_path / "link")
    file.check()
    file.write(CONTENT)
    assert json.loads((tmp_path / "real").read_text()) == CONTENT
    assert (tmp_path / "link").is_symlink()
    file.remove()
    assert [it.name for it in tmp_path.iterdir()] == ["link"]
    (tmp_path / "real").write_text("stale")
    file.check()
    assert not (tmp_path / "real").exists()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("folder", "it is a folder: name a file in it"),
        ("pipe", "it is a pipe or a device: name a file"),
        ("socket", "it is a pipe or a device: name a file"),
        ("a link to a pipe", "it is a pipe or a device: name a file"),
        ("loop", "name another file"),
        ("no folder", "there is no folder .*: make it, or name another file"),
        ("a file's", "there is no folder .*: make it, or name another file"),
        ("too long", "File name too long: name another file"),
    ],
)
def test_what_cannot_be_one_is_refused_before_the_mock_starts(tmp_path: Path, kind: str, said: str) -> None:
    """And it is still there."""
    path = tmp_path / "it"
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(os.path.relpath(path))
        case "a link to a pipe":
            os.mkfifo(tmp_path / "pipe")
            path.symlink_to(tmp_path / "pipe")
        case "loop":
            path.symlink_to(path)
        case "too long":
            path = tmp_path / ("x" * 300)
        case _:
            path.write_text("a file") if kind == "a file's" else None
            path = path / "r.json"
    there = sorted(tmp_path.iterdir())
    file = ReadyFile(path)
    file.clear()
    with pytest.raises(InvalidValueError, match=f"^--ready-file: .* cannot be used: .*{said}"):
        file.check()
    with pytest.raises(MockwiseError, match=r"^--ready-file: "):
        file.write(CONTENT)
    file.remove()
    assert sorted(tmp_path.iterdir()) == there


def test_it_is_one_line(tmp_path: Path) -> None:
    """No traceback, and a status that is not zero."""
    assert "it is a folder" in fail("serve", *FREE_PORTS, "--ready-file", str(tmp_path), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that another is mounted on, as `docker run -v FILE:FILE` does: it can be written, and no more."""
    place = tmp_path / "r.json"
    place.write_text("stale")
    unlink, replace = Path.unlink, Path.replace

    def busy_unlink(self: Path, *, missing_ok: bool = False) -> None:
        if self == place:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        unlink(self, missing_ok=missing_ok)

    def busy_replace(self: Path, target: Path) -> Path:
        if target == place:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return replace(self, target)

    monkeypatch.setattr(Path, "unlink", busy_unlink)
    monkeypatch.setattr(Path, "replace", busy_replace)
    return place


def test_a_mounted_file_is_written_in_place(mounted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is empty before and after; another user's, too, since that is what containers have."""
    monkeypatch.setattr(os, "geteuid", lambda: mounted.stat().st_uid + 1)
    file, node = ReadyFile(mounted), mounted.stat().st_ino
    file.clear()
    assert mounted.read_text() == ""
    file.check()
    file.write(CONTENT)
    assert json.loads(mounted.read_text()) == CONTENT
    assert stat.S_IMODE(mounted.stat().st_mode) == 0o600
    file.remove()
    assert (mounted.read_text(), mounted.stat().st_ino) == ("", node)
    assert [it.name for it in mounted.parent.iterdir()] == ["r.json"]


@pytest.mark.parametrize("own", [True, False])
def test_a_file_in_somebody_elses_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, own: bool
) -> None:
    """Ours is written in place; another user's would show them the secret, and is refused."""
    place = tmp_path / "r.json"
    place.write_text("stale")

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "unlink", forbidden)
    monkeypatch.setattr("tempfile.mkstemp", forbidden)
    monkeypatch.setattr(os, "geteuid", lambda: place.stat().st_uid + (0 if own else 1))
    file = ReadyFile(place)
    if own:
        file.check()
        file.write(CONTENT)
        assert json.loads(place.read_text()) == CONTENT
    else:
        with pytest.raises(InvalidValueError, match="it is another user's file: name another file"):
            file.check()
        with pytest.raises(MockwiseError, match=r"cannot be written: Permission denied\. Name another file"):
            file.write(CONTENT)
        assert place.read_text() == "stale"


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before the mock starts."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InvalidValueError, match="its folder may not be written: name another file"):
        ReadyFile(tmp_path / "r.json").check()


def test_another_users_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that all may write it would let them choose which file we replace."""
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    if os.getuid() == 0:
        os.chown(tmp_path / "link", 12345, 12345, follow_symlinks=False)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    file = ReadyFile(tmp_path / "link")
    file.clear()
    if os.getuid() == 0:
        with pytest.raises(InvalidValueError, match="it is another user's link: name another file"):
            file.check()
    assert (tmp_path / "victim").read_text() == "precious" or os.getuid() != 0


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither half a file nor its draft."""

    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(
        MockwiseError, match=r"cannot be written: No space left on device\. Name another file"
    ):
        ReadyFile(tmp_path / "r.json").write(CONTENT)
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_mock_that_took_over_stays(tmp_path: Path) -> None:
    """The first one's end does not take the second one's file."""
    with served(tmp_path, "--certs", "first") as first:
        first.ready.write_text("stale")
        with served(tmp_path, "--certs", "second") as second:
            assert first.stop() == 0
            assert json.loads(second.ready.read_text()) == second.environ
            assert second.stop() == 0
        assert not second.ready.exists()
