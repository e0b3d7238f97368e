"""What people download: everything that runs, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.packaging.built_packages import ROOT, BuiltPackages, files, unpacked

CODE = files("mockwise", "*.py")
DATA = {
    "mockwise/py.typed",
    "mockwise/web/wise/operations.tsv",
    *files("mockwise/web/wise/pages", "*.html", "*.css"),
    *files("mockwise/web/dashboard/pages", "*.html"),
    *files("mockwise/web/dashboard/static", "*.js", "*.css", "*.svg"),
}
CONTRACT = files("contract", "*.py") | {"contract/README.md", "contract/pytest.ini"}
CERTS = {"certs/.gitignore", "certs/.mockwise-certs", "certs/README.md", "certs/client-request.cnf"}


def test_the_lists_here_are_no_empty_ones() -> None:
    """So that the tests below compare something."""
    assert len(CODE) > 150
    assert len(DATA) > 30
    assert len(CONTRACT) > 20


def test_the_wheel_has_the_package_the_contract_and_nothing_else(packages: BuiltPackages) -> None:
    """No tests, no keys, no checkout's litter: what is new in kind is written down here or left out."""
    named = "mockwise-0.1.0.dist-info"
    about = {
        f"{named}/{it}" for it in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }
    contract = {it.replace("contract/", "mockwise/_contract/", 1) for it in CONTRACT}
    assert set(unpacked(packages.wheel)) == CODE | DATA | contract | about


def test_the_wheel_is_typed_and_for_every_platform(packages: BuiltPackages) -> None:
    """PEP 561's marker is empty; there is nothing compiled."""
    assert unpacked(packages.wheel)["mockwise/py.typed"] == b""
    assert packages.wheel.name.endswith("-py3-none-any.whl")


def test_the_files_are_the_checkouts_own(packages: BuiltPackages) -> None:
    """The wheel's files are those of the checkout, byte by byte."""
    wheel = unpacked(packages.wheel)
    for name in CODE | DATA:
        assert wheel[name] == (ROOT / name).read_bytes(), name


def belonging(*options: str) -> set[str]:
    """Files of the checkout, as git sees them."""
    command = ["git", "ls-files", "-z", *options]
    seen = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if seen.returncode:
        pytest.skip("this is no checkout: nobody knows what belongs to it")
    return {it for it in seen.stdout.split("\0") if it and (ROOT / it).exists()}


def test_the_sdist_has_what_belongs_to_the_checkout_and_nothing_else(packages: BuiltPackages) -> None:
    """So that its tests run, too. New files that nobody has committed yet count, where they are no litter."""
    new = belonging(
        "--others", "--exclude-standard", "--", "mockwise", "contract", "tests", "certs", "docs", ".ci"
    )
    assert set(packages.source) == belonging() | new | {"PKG-INFO"}


def test_neither_has_keys(packages: BuiltPackages) -> None:
    """`mockwise serve` in the checkout writes private keys below certs/, where the sdist's templates are."""
    source = packages.source
    assert {it for it in source if it.startswith("certs/")} == CERTS
    for name, text in {**source, **unpacked(packages.wheel)}.items():
        assert not name.endswith((".pem", ".key", ".p12", ".crt", ".csr")), name
        assert b"\n-----BEGIN PRIVATE KEY-----\n" not in b"\n" + text, name


def test_the_sdist_builds_the_same_wheel(packages: BuiltPackages, straight_wheel: Path) -> None:
    """It does not matter which of the two an installer takes."""
    assert unpacked(straight_wheel) == unpacked(packages.wheel)
