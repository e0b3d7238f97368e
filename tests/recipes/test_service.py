"""The systemd unit: its command line starts, tells when it is ready, ends well, and goes on where it was."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.processes import PATIENCE, Served
from tests.recipes.support import RECIPES, free_ports, surroundings

UNIT = RECIPES / "mockwise.service"


def service() -> configparser.SectionProxy:
    """What the unit says of its process."""
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.read(UNIT)
    return unit["Service"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with mockwise in it, where pipx and `pip install --user` put it."""
    programs = tmp_path / ".local" / "bin"
    programs.mkdir(parents=True)
    (programs / "mockwise").symlink_to(Path(sys.executable).parent / "mockwise")
    return tmp_path


def started(home: Path) -> Served:
    """As systemd starts it: its folders made and named, its words put in, then the line that waits."""
    folders = {
        f"{it.upper()}_DIRECTORY": str(home / it / service()[f"{it}Directory"]) for it in ("State", "Runtime")
    }
    for it in folders.values():
        Path(it).mkdir(parents=True, exist_ok=True)
    environ = surroundings(**folders, **free_ports(), HOME=str(home))
    words = shlex.split(service()["ExecStart"].replace("%h", str(home)))
    for name, value in folders.items():
        words = [it.replace(f"${{{name}}}", value) for it in words]
    out = home / "journal.txt"
    with out.open("wb") as file:
        process = subprocess.Popen(words, env=environ, stdout=file, stderr=subprocess.STDOUT)
    try:
        subprocess.run(shlex.split(service()["ExecStartPost"]), env=environ, timeout=PATIENCE, check=True)
        return Served(process, Path(folders["RUNTIME_DIRECTORY"]) / "ready.json", out)
    except BaseException:
        process.kill()
        process.wait()
        raise


def test_it_serves_until_it_is_stopped_and_goes_on_where_it_was(home: Path) -> None:
    """SIGTERM, which systemd sends, ends it with 0; the state folder keeps the client."""
    assert "KillSignal" not in service()
    seen = []
    for _ in range(2):
        served = started(home)
        try:
            assert served.ask().status_code == 200
            seen.append({name: served.environ[f"MOCKWISE_CLIENT_{name}"] for name in ("ID", "SECRET")})
        finally:
            status = served.stop()
        assert status == 0
        assert not served.ready.exists()
    first, second = seen
    assert first == second


def verified(unit: Path, home: Path) -> str:
    """What systemd has to say about a unit."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze; the unit's command line is run all the same")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(unit)],
        env=surroundings(HOME=str(home), XDG_RUNTIME_DIR=str(home)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout + ("" if done.returncode == 0 else f"status {done.returncode}")


def test_systemd_finds_nothing_wrong_with_it(home: Path) -> None:
    """`systemd-analyze verify` finds nothing wrong with the unit."""
    assert verified(UNIT, home) == ""


def test_systemd_would_find_something_wrong_with_it(home: Path) -> None:
    """`systemd-analyze verify` does find a mistake in a unit that has one."""
    wrong = home / UNIT.name
    wrong.write_text(UNIT.read_text().replace("Type=exec", "Type=executed"))
    assert "executed" in verified(wrong, home)
