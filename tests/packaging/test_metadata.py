"""What the package says of itself, against what pyproject.toml and this machine say."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable
from itertools import chain

from tests.packaging.built_packages import PROJECT, ROOT, BuiltPackages, unpacked

REQUIREMENT = re.compile(r"([\w.-]+)(\[\w+\])?(>=[\d.]+)?(; .+)?")
RUN = (ROOT / ".ci" / "run").read_text()


def plain(requirements: Iterable[str]) -> set[str]:
    """Without blanks, which builders put where they like, and with one kind of quotes."""
    return {it.replace(" ", "").replace("'", '"') for it in requirements}


def test_it_names_the_pythons_that_ci_tries(packages: BuiltPackages) -> None:
    """A classifier for each from the first that is let in; CI tries those of the machine."""
    assert packages.metadata["Requires-Python"] == ">=3.11"
    named = [
        it.rpartition(" ")[2]
        for it in packages.metadata.get_all("Classifier", [])
        if re.search(r"Python :: 3\.\d+$", it)
    ]
    [others] = re.findall(r"^for version in (.*); do$", RUN, re.MULTILINE)
    assert named == ["3.11", *others.split()]


def test_it_is_found_by_what_it_is(packages: BuiltPackages) -> None:
    """Typed, for pytest, for testing."""
    assert set(packages.metadata.get_all("Classifier", [])) >= {
        "Typing :: Typed",
        "Framework :: Pytest",
        "Framework :: FastAPI",
        "Intended Audience :: Developers",
        "Topic :: Software Development :: Testing :: Mocking",
    }


def test_its_licence_is_declared_as_pep_639_asks(packages: BuiltPackages) -> None:
    """An expression and the file, so that a scanner need not guess."""
    assert packages.metadata["License-Expression"] == "MIT"
    assert packages.metadata.get_all("License-File") == ["LICENSE"]
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_its_description_is_the_readme(packages: BuiltPackages) -> None:
    """As people read it before they install."""
    assert packages.metadata["Description-Content-Type"] == "text/markdown"
    assert str(packages.metadata.get_payload()).strip() == (ROOT / "README.md").read_text().strip()


def test_its_extras_and_requirements_are_those_of_the_project(packages: BuiltPackages) -> None:
    """One for state on a server, one for whoever works on mockwise."""
    assert packages.metadata.get_all("Provides-Extra") == ["dev", "redis"]
    wanted = set(PROJECT["dependencies"])
    extras = PROJECT["optional-dependencies"]
    for extra, requirements in extras.items():
        whole = [*requirements, *extras["redis"]] if "mockwise[redis]" in requirements else requirements
        wanted |= {f"{it}; extra == '{extra}'" for it in whole if it != "mockwise[redis]"}
    assert plain(packages.metadata.get_all("Requires-Dist", [])) == plain(wanted)


def test_each_requirement_says_its_lowest_version_and_no_highest() -> None:
    """The lowest are what .ci/versions tries; a highest would lock people out of tomorrow's mends."""
    for it in [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]:
        found = REQUIREMENT.fullmatch(it)
        assert found is not None, it
        assert found[3] or found[1] == PROJECT["name"], it


def test_it_brings_the_command_and_the_fixture(packages: BuiltPackages) -> None:
    """The wheel's entry points are the command and the pytest plugin, and no others."""
    points = configparser.ConfigParser()
    [text] = [text for name, text in unpacked(packages.wheel).items() if name.endswith("/entry_points.txt")]
    points.read_string(text.decode())
    assert {name: dict(points[name]) for name in points.sections()} == {
        "console_scripts": {"mockwise": "mockwise.cli:main"},
        "pytest11": {"mockwise": "mockwise.pytest_plugin"},
    }
