"""The dashboard's pages as HTML: nothing from elsewhere, no script or style in the page itself, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockwise.common.once import Once
from mockwise.faults.schema import write_fault
from mockwise.faults.syntax import spell_words
from mockwise.web.dashboard import filters
from mockwise.web.dashboard.form_action import segment

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Not `no-referrer`, which makes browsers send `Origin: null` with the page's own forms.
    "referrer-policy": "same-origin",
}


def page(template: str, status: int = 200, /, **values: object) -> Response:
    """A page, or a part of one."""
    html = _templates().get_template(template).render(values)
    return Response(html, status, HEADERS, "text/html; charset=utf-8")


def asset(name: str) -> Response:
    """A script, a style sheet or a picture. They tell nothing of this mock."""
    file = next((it for it in _assets() if it.name == name), None)
    if file is None:
        raise HTTPException(404)
    # Asked after each time, so that page and scripts fit after an upgrade; it is on this machine.
    return Response(file.read_bytes(), media_type=_TYPES[file.suffix], headers={"cache-control": "no-cache"})


def _list_assets() -> tuple[Path, ...]:
    return tuple((_HERE / "static").iterdir())


def _make_templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    named: Mapping[str, Any] = {
        "clock": filters.clock,
        "coded": filters.coded,
        "ends": filters.ends,
        "lasting": filters.lasting,
        "moment": filters.moment,
        "segment": segment,
        "stamp": filters.stamp,
        "told": lambda fault: spell_words(write_fault(fault)),
    }
    environment.filters.update(named)
    return environment


_assets = Once(_list_assets)
_templates = Once(_make_templates)
