"""How the page of an audit looks, by day and by night."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #f6f7f4; --card: #ffffff; --ink: #17211b; --quiet: #5d6b63; --line: #dfe4de;
  --error: #c2272d; --warning: #a35f00; --note: #2563a8; --fine: #1d7a4b;
  --error-soft: #fbeaea; --warning-soft: #fdf2df; --note-soft: #e8f0fa; --fine-soft: #e4f4eb;
  --bar-live: #bfe6cf; --bar-over: #d9dedb; --bar-dead: #f3c9c9; --pause: #eef1ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121714; --card: #1b221e; --ink: #e7eee9; --quiet: #9aa9a0; --line: #2f3a34;
    --error: #ff8a85; --warning: #f5b95b; --note: #8ab8f0; --fine: #6fd39d;
    --error-soft: #3a2020; --warning-soft: #38290f; --note-soft: #1d2c3e; --fine-soft: #173226;
    --bar-live: #23573c; --bar-over: #3b4540; --bar-dead: #663131; --pause: #202824;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 19px; margin: 40px 0 4px; }
h3 { font-size: 16px; margin: 0; line-height: 1.35; }
p { margin: 0; }
code, .mono { font-family: ui-monospace, "SFMono-Regular", Consolas, monospace; font-size: .87em; }
.quiet { color: var(--quiet); }
header { display: flex; flex-wrap: wrap; gap: 12px 24px; align-items: center; justify-content: space-between; }
.chips { display: flex; gap: 8px; margin: 0; padding: 0; list-style: none; }
.chip { border-radius: 999px; padding: 4px 14px; font-weight: 600; border: 1px solid var(--line); background: var(--card); }
.chip.none { color: var(--quiet); font-weight: 400; }
.error { --tone: var(--error); --soft: var(--error-soft); }
.warning { --tone: var(--warning); --soft: var(--warning-soft); }
.note { --tone: var(--note); --soft: var(--note-soft); }
.fine { --tone: var(--fine); --soft: var(--fine-soft); }
.chip.error, .chip.warning, .chip.note { color: var(--tone); background: var(--soft); border-color: transparent; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; margin-top: 14px; }
.card { border-left: 5px solid var(--tone); }
.card > .head { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; }
.badge { color: var(--tone); background: var(--soft); border-radius: 6px; padding: 1px 8px; font-size: 12.5px; font-weight: 700; }
.rule { margin-left: auto; color: var(--quiet); }
.what { margin: 6px 0 12px; font-size: 16px; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 12px 32px; }
.facts h4 { margin: 0 0 2px; font-size: 13px; font-weight: 600; color: var(--quiet); }
.source { color: var(--quiet); font-size: 13.5px; }
details { margin-top: 12px; }
summary { cursor: pointer; color: var(--quiet); width: fit-content; }
summary:hover { color: var(--ink); }
ol.evidence { margin: 8px 0 0; padding: 0; list-style: none; overflow-x: auto; }
ol.evidence li { white-space: pre; padding: 1px 0; }
ol.evidence b { display: inline-block; min-width: 4.5em; font-weight: 400; color: var(--quiet); }
.scroll { overflow-x: auto; }
.timeline { display: block; width: 100%; min-width: 820px; height: auto; font: 12px system-ui, sans-serif; fill: var(--ink); }
.timeline text { text-anchor: middle; }
.timeline .row { text-anchor: end; }
.timeline .strong { font-weight: 600; }
.digest { font-family: ui-monospace, "SFMono-Regular", Consolas, monospace; }
.kind, .tick, .pause-label, .now-label { fill: var(--quiet); }
.kind, .pause-label, .now-label { font-size: 11px; }
.pause { fill: var(--pause); }
.pause-label { font-style: italic; }
.grid { stroke: var(--line); }
.now { stroke: var(--quiet); stroke-dasharray: 3 3; }
.bar.live { fill: var(--bar-live); }
.bar.expired { fill: var(--bar-over); }
.bar.revoked, .bar.client-revoked { fill: var(--bar-dead); }
.later { stroke: var(--bar-live); stroke-width: 4; stroke-dasharray: 2 5; stroke-linecap: round; }
.beyond { stroke: var(--error); stroke-dasharray: 2 3; }
.end { stroke-width: 3; stroke-linecap: round; fill: none; stroke: var(--quiet); }
.end.revoked, .end.client-revoked { stroke: var(--error); }
.issued { fill: var(--card); stroke: var(--fine); stroke-width: 2.5; }
.mark { fill: none; stroke-width: 2; stroke-linecap: round; }
.mark.came { fill: var(--fine); stroke: none; }
.mark.used { stroke: var(--ink); stroke-width: 1.6; }
.mark.failed { fill: var(--warning); stroke: var(--card); stroke-width: 1; }
.mark.refused { stroke: var(--error); stroke-width: 2.2; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 12px 0 0; list-style: none; font-size: 13px; color: var(--quiet); }
.legend li { display: flex; align-items: center; gap: 6px; }
.sample { width: 14px; height: 14px; }
.swatch { width: 22px; height: 10px; border-radius: 4px; display: inline-block; }
.swatch.live { background: var(--bar-live); }
.swatch.expired { background: var(--bar-over); }
.swatch.revoked { background: var(--bar-dead); }
table { border-collapse: collapse; margin-top: 8px; font-size: 13.5px; }
th, td { text-align: left; padding: 3px 18px 3px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--quiet); }
footer { margin-top: 40px; color: var(--quiet); font-size: 13px; }
"""
