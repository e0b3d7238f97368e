"""The wheel and the sdist that were built, opened for the tests to read."""

from __future__ import annotations

import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


class BuiltPackages:
    """The wheel and the sdist that were built from this checkout."""

    def __init__(self, folder: Path) -> None:
        [self.wheel] = folder.glob("*.whl")
        [self.sdist] = folder.glob("*.tar.gz")

    @property
    def metadata(self) -> Message:
        """What the wheel says of itself."""
        [text] = [text for name, text in unpacked(self.wheel).items() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(text.decode())

    @property
    def source(self) -> dict[str, bytes]:
        """The sdist's files, without its outer folder."""
        with tarfile.open(self.sdist) as tar:
            members = [(it.name, tar.extractfile(it)) for it in tar.getmembers() if it.isfile()]
            return {name.partition("/")[2]: file.read() for name, file in members if file is not None}


def unpacked(wheel: Path) -> dict[str, bytes]:
    """The wheel's files: name and content."""
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist()}


def files(folder: str, *patterns: str) -> set[str]:
    """The checkout's files of these kinds, from its root."""
    found = {file for pattern in patterns for file in (ROOT / folder).rglob(pattern)}
    return {str(it.relative_to(ROOT)) for it in found if "__pycache__" not in it.parts}
