"""The result as a small picture: one SVG file that needs nothing else and follows the reader's light or dark mode.

Three panels: ratios to bare servers and ratios to peers, on logarithmic axes where bars begin at 1, so that half and
double are equally long; and figures with a limit of their own, as a share of that limit. The thin line over a bar is
its spread, the mark across it the bar to reach.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from tests.benchmark.figures import Limit, Row, Spread

_WIDTH, _LABELS, _PLOT, _LINE, _HEAD = 940, 340, 340, 24, 54  # pixels
_LEAST = 0.02  # ratios below that are drawn there
_STYLE = """
svg{--paper:#fff;--ink:#1c2126;--faint:#5d6873;--rule:#d8dde2;--reached:#0072b2;--missed:#c94f00;--told:#7d8790}
@media(prefers-color-scheme:dark){
svg{--paper:#14181c;--ink:#eef1f4;--faint:#a3adb7;--rule:#39424b;--reached:#56b4e9;--missed:#ff9348;--told:#8d98a3}}
text{font:12px system-ui,sans-serif;fill:var(--ink)}
.paper{fill:var(--paper)}.faint{fill:var(--faint)}.title{font-weight:600;font-size:14px}
.rule{stroke:var(--rule)}.spread{stroke:var(--ink);stroke-width:1.5}.limit{stroke:var(--ink);stroke-width:2.5}
.reached{fill:var(--reached)}.missed{fill:var(--missed)}.told{fill:var(--told)}
""".strip()


@dataclass(frozen=True)
class ChartBar:
    """One bar of the chart."""

    label: str
    spread: Spread
    limit: Limit | None
    """What it has to reach, in the units of the axis."""
    said: str
    """The figure in words."""
    hover: str

    @property
    def verdict(self) -> str:
        """`reached`, `missed`, or `told` if there is nothing to reach."""
        if self.limit is None:
            return "told"
        return "reached" if self.limit.holds(self.spread.median) else "missed"


@dataclass(frozen=True)
class Axis:
    """A scale from values to pixels."""

    low: float
    high: float
    logarithmic: bool

    def x(self, value: float) -> float:
        """Where a value lies; what lies outside is drawn at the edge."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(_LABELS + share * _PLOT, 1)

    def ticks(self) -> Iterator[float]:
        """Round values, few enough to be read."""
        steps = (1, 2, 5) if not self.logarithmic or self.high / self.low < 1000 else (1,)
        values = [step * 10.0**power for power in range(-3, 5) for step in steps]
        if not self.logarithmic:
            values = [number / 2 for number in range(math.ceil(self.high * 2))]
        return (value for value in values if self.low <= value <= self.high)


def write_chart(results: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Draw the results and write them to a file, as SVG."""
    path.write_text(draw(results), encoding="utf-8")


def draw(results: Mapping[str, Sequence[Row]]) -> str:
    """The whole chart as the text of an SVG file."""
    floors = [row for title, rows in results.items() if title != "peers" for row in rows]
    panels = [
        ("Times a bare server, measured in turns", _ratios(floors), True),
        ("Times a peer (mockwise always over mutual TLS)", _ratios(results.get("peers", ())), True),
        ("Share of what is allowed", list(_shares(floors)), False),
    ]
    top = 8
    body: list[str] = []
    for title, strokes, logarithmic in panels:
        if strokes:
            body.extend(_panel(title, strokes, top, logarithmic=logarithmic))
            top += _HEAD + _LINE * len(strokes) + 14
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" height="{top}" role="img">'
        f"<title>How fast mockwise is</title><style>{_STYLE}</style>"
        f'<rect class="paper" width="{_WIDTH}" height="{top}"/>{"".join(body)}</svg>\n'
    )


def _ratios(rows: Sequence[Row]) -> list[ChartBar]:
    strokes = []
    for row in rows:
        if row.ratio is not None and row.charted:
            limit = next((bar for bar in row.bars if bar.of == "ratio"), None)
            said = f"{row.ratio.median:.2f} \N{MULTIPLICATION SIGN}"
            strokes.append(ChartBar(row.name, row.ratio, limit, said, f"{row.unit}; {row.note}"))
    return strokes


def _shares(rows: Sequence[Row]) -> Iterator[ChartBar]:
    for row in rows:
        for bar in row.bars:
            if bar.of == "figure" and row.figure is not None:
                spread = Spread.of([sample / bar.limit for sample in row.figure.samples])
                said = f"{row.figure.median:.3g} of {bar.limit:g} {row.unit}"
                yield ChartBar(row.name, spread, Limit(bar.kind, 1.0, "ratio"), said, row.note)


def _axis(strokes: Sequence[ChartBar], *, logarithmic: bool) -> Axis:
    values = [value for each in strokes for value in (each.spread.low, each.spread.high)]
    values += [each.limit.limit for each in strokes if each.limit] + [1.0]
    if not logarithmic:
        return Axis(0.0, max(1.25, min(max(values), 3.0)), logarithmic=False)
    return Axis(max(min(values), _LEAST) / 1.2, max(values) * 1.2, logarithmic=True)


def _panel(title: str, strokes: Sequence[ChartBar], top: int, *, logarithmic: bool) -> Iterator[str]:
    axis = _axis(strokes, logarithmic=logarithmic)
    start, bottom = top + _HEAD, top + _HEAD + _LINE * len(strokes)
    yield f'<text class="title" x="12" y="{top + 18}">{escape(title)}</text>'
    for tick in axis.ticks():
        x = axis.x(tick)
        yield f'<path class="rule" d="M{x} {start - 6}V{bottom}"/>'
        yield f'<text class="faint" x="{x}" y="{start - 12}" text-anchor="middle">{tick:g}</text>'
    for number, stroke in enumerate(strokes):
        yield from _stroke(stroke, axis, start + _LINE * number)


def _stroke(stroke: ChartBar, axis: Axis, y: int) -> Iterator[str]:
    middle, median = y + _LINE // 2, axis.x(stroke.spread.median)
    origin = axis.x(1.0 if axis.logarithmic else 0.0)
    left, width = min(origin, median), max(abs(median - origin), 1)
    low, high = axis.x(stroke.spread.low), axis.x(stroke.spread.high)
    said = stroke.said
    yield f"<g><title>{escape(stroke.hover)}</title>"
    yield f'<text x="{_LABELS - 10}" y="{middle + 4}" text-anchor="end">{escape(stroke.label)}</text>'
    yield f'<rect class="{stroke.verdict}" x="{left}" y="{y + 5}" width="{width:.1f}" height="{_LINE - 10}" rx="2"/>'
    yield f'<path class="spread" d="M{low} {middle}H{high}M{low} {middle - 3}v6M{high} {middle - 3}v6"/>'
    if stroke.limit is not None:
        yield f'<path class="limit" d="M{axis.x(stroke.limit.limit)} {y + 1}V{y + _LINE - 1}"/>'
        said += f", {stroke.verdict}"
        if axis.logarithmic:
            said += f": {stroke.limit.kind} {stroke.limit.limit:g}"
    yield f'<text x="{_LABELS + _PLOT + 16}" y="{middle + 4}">{said}</text></g>'
