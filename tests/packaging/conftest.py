from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tests.packaging.built_packages import ROOT, BuiltPackages


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> BuiltPackages:
    """Wheel and sdist, built once in a run however many workers it has; `DIST_DIR` keeps them for others to use."""
    if "DIST_DIR" in os.environ:
        folder = Path(os.environ["DIST_DIR"])
    elif "PYTEST_XDIST_WORKER" in os.environ:
        folder = tmp_path_factory.getbasetemp().parent / "dist"
    else:
        folder = tmp_path_factory.mktemp("dist")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not list(folder.glob("*.whl")):
            build(folder)  # an sdist, and a wheel out of it
    return BuiltPackages(folder)


def build(folder: Path, *what: str) -> None:
    """Build into a folder, with what is installed here."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), *what, str(ROOT)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def straight_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the checkout, not from the sdist."""
    folder = tmp_path_factory.mktemp("straight")
    build(folder, "--wheel")
    [wheel] = folder.glob("*.whl")
    return wheel
