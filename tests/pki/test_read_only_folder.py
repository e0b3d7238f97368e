"""A folder of certificates that is complete, and that this user may read and not write."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from mockwise import InvalidValueError, MockWise
from mockwise.pki import folder
from tests.api_calls import ask


@pytest.fixture(params=[errno.EACCES, errno.EROFS])
def certs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As somebody else's folder, and as a read-only mount; modes alone would not stop root."""
    path = tmp_path / "certs"
    with MockWise(certs=path, token_format="uuid"):
        pass

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(request.param, os.strerror(request.param), str(path))

    monkeypatch.setattr(FileLock, "acquire", refuse)
    monkeypatch.setattr(folder, "replace_file", refuse)
    return path


def test_it_is_used_as_it_is(certs: Path) -> None:
    """Tokens are signed too, by a key of this run; other names of the server are in this run's certificate alone."""
    before = {it: it.read_bytes() for it in certs.rglob("*.*") if it.is_file()}
    with MockWise(certs=certs, public_host=("127.0.0.1", "mock.test")) as mock:
        assert ask(mock.default).status_code == 200
        assert mock.default.ca_file == certs / "ca.pem"
    assert {it: it.read_bytes() for it in certs.rglob("*.*") if it.is_file()} == before


def test_what_it_lacks_is_told(certs: Path) -> None:
    """It cannot be made there."""
    (certs / "client.pem").unlink()
    with pytest.raises(InvalidValueError, match="make the folder writable, or name another one with --certs"):
        MockWise(certs=certs).start()


def test_a_folder_that_is_not_the_mocks_is_no_better_for_being_read_only(certs: Path) -> None:
    """The marker is what tells."""
    (certs / folder.MARKER).unlink()
    with pytest.raises(InvalidValueError, match="holds files that are not mockwise's"):
        MockWise(certs=certs).start()


def test_an_empty_one_is_told(certs: Path, tmp_path: Path) -> None:
    """Nothing can be made there."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidValueError, match="make the folder writable"):
        MockWise(certs=tmp_path / "empty").start()
    assert certs.exists()
