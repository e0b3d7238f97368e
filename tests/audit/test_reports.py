"""The reports: nothing is lost on the way, and nothing that a client said can do harm."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from typing_extensions import override

from mockwise.audit.audit_input import TokenHistory
from mockwise.audit.auditing import Report
from mockwise.audit.findings import LEVELS, summed
from mockwise.audit.junit import as_junit
from mockwise.audit.page import as_page
from mockwise.audit.report_json import as_json
from mockwise.audit.rules import RULES
from mockwise.audit.time_axis import Pause, TimeAxis
from mockwise.audit.timeline import timeline
from mockwise.state.tokens import NEVER, IssuedToken, TokenState, TokenStatus, TokenSubject
from tests.audit.journal_builder import HOUR, JournalBuilder, at

EVIL = '"><script>alert(1)</script>&\x1b[2J\x00'
VOID = {"meta", "br", "path", "line", "rect", "circle"}


class Structure(HTMLParser):
    """Sees to it that every element is closed, and keeps their names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in VOID or tag == "path":
            self.open.append(tag)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in self.open or tag not in VOID:
            assert self.open.pop() == tag


def full_journal() -> JournalBuilder:
    """Tokens of every fate, with refusals, failures and faults."""
    builder = JournalBuilder()
    for number in range(3):
        builder.fetch(f"token-{number}", number)
        builder.call(f"token-{number}", number)
    builder.die("token-1", 10)
    builder.call("token-1", 20, status=401)
    builder.ask(25, fault="Respond")
    builder.ask(25, status=400)
    builder.fetch("older", HOUR)
    builder.die("older", 2 * HOUR, TokenState.EXPIRED)
    builder.call("token-2", 3 * HOUR, status=500, fault="Respond")
    builder.fetch("orphan", 3 * HOUR)
    builder.die("orphan", 4 * HOUR, TokenState.CLIENT_REVOKED)
    personal = IssuedToken("personal", 9, TokenSubject(kind="personal"), at(0), NEVER)
    builder.lives["personal"] = TokenHistory(personal, TokenStatus(TokenState.LIVE))
    builder.call("token-0", 5 * HOUR)
    builder.call(None, 5 * HOUR, query="access_token=***")
    return builder


def report(builder: JournalBuilder, name: str = "default") -> Report:
    """The report on what was written into that journal."""
    return Report(name, builder.findings, builder.record)


def test_rules_cite_and_their_names_are_kept() -> None:
    """Names are what people write into their settings; each rule says who says so and what to do."""
    assert [it.name for it in RULES] == [
        *("tokens-not-held", "token-shared"),
        *("expired-token-used", "renewed-after-401", "renewed-late", "dead-token-used-again"),
        *("refresh-late", "racing-refreshes", "old-refresh-token-used"),
        "rotated-refresh-token-used",
        *("refused-request-repeated", "retry-after-ignored", "retry-without-backoff"),
        *("secret-in-query", "secret-in-body", "secret-encoding", "client-id-left-out"),
        *(
            "server-not-verified",
            "tls-too-old",
            "certificate-near-end",
            "certificate-end-announced",
            "tls-host-used",
            "correlation-id-too-long",
        ),
    ]
    for it in RULES:
        assert it.level in LEVELS
        assert re.search(r"RFC \d+ section|docs/wise/[a-z-]+\.md#", it.source), it.name
        assert it.title[0].isupper()
        assert not it.title.endswith(".")
        assert it.says.endswith(".")
        assert it.remedy.endswith(".")


def test_findings_read_well_and_the_worst_comes_first() -> None:
    """As an assertion in a test shows them."""
    builder = full_journal()
    builder.ask(status=200, request_headers=(("X-External-Correlation-Id", "x" * 40),))
    found = builder.findings
    assert [it.level for it in found] == ["error", "warning"]
    assert str(found[1]) == (
        "warning: The correlation id is too long [correlation-id-too-long]: 1 request with a correlation id that is ignored"
    )
    assert summed(found) == "1 error, 1 warning"
    assert summed(found * 2) == "2 errors, 2 warnings"
    assert summed([]) == "nothing found"


def test_evidence_is_bounded() -> None:
    """The first exchanges and the last, whose lines name token and fault."""
    builder = JournalBuilder()
    for number in range(1000):
        builder.call(
            "0123456789", number * 100, query="token=***", fault="Delay", path="/v1/\x1b[2J", status=0
        )
    [finding] = builder.findings
    assert [it.number for it in finding.evidence] == [*range(1, 12), 1000]
    assert finding.evidence[0].line == "12:00:00 GET '/v1/\\x1b[2J' left mtls c1 token 01234567 (Delay)"


def test_json_has_everything() -> None:
    """The JSON report has all sandboxes and all their findings."""
    seen = json.loads(json.dumps(as_json([report(full_journal()), report(JournalBuilder(), "empty")])))
    assert seen["counts"] == {"error": 1, "warning": 0, "note": 0}
    assert [it["name"] for it in seen["sandboxes"]] == ["default", "empty"]
    [finding] = seen["findings"]
    assert (finding["sandbox"], finding["rule"]) == ("default", "secret-in-query")
    assert [it["number"] for it in finding["evidence"]] == [14]


def test_junit_has_a_case_for_each_rule() -> None:
    """Errors are failures; warnings are told and pass."""
    builder = full_journal()
    builder.ask(status=200, request_body="client_secret=***", client_id=EVIL)
    root = ET.fromstring(as_junit([report(builder), report(JournalBuilder(), EVIL)]))
    first, second = root.findall("testsuite")
    assert (first.get("tests"), first.get("failures")) == (str(len(RULES)), "1")
    assert [it.get("name") for it in first] == [it.name for it in RULES]
    [failed] = [it.get("name") for it in first if it.find("failure") is not None]
    [told] = [it.findtext("system-out") or "" for it in first if it.find("system-out") is not None]
    assert failed == "secret-in-query"
    assert told.startswith("warning: The client secret is in the body")
    assert "<script>" in told
    assert second.get("failures") == "0"


def test_the_page_is_whole_and_needs_nothing() -> None:
    """No script, nothing from elsewhere, every element closed."""
    page = as_page([report(full_journal()), report(JournalBuilder(), "empty")])
    structure = Structure(page)
    assert not {"script", "link", "img", "iframe"} & set(structure.seen)
    assert not [
        name for name, _ in structure.attributes if name in {"src", "href", "style"} or name.startswith("on")
    ]
    assert "url(" not in page
    assert "It was asked nothing." in page
    for shape in ("came", "used", "failed", "refused"):
        assert f'<path class="mark {shape}" d="M' in page.split("</svg>")[0]
    for state in ("live", "expired", "revoked", "client-revoked"):
        assert f'class="bar {state}"' in page
    assert page.count('class="later"') == 3
    assert page.count('class="beyond"') == 1


def test_what_a_client_said_is_escaped() -> None:
    """Ids and paths are anything."""
    builder = full_journal()
    builder.exchanges = [
        replace(it, client_id=EVIL, path=it.path + (EVIL if "v1" in it.path else ""))
        for it in builder.exchanges
    ]
    builder.call(None, query="token=***", path=EVIL, client_id=EVIL)
    page = as_page([report(builder, EVIL)])
    assert "<script" not in page
    Structure(page)


def test_a_good_client_is_told_so() -> None:
    """And its page has no table of faults."""
    builder = JournalBuilder()
    builder.fetch("t")
    builder.call("t", 1)
    page = as_page([report(builder)])
    assert "All that it saw keeps Wise&#x27;s rules." in page or "All that it saw keeps Wise's rules." in page
    assert "1 exchange " not in page
    assert "2 exchanges of 1 client, 1 token" in page


def test_only_the_newest_tokens_have_a_row() -> None:
    """A page of a million would show nothing."""
    builder = JournalBuilder()
    for number in range(130):
        builder.fetch(f"t{number}", number * HOUR, life=1)
    page = as_page([report(builder)])
    assert "the newest 100; 30 older are left out" in page
    assert page.count('class="issued"') == 100


def test_marks_that_would_cover_each_other_are_one() -> None:
    """Marks that would cover each other are one, which says how many they are."""
    builder = JournalBuilder()
    builder.fetch("t")
    for _ in range(9):
        builder.call("t", 1)
    assert "9 times used: #2, #3, #4, #5, #6 ..., 12:00:01 UTC" in timeline(builder.record, "x")


def test_refused_requests_alone_are_a_picture_too() -> None:
    """There is no token, but there were requests; without either there is nothing to see."""
    builder = JournalBuilder()
    assert timeline(builder.record, "x") == ""
    builder.ask(status=401)
    assert 'class="mark refused"' in timeline(builder.record, "x")


def test_the_axis_shows_bursts_and_pauses() -> None:
    """A second of calls has room beside twelve hours of nothing, and time never runs backwards."""
    moments = [at(0), at(0.1), at(0.2), at(12 * HOUR), at(12 * HOUR + 1)]
    scale = TimeAxis(moments, 0, 1000)
    places = [scale.place(it) for it in moments]
    assert places == sorted(places)
    assert (places[0], round(places[-1])) == (0, 1000)
    assert places[2] > 100
    [pause] = scale.pauses
    assert pause == Pause(places[2], places[3], at(12 * HOUR) - at(0.2))
    assert scale.labels[0] == (0, timedelta())
    assert places[2] < scale.place(at(HOUR)) < places[3]
    assert (scale.place(at(-1)), scale.place(at(1e6))) == (0, places[-1])


def test_an_axis_of_one_moment_is_a_point() -> None:
    """Nothing is divided by nothing."""
    scale = TimeAxis([at(0)], 7, 9)
    assert (scale.place(at(0)), scale.labels, scale.pauses) == (7, [(7, timedelta())], [])
