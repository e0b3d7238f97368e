"""The page of the doctor holds every code and every alert. Run as a program, this renews its tables."""

from __future__ import annotations

import re
from pathlib import Path

from mockwise.doctor import CODES
from mockwise.doctor.alerts import ALERTS, words_of_clients

PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"


def codes() -> str:
    """The table of the checks."""
    rows = [f"| `{code}` | {said} |" for code, said in CODES.items()]
    return "\n".join(["| code | what is so if it is ok |", "|---|---|", *rows])


def alerts() -> str:
    """The table of alerts in the words of programs."""
    names = list(words_of_clients("unknown_ca"))
    rows = [f"| alert | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for alert in ALERTS:
        words = " | ".join(f"`{it}`" for it in words_of_clients(alert).values())
        rows += [f"| `{alert}` | {words} |"]
    return "\n".join(rows)


def renewed(page: str) -> str:
    """The page with its tables as they are now."""
    tables = {"codes": codes(), "alerts": alerts()}
    return re.sub(
        r"(<!-- (\w+) -->\n).*?(<!-- /\2 -->)",
        lambda it: f"{it[1]}{tables[it[2]]}\n{it[3]}",
        page,
        flags=re.DOTALL,
    )


def test_the_page_is_fresh() -> None:
    """A check that is added or renamed must be told to those whose scripts read its code."""
    assert renewed(PAGE.read_text("utf-8")) == PAGE.read_text("utf-8")


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
