"""The documents: what is cited is there, links lead somewhere, and the fast loop names what exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("contract/*.md")])
SOURCES = sorted(
    path
    for top in ("mockwise", "contract", "tests")
    for path in (ROOT / top).rglob("*")
    if path.suffix in {".py", ".tsv", ".html"}
)
CITATION = re.compile(r"docs/wise/([\w-]+\.md)(?:#([\w-]+))?")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PRIVATE = re.compile(r"\bfacts \d|\bDESIGN \d")


@cache
def anchors(page: Path) -> frozenset[str]:
    """What a link into a page may name: its headings, as GitHub spells them, and anchors that stand in it."""
    text = page.read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    spelled = (re.sub(r"[^\w\- ]", "", it.lower()).strip().replace(" ", "-") for it in headings)
    return frozenset({*spelled, *re.findall(r'<a id="([\w-]+)">', text)})


def citations() -> Iterator[tuple[str, str, str]]:
    """Each place that cites a page about Wise, with the page and its anchor."""
    for path in SOURCES:
        for page, anchor in CITATION.findall(path.read_text("utf-8")):
            yield path.relative_to(ROOT).as_posix(), page, anchor


def test_what_is_cited_of_wise_is_there() -> None:
    """A citation leads a reader to a page of docs/wise and to a heading or row on it."""
    found = [*citations()]
    assert len(found) > 300
    missing = {
        (where, page, anchor)
        for where, page, anchor in found
        if not (ROOT / "docs" / "wise" / page).exists()
        or (anchor and anchor not in anchors(ROOT / "docs" / "wise" / page))
    }
    assert not missing


def test_nothing_cites_what_no_reader_has() -> None:
    """Sources are an RFC, a page of Wise's, or a page of docs/."""
    private = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if path != Path(__file__) and PRIVATE.search(path.read_text("utf-8"))
    ]
    assert not private


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file that is there, and a heading on it."""
    for link in LINK.findall(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        assert not anchor or file.suffix != ".md" or anchor in anchors(file), link


def test_the_fast_loop_names_what_exists() -> None:
    """A folder that is renamed must not silently leave the loop."""
    words = (ROOT / ".ci" / "quick").read_text("utf-8").split()
    named = [it for it in words if it.startswith("tests/") and not set("*{[") & set(it)]
    assert len(named) > 5
    assert all((ROOT / it).exists() for it in named)
