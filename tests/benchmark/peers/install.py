"""Peers are installed by `pip` and `npm`, each into a folder of its own that the next run finds again."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.peers.table import PeerMock

_PATIENCE = 300.0  # seconds for one command
_NEWER = ("python3.14", "python3.13", "python3.12")
_VERSION_OF = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
_CODE = 4  # words: `npm error code E404`
_ADDRESS = re.compile(r"\S+://\S+")


class UnavailablePeer(Exception):  # noqa: N818  because it is no error of ours: a machine may lack a tool or a way out
    """A peer that cannot be measured here, and why."""


@dataclass(frozen=True)
class InstalledPeer:
    """Where a peer is installed, and its version."""

    version: str
    home: Path
    bin: Path


def install(peer: PeerMock, folder: Path) -> InstalledPeer:
    """Install a peer below `folder`, if it is not there yet.

    Raises:
        Absent: the tool is missing or failed.
    """
    home = folder / f"{peer.tool}-{peer.package}"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    installed = _by_pip(peer.package, home) if peer.tool == "pip" else _by_npm(peer.package, home)
    if peer.copied:
        shutil.copy(Path(__file__).with_name(peer.copied), home)
    return installed


def run(words: Sequence[str], *, folder: Path, environment: dict[str, str] | None = None) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        Absent: there is no such program, it failed, or it took too long.
    """
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise UnavailablePeer(f"{Path(words[0]).name} is not installed") from None
    except subprocess.TimeoutExpired:
        raise UnavailablePeer(f"{Path(words[0]).name} took more than {_PATIENCE:g} s") from None
    if done.returncode:
        raise UnavailablePeer(f"{Path(words[0]).name} said: {reason(done.stderr or done.stdout)}")
    return done.stdout.strip()


def reason(output: str) -> str:
    """The line that says most about a failure, without the addresses of this machine's network."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["nothing"]
    # npm says it first and goes on with advice; Python and pip say it last.
    npm = [line for line in lines if line.startswith("npm error") and len(line.split()) > _CODE]
    telling = next((line for line in [*npm, *reversed(lines)] if "error" in line.lower()), lines[-1])
    return _ADDRESS.sub("(address)", telling)[:160]


def _by_pip(package: str, home: Path) -> InstalledPeer:
    """The Python that runs this is tried first, then newer ones: some peers ask for one."""
    first = None
    for python in _pythons():
        bin_ = home / Path(python).name / "bin"
        try:
            if not (bin_ / "python").exists():
                run([python, "-m", "venv", str(bin_.parent)], folder=home)
            version = _version(bin_, package)
            if not version:
                quiet = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
                run([str(bin_ / "python"), *quiet, package], folder=home)
                version = _version(bin_, package)
            return InstalledPeer(version, home, bin_)
        except UnavailablePeer as absent:
            first = first or absent
    raise first or UnavailablePeer("there is no Python")


def _pythons() -> Iterator[str]:
    yield sys.executable
    yield from filter(None, map(shutil.which, _NEWER))


def _version(bin_: Path, package: str) -> str:
    """What is installed, or nothing."""
    try:
        return run([str(bin_ / "python"), "-c", _VERSION_OF, package], folder=bin_)
    except UnavailablePeer:
        return ""


def _by_npm(package: str, home: Path) -> InstalledPeer:
    modules = home / "node_modules"
    manifest = modules / package / "package.json"
    if not manifest.exists():
        # So that npm stays in this folder, whatever lies above.
        (home / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", package], folder=home)
    version: str = json.loads(manifest.read_bytes())["version"]
    return InstalledPeer(version, home, modules / ".bin")


def spelled(peer: PeerMock, places: dict[str, str]) -> tuple[list[str], list[list[str]], dict[str, str]]:
    """The command that starts a peer, those that prepare it, and their environment."""
    start = [word.format_map(places) for word in peer.start]
    prepare = [[word.format_map(places) for word in words] for words in peer.prepare]
    own = {name: value.format_map(places) for name, value in peer.environment.items()}
    return start, prepare, {**os.environ, **own}
