"""`mockwise certs`: the folder of `serve`, made without serving."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from mockwise.cli.certs import SECTIONS
from mockwise.client import WiseError
from tests.cli.processes import fail, mockwise, served, succeed


def contents(folder: Path) -> dict[str, bytes]:
    """Every file with what is in it."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_file_is_written_and_explained(tmp_path: Path) -> None:
    """It says who needs which, and what each twin proves; nothing is there that it does not name."""
    said = succeed("certs", folder=tmp_path)
    files = contents(tmp_path / "certs")
    named = {name for section in SECTIONS.values() for name, _ in section}
    assert {f"certs/{name}" for name in named} <= set(said.split())
    keys = {name.replace(".pem", ".key") for name in named if name.startswith("bad/")}
    assert set(files) - named - keys == {"ca.key", ".mockwise-certs", ".gitignore", ".lock"}
    assert json.loads(files["client.json"])["client_id"] in said


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    """Whatever is valid stays; `serve` finds it, and its twins are refused."""
    succeed("certs", "here", "--client-id", "ann", "--public-host", "mock.test", folder=tmp_path)
    before = contents(tmp_path / "here")
    succeed("certs", "here", folder=tmp_path)
    assert contents(tmp_path / "here") == before
    with served(tmp_path, "--certs", "here", "--public-host", "mock.test") as mock:
        mock.environ["MOCKWISE_MTLS_URL"] = mock.environ["MOCKWISE_MTLS_URL"].replace(
            "mock.test", "127.0.0.1"
        )
        assert mock.environ["MOCKWISE_CLIENT_ID"] == "ann"
        assert mock.ask().status_code == 200
        for name in ("expired", "not-yet-valid", "foreign", "revoked", "no-client-auth"):
            mock.environ["MOCKWISE_CERT_FILE"] = str(tmp_path / f"here/bad/{name}.pem")
            mock.environ["MOCKWISE_KEY_FILE"] = str(tmp_path / f"here/bad/{name}.key")
            with pytest.raises((httpx.TransportError, WiseError)):
                mock.ask()
        mock.environ["MOCKWISE_CERT_FILE"] = str(tmp_path / "here/bad/wrong-client.pem")
        mock.environ["MOCKWISE_KEY_FILE"] = str(tmp_path / "here/bad/wrong-client.key")
        assert mock.ask().status_code == 401
    kept = contents(tmp_path / "here")
    assert {name: kept[name] for name in before} == before


def test_a_mistake_is_one_line(tmp_path: Path) -> None:
    """Somebody else's folder is not touched; a name that no certificate can carry is refused."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").touch()
    assert "name another folder as DIR" in fail("certs", "mine", folder=tmp_path)
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["work.txt"]
    assert "public_host" in fail("certs", "new", "--public-host", "https://x", folder=tmp_path)
    assert mockwise("certs", "mine/work.txt", folder=tmp_path).stderr.count("\n") == 1
