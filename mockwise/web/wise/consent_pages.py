"""The pages of `/oauth/authorize/` as HTML: no script, nothing from elsewhere, everything that came in escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from mockwise.common.once import Once
from mockwise.oauth.consent import Choice, ClaimRefused, ConsentRequest, RedirectRefused
from mockwise.oauth.errors import OAuthError
from mockwise.web.wise.responses import Headers, Response

if TYPE_CHECKING:
    import jinja2

_PAGES = Path(__file__).with_name("pages")
_CSS = (_PAGES / "page.css").read_text("utf-8")
_CSS_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()

# No `form-action`: Chromium applies it to the redirect that follows the form.
_POLICY = f"default-src 'none'; style-src 'sha256-{_CSS_HASH}'; base-uri 'none'; frame-ancestors 'none'"
HEADERS: Headers = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", _POLICY.encode()),
    # Not `no-referrer`, which makes browsers send `Origin: null` with the page's own form.
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
)


def spell(choice: Choice) -> str:
    """The value of a choice's radio button."""
    return "-".join(str(part) for part in choice.key if part is not None)


def consent_page(
    consent: ConsentRequest, sandbox: str, *, chosen: str | None = None, problem: str | None = None
) -> Response:
    """The question; the first choice is preselected unless there is another."""
    values = [spell(choice) for choice in consent.choices]
    return _page(
        200 if problem is None else 400,
        "consent.html",
        {
            "consent": consent,
            "sandbox": sandbox,
            "problem": problem,
            "chosen": chosen if chosen in values else next(iter(values), None),
            "users": _by_user(consent.choices),
        },
    )


def refusal_page(status: int, title: str, reason: str, error: OAuthError | None = None) -> Response:
    """Why there is nothing to consent to, and the way back if there is one."""
    return _page(
        status,
        "refused.html",
        {
            "title": title,
            "reason": reason,
            "redirect": error if isinstance(error, RedirectRefused) else None,
            "back": error.back if isinstance(error, ClaimRefused) else None,
        },
    )


def _by_user(choices: Iterable[Choice]) -> list[dict[str, object]]:
    numbered = enumerate(choices)
    return [
        {
            "user": mine[0][1].user,
            "choices": [
                {"value": spell(choice), "profile": choice.profile, "first": number == 0}
                for number, choice in mine
            ],
        }
        for _, group in groupby(numbered, lambda it: it[1].user.user_id)
        if (mine := list(group))
    ]


def _page(status: int, template: str, values: Mapping[str, object]) -> Response:
    html = _templates().get_template(template).render(css=_CSS, **values)
    return Response(status, html.encode(), ((b"content-type", b"text/html; charset=utf-8"), *HEADERS))


def _make_templates() -> jinja2.Environment:
    import jinja2  # because it must not slow down the start

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in environment.list_templates(["html"]):
        environment.get_template(name)  # which compiles and keeps it
    return environment


_templates = Once(_make_templates)


async def load_templates() -> None:
    """Have them read beside the event loop, if they were not yet."""
    await _templates.beside()
