"""The README and the pages of docs/ are executed: their commands, their programs, their tests. Run as a program, this
renews what they have from elsewhere: the table of options and the recipes that they show.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from typer.core import TyperGroup

from mockwise import MockWise
from mockwise.cli.app import app
from mockwise.cli.config_file import read_config_file
from mockwise.common.durations import spell
from mockwise.settings import FILE_OPTIONS, OPTIONS, SANDBOX_OPTIONS, Settings, read_settings

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
BEGIN, END = "<!-- options -->\n", "<!-- /options -->"
SHOWN = re.compile(r"<!-- file (\S+) -->\n```(\w+)\n.*?^```\n", re.DOTALL | re.MULTILINE)


def blocks(language: str) -> list[str]:
    """All code blocks of a language, those of the README first."""
    text = "\n".join(page.read_text() for page in PAGES)
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


PROGRAMS = [block for block in blocks("python") if "def test_" not in block]
TESTS = [block for block in blocks("python") if "def test_" in block]


def options_table() -> str:
    """The table of options, made from the settings."""
    rows = ["| option | default | what it does |", "|---|---|---|"]
    for name, field in OPTIONS.items():
        default = field.default
        shown = (
            spell(default)
            if isinstance(default, timedelta)
            else ""
            if default in (None, ())
            else "\u2009".join(str(getattr(it, "email", it)) for it in default)
            if isinstance(default, tuple)
            else str(default)
        )
        dot = "\u2022 " if name in SANDBOX_OPTIONS else ""
        where = " *(no flag)*" if name in FILE_OPTIONS else ""
        rows.append(f"| {dot}`{name}`{where} | {f'`{shown}`' if shown else ''} | {field.description} |")
    return BEGIN + "\n".join(rows) + "\n" + END


def renewed(page: str) -> str:
    """The page with what it has from elsewhere as it is now."""
    page = re.sub(f"{BEGIN}.*{END}", lambda _: options_table(), page, flags=re.DOTALL)
    return SHOWN.sub(lambda it: f"<!-- file {it[1]} -->\n```{it[2]}\n{(ROOT / it[1]).read_text()}```\n", page)


def test_what_it_shows_of_other_files_is_fresh() -> None:
    """Run this file as a program to renew it. The recipes shown are executed by their own tests."""
    pages = [page.read_text() for page in PAGES]
    assert sum(BEGIN in page for page in pages) == 1
    assert {Path(file).name for page in pages for file, _ in SHOWN.findall(page)} == {
        "github-actions.yml",
        "gitlab-ci.yml",
        "client.mjs",
        "Client.java",
    }
    assert [renewed(page) for page in pages] == pages


def test_each_recipe_is_named() -> None:
    """And what is named is there."""
    folder = ROOT / "tests" / "recipes"
    recipes = {
        it.name for it in folder.iterdir() if it.suffix not in {".py", ""} or it.name == "Containerfile"
    }
    named = set(re.findall(r"\(\.\./tests/recipes/([\w.-]+)\)", (ROOT / "docs" / "ci.md").read_text()))
    assert named == recipes


@pytest.mark.parametrize("text", blocks("toml"), ids=lambda text: text.splitlines()[0])
def test_a_settings_file_is_read_as_printed(tmp_path: Path, text: str) -> None:
    """Whoever copies it has a settings file."""
    file = tmp_path / "mockwise.toml"
    file.write_text(text)
    assert read_settings(read_config_file(file)) != Settings()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda text: text.splitlines()[-1].strip()[:40])
def test_a_program_runs_as_printed(program: str) -> None:
    """Whoever copies it gets what the text around it says."""
    exec(compile(program, README.name, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("text", TESTS, ids=lambda text: re.findall("def (test_\\w+)", text)[0])
def test_a_test_passes_as_printed(pytester: pytest.Pytester, text: str) -> None:
    """Whoever copies it into a project has a passing test."""
    pytester.makeini("[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(text)
    outcomes = pytester.runpytest_subprocess("--strict-markers").parseoutcomes()
    assert set(outcomes) == {"passed"}
    assert outcomes["passed"] >= text.count("def test_")


def test_the_set_up_is_two_commands() -> None:
    """One runs the main job, the other the tests; the check before a change lands takes the second from here."""
    first, second, *_ = blocks("console")
    assert re.fullmatch(r"python3 -m venv .venv && .*/pip install .* && .*/mockwise serve\n", first)
    assert re.fullmatch(r"python3 -m venv .venv && .*/pip install .* && .* -m pytest -n auto\n", second)
    assert "^python3 -m venv .*pytest -n auto$" in (ROOT / ".ci" / "run").read_text()


def test_every_command_named_is_there_with_its_options() -> None:
    """What the page tells people to type, the command line knows."""
    group = typer.main.get_group(app)
    context = group.make_context("mockwise", [], resilient_parsing=True)
    lines = [line for page in PAGES for line in re.findall(r"`(mockwise [^`\n]*)`", page.read_text())]
    lines += [
        line for block in blocks("console") for line in block.splitlines() if line.startswith("mockwise ")
    ]
    typed = [[*line.split(maxsplit=2)[1:], ""] for line in lines]
    assert {name for name, *_ in typed} >= {"serve", "run", "status", "advance", "token", "contract"}
    for name, words, *_ in typed:
        rest = words
        command = group.get_command(context, name)
        assert command is not None, f"mockwise {name}"
        if isinstance(command, TyperGroup):
            word, _, rest = rest.partition(" ")
            command = command.get_command(context, word) if word else command
            assert command is not None, f"mockwise {name} {word}"
        known = {option for parameter in command.params for option in parameter.opts}
        said = set(re.findall(r"--[a-z-]+", rest.partition(" -- ")[0]))
        assert said <= known, f"mockwise {name}: {said - known}"


def test_a_shell_client_is_audited_as_printed() -> None:
    """The command gets its token in the end, and breaks no rule on the way."""
    [line] = [block for block in blocks("console") if block.endswith("-- mockwise token\n")]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_clock_is_moved_as_printed(mockwise_own: MockWise) -> None:
    """One HTTP call, in any language, here with curl."""
    [line] = [block for block in blocks("console") if block.startswith("curl ")]
    box = mockwise_own.default
    before = box.now
    done = subprocess.run(
        ["bash", "-c", line], env={**os.environ, **box.environ()}, capture_output=True, check=True
    )
    assert b"now" in done.stdout
    assert box.now - before > timedelta(hours=12)


def test_what_touches_tls_is_done_as_printed(mockwise_own: MockWise, tmp_path: Path) -> None:
    """Each line in turn, with curl; no call is refused, and the files open with their password."""
    [lines] = [block for block in blocks("console") if block.startswith("api=")]
    box = mockwise_own.default
    old = box.ca_pem
    subprocess.run(
        ["bash", "-e", "-c", lines],
        env={**os.environ, **box.environ()},
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert box.ca_pem != old
    assert [it.kind for it in mockwise_own.running_bad_servers] == ["expired"]
    assert box.faults
    for name in ("client", "truststore"):
        assert load_pkcs12((tmp_path / f"{name}.p12").read_bytes(), b"changeit").additional_certs


def test_every_page_is_linked_from_the_readme() -> None:
    """A page that nobody finds is not there."""
    assert set(re.findall(r"\(docs/([\w-]+\.md)\)", README.read_text())) == {page.name for page in PAGES[1:]}


if __name__ == "__main__":
    for shown in PAGES:
        shown.write_text(renewed(shown.read_text()))
