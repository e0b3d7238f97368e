"""An audit as one HTML page that needs nothing else: no script, no file, no network. All that a client said is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from mockwise.audit.audit_input import AuditInput, refused
from mockwise.audit.auditing import Report
from mockwise.audit.findings import Finding, counted, summed
from mockwise.audit.style import STYLE
from mockwise.audit.timeline import LEGEND, NAMES, sample, shown, timeline

_CODE = re.compile("`([^`]+)`")


def as_page(reports: Sequence[Report]) -> str:
    """The findings of audits as one HTML page."""
    found = [it for report in reports for it in report.findings]
    body = "\n".join(part for report in reports for part in _sandbox(report))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mockwise audit: {escape(summed(found))}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<header>
<h1>mockwise audit</h1>
<ul class="chips">{"".join(_chips(found))}</ul>
</header>
{body}
<footer>What a client did, held against what Wise and the RFCs say. Secrets are masked; tokens are named by the beginning
of their digest. An error fails a run that asks for it; a warning is a mistake that Wise forgives; a note may be on purpose.
</footer>
</main>
</body>
</html>
"""


def _chips(found: Sequence[Finding]) -> Iterator[str]:
    for level, count in counted(found).items():
        name = level if count == 1 else f"{level}s"
        yield f'<li class="chip {level if count else "none"}">{count} {name}</li>'


def _sandbox(report: Report) -> Iterator[str]:
    record = report.record
    clients = len({it.client_id for it in record.exchanges} - {None})
    yield f"<section><h2>Sandbox <code>{escape(report.sandbox)}</code></h2>"
    yield (
        f'<p class="quiet">{_counted(len(record.exchanges), "exchange")} of {_counted(clients, "client")}, '
        f"{_counted(record.token_count, 'token')}; its clock shows {record.now:%Y-%m-%d %H:%M:%S} UTC</p>"
    )
    if not report.findings:
        kept = "All that it saw keeps Wise's rules." if record.exchanges else "It was asked nothing."
        yield f'<div class="panel card fine"><div class="head"><span class="badge">fine</span><h3>{kept}</h3></div></div>'
    for finding in report.findings:
        yield from _card(finding)
    yield from _lives(record, report.sandbox)
    yield "</section>"


def _card(finding: Finding) -> Iterator[str]:
    client = "" if finding.client_id is None else f"Client <code>{escape(finding.client_id)}</code>: "
    yield f"""<article class="panel card {finding.level}">
<div class="head"><span class="badge">{finding.level}</span><h3>{escape(finding.title)}</h3>
<code class="rule">{finding.rule}</code></div>
<p class="what">{client}{escape(finding.what)}.</p>
<div class="facts">
<div><h4>What to change</h4><p>{_worded(finding.remedy)}</p></div>
<div><h4>What is said</h4><p>{_worded(finding.says)}</p><p class="source">{escape(finding.source)}</p></div>
</div>
<details><summary>Exchanges that show it</summary><ol class="evidence mono">"""
    for it in finding.evidence:
        yield f"<li><b>#{it.number}</b>{escape(it.line)}</li>"
    yield "</ol></details></article>"


def _lives(record: AuditInput, sandbox: str) -> Iterator[str]:
    picture = timeline(
        record, f"The life of each token of the sandbox {sandbox}; the table below says the same"
    )
    if not picture:
        return
    lives = shown(record)
    more = record.token_count - len(lives)
    left_out = f", the newest {len(lives)}; {more} older are left out" if more else ""
    yield f'<div class="panel"><h3>Tokens on the sandbox\'s clock{left_out}</h3>'
    yield f'<div class="scroll">{picture}</div>{_legend()}'
    yield '<details><summary>The same as a table</summary><div class="scroll"><table><thead><tr>'
    columns = ("token", "client", "kind", "issued, UTC", "ended, UTC", "state", "calls", "refused")
    yield "".join(f'<th scope="col">{it}</th>' for it in columns) + "</tr></thead><tbody>"
    for life in lives:
        token, uses = life.token, record.uses.get(life.token.digest, [])
        cells = (
            token.digest[:8],
            token.client_id or "-",
            token.kind.replace("_", "-"),
            f"{token.issued_at:%Y-%m-%d %H:%M:%S}",
            "-" if life.status.at is None else f"{life.status.at:%Y-%m-%d %H:%M:%S}",
            NAMES[life.status.state],
            len(uses),
            sum(map(refused, uses)),
        )
        yield "<tr>" + "".join(f"<td>{escape(str(it))}</td>" for it in cells) + "</tr>"
    yield "</tbody></table></div></details></div>"


def _legend() -> str:
    states = "".join(
        f'<li><span class="swatch {it}"></span>{it}</li>' for it in ("live", "expired", "revoked")
    )
    marks = "".join(f"<li>{sample(kind)}{told}</li>" for kind, told in LEGEND.items())
    return f'<ul class="legend">{states}{marks}<li>grey bands: nothing happened, drawn short</li></ul>'


def _worded(text: str) -> str:
    """A text of the mock's own as HTML; what stands between backticks becomes code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
