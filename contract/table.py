"""The table of rules in README.md, made from the rules: `python -m contract.table` writes it, `--check` compares."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from .rulebook import ContractRule, Label

_README = Path(__file__).parent / "README.md"
_BEGIN, _END = "<!-- rules -->\n", "<!-- /rules -->"
_STALE = "contract/README.md is stale: run python -m contract.table"


def all_rules() -> Iterator[ContractRule]:
    """Every rule, file by file."""
    for path in sorted(_README.parent.glob("test_*.py")):
        module = importlib.import_module(f"{__package__}.{path.stem}")
        for test in vars(module).values():
            yield from (mark.args[0] for mark in getattr(test, "pytestmark", []) if mark.name == "rule")


def with_table(readme: str) -> str:
    """The text with the table as it should be."""
    before, _, rest = readme.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not end:
        raise SystemExit(f"contract/README.md has no lines {_BEGIN.strip()} and {_END}")
    rules = [*all_rules()]
    counted = Counter(rule.label for rule in rules)
    counts = ", ".join(f"{counted[label]} {label}" for label in get_args(Label))
    rows = [
        f"{len(rules)} rules: {counts}.",
        "",
        "| rule | what it says | label | source | more |",
        "|---|---|---|---|---|",
        *(f"| `{r.name}` | {r.sentence} | {r.label} | {r.source} | {_links(r.known)} |" for r in rules),
    ]
    table = "\n".join(rows)
    return f"{before}{_BEGIN}\n{table}\n\n{end}{after}"


def _links(known: str) -> str:
    """Links to pages of docs/wise/, named by their headings."""
    places = known.split(", ") if known else []
    links = [f"[{place.partition('#')[2] or place}](../docs/wise/{place})" for place in places]
    return ", ".join(links) or "none"


def main(arguments: list[str]) -> None:
    """Write the table, or with `--check` end with a complaint if it is stale."""
    readme = _README.read_text(encoding="utf-8")
    wanted = with_table(readme)
    if arguments == ["--check"]:
        if readme != wanted:
            raise SystemExit(_STALE)
    else:
        _README.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
