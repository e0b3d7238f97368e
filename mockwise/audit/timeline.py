"""The life of each token as a picture: issued, used, refused, expired or revoked. An SVG inside a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from mockwise.audit.audit_input import MOST_SHOWN, AuditInput, TokenHistory, grouped, refused
from mockwise.audit.time_axis import TimeAxis
from mockwise.common.durations import spell_roughly
from mockwise.journal.journal import Exchange
from mockwise.state.tokens import TokenState

_WIDTH, _LABELS, _RIGHT, _LATER = 1120, 196, 1096, 64
_TOP, _ROW, _BAR = 44, 28, 12
_FAILED = 500
_REFUSED = 400
_NEAR = 4.0  # marks that lie closer are one

NAMES = {
    TokenState.LIVE: "live",
    TokenState.EXPIRED: "expired",
    TokenState.REVOKED: "revoked",
    TokenState.CLIENT_REVOKED: "revoked with its client",
}
"""What became of a token, in words."""


def timeline(record: AuditInput, title: str) -> str:
    """The picture, or nothing if there was no token and no request for one."""
    lives = shown(record)
    asked = record.token_requests
    if not lives and not asked:
        return ""
    rows = [_TokenRow(index, record, life) for index, life in enumerate(lives, 1)]
    moments = [it.time for it in asked] + [record.now]
    for row in rows:
        moments += [row.life.token.issued_at, *(it.time for it in row.uses), row.ends]
    live = any(row.life.status.at is None for row in rows)
    scale = TimeAxis(moments, _LABELS + 14, _RIGHT - (_LATER if live else 14))
    height = _TOP + _ROW * (len(rows) + 1) + 10
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}" class="timeline">',
        *_axis(scale, height, live=live),
        *_requests(asked, scale),
        *(part for row in rows for part in row.draw(scale)),
        "</svg>",
    ]
    return "\n".join(parts)


def shown(record: AuditInput) -> list[TokenHistory]:
    """Tokens that have a row: the newest hundred, oldest first."""
    return sorted(record.lives.values(), key=lambda it: it.token.issued_at)[-MOST_SHOWN:]


def _axis(scale: TimeAxis, height: int, *, live: bool) -> Iterator[str]:
    for pause in scale.pauses:
        middle = (pause.left + pause.right) / 2
        yield (
            f'<rect class="pause" x="{pause.left:.1f}" y="{_TOP - 10}" width="{pause.right - pause.left:.1f}" '
            f'height="{height - _TOP}"/>'
            f'<text class="pause-label" x="{middle:.1f}" y="{_TOP - 28}">{spell_roughly(pause.length)}</text>'
        )
    for place, passed in scale.labels:
        text = f"+{spell_roughly(passed)}" if passed else "start"
        yield f'<line class="grid" x1="{place:.1f}" x2="{place:.1f}" y1="{_TOP - 10}" y2="{height - 10}"/>'
        yield f'<text class="tick" x="{place:.1f}" y="{_TOP - 16}">{text}</text>'
    now = _RIGHT - (_LATER if live else 14)
    yield f'<line class="now" x1="{now}" x2="{now}" y1="{_TOP - 10}" y2="{height - 10}"/>'
    yield f'<text class="now-label" x="{now}" y="{height - 1}">now</text>'


def _requests(asked: Sequence[Exchange], scale: TimeAxis) -> Iterator[str]:
    """The row of requests for tokens."""
    y = _middle(0)
    yield f'<text class="row strong" x="{_LABELS}" y="{y + 4}">token requests</text>'
    for kind, chosen in (
        ("came", [it for it in asked if it.status < _REFUSED and it.status]),
        ("failed", [it for it in asked if it.status >= _FAILED or not it.status]),
        ("refused", [it for it in asked if _REFUSED <= it.status < _FAILED]),
    ):
        yield from _marks(chosen, scale, y, kind)


class _TokenRow:
    """The row of one token in the picture."""

    def __init__(self, index: int, record: AuditInput, life: TokenHistory) -> None:
        self._y = _middle(index)
        self.life = life
        self.uses = record.uses.get(life.token.digest, [])
        self.ends = min(life.status.at or record.now, record.now)

    def draw(self, scale: TimeAxis) -> Iterator[str]:
        """The SVG of the row: label, bar, end, and a mark for each use."""
        token, state, y = self.life.token, self.life.status.state, self._y
        left, right = scale.place(token.issued_at), scale.place(self.ends)
        name = state.name.lower().replace("_", "-")
        told = f"token {token.digest[:8]}, {NAMES[state]}, issued {token.issued_at:%Y-%m-%d %H:%M:%S} UTC"
        yield f'<g><text class="row" x="{_LABELS}" y="{y + 4}"><tspan class="digest">{token.digest[:8]}</tspan>'
        yield f'<tspan class="kind"> {escape(token.kind.replace("_", "-"))}</tspan></text>'
        yield (
            f'<rect class="bar {name}" x="{left:.1f}" y="{y - _BAR / 2}" width="{max(right - left, 3):.1f}" '
            f'height="{_BAR}" rx="4"><title>{escape(told)}</title></rect>'
        )
        if state is TokenState.LIVE:
            yield f'<line class="later" x1="{right:.1f}" x2="{_RIGHT}" y1="{y}" y2="{y}"/>'
        else:
            yield from self._end(right, name, scale)
        yield f'<circle class="issued" cx="{left:.1f}" cy="{y}" r="4.5"><title>issued</title></circle>'
        for kind, chosen in (
            ("used", [it for it in self.uses if not refused(it) and it.fault is None]),
            ("failed", [it for it in self.uses if it.fault is not None]),
            ("refused", [it for it in self.uses if refused(it)]),
        ):
            yield from _marks(chosen, scale, y, kind)
        yield "</g>"

    def _end(self, right: float, name: str, scale: TimeAxis) -> Iterator[str]:
        y = self._y
        last = max((scale.place(it.time) for it in self.uses), default=right)
        if last > right:
            yield f'<line class="beyond" x1="{right:.1f}" x2="{last:.1f}" y1="{y}" y2="{y}"/>'
        told = f"{NAMES[self.life.status.state]} at {self.ends:%Y-%m-%d %H:%M:%S} UTC"
        yield f'<path class="end {name}" d="M{right:.1f} {y - 9}v18"><title>{told}</title></path>'


_SHAPES: dict[str, Callable[[float, float], str]] = {
    "came": lambda x, y: f"M{x - 3.5:.1f} {y}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0",
    "used": lambda x, y: f"M{x:.1f} {y - 4}v8",
    "failed": lambda x, y: f"M{x - 4.5:.1f} {y + 4}l4.5 -8l4.5 8z",
    "refused": lambda x, y: f"M{x - 4:.1f} {y - 4}l8 8m0 -8l-8 8",
}
LEGEND = {
    "came": "a token came",
    "used": "used",
    "failed": "failed, or a fault",
    "refused": "refused",
}
"""What the marks mean."""


def sample(kind: str) -> str:
    """A mark, for the legend."""
    return f'<svg class="sample" viewBox="0 0 14 14" aria-hidden="true"><path class="mark {kind}" d="{_SHAPES[kind](7, 7)}"/></svg>'


def _marks(exchanges: Iterable[Exchange], scale: TimeAxis, y: float, kind: str) -> Iterator[str]:
    places = grouped((round(scale.place(it.time) / _NEAR) * _NEAR, it) for it in exchanges)
    for place, here in places.items():
        numbers = ", ".join(f"#{it.number}" for it in here[:5]) + (" ..." if here[5:] else "")
        count = f"{len(here)} times " if len(here) > 1 else ""
        told = f"{count}{LEGEND[kind]}: {numbers}, {here[0].time:%H:%M:%S} UTC"
        yield f'<path class="mark {kind}" d="{_SHAPES[kind](place, y)}"><title>{told}</title></path>'


def _middle(row: int) -> float:
    return _TOP + _ROW * row + _ROW / 2
