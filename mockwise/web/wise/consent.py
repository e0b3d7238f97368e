"""`/oauth/authorize/`: the page on which a user consents (docs/wise/consent-and-revocation.md#authorization-page). On the TLS host only, as Wise's has no mTLS."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from typing_extensions import override

from mockwise.oauth.consent import (
    Choice,
    ConsentRequest,
    Pairs,
    approve,
    decline,
    find_choice,
    find_choices,
    read_consent,
)
from mockwise.oauth.errors import InvalidRequest
from mockwise.web.wise.api_errors import not_allowed
from mockwise.web.wise.body import read_form
from mockwise.web.wise.consent_pages import HEADERS, consent_page, load_templates, refusal_page
from mockwise.web.wise.endpoint import AfterBody, Endpoint
from mockwise.web.wise.request_context import Headers, RequestContext
from mockwise.web.wise.responses import Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

PATH = "/oauth/authorize/"
_WHO = re.compile("[0-9]{1,19}(-[0-9]{1,19})?")


class ConsentEndpoint(Endpoint):
    """GET shows the page; POST is its form, sent to the URL that it was shown at."""

    @override
    async def identify(self, context: RequestContext, receive: Receive) -> None:
        # The form is read later, once it is known that this is the place for it.
        del context, receive
        await load_templates()

    @override
    def parameters(self, context: RequestContext) -> Pairs:
        return _query(context)

    @override
    def answer(self, context: RequestContext, scope: Scope) -> Response | AfterBody:
        method, query = scope["method"], _query(context)
        if misplaced := _misplaced(context):
            return _refuse(context, 404, "Not found", misplaced)
        if method not in {"GET", "POST"}:
            raise not_allowed(method, ("GET", "POST"))
        if method == "POST" and _from_another_site(context.headers):
            reason = "The form was sent from another site. Open this page itself, and consent there."
            return _refuse(context, 403, "Not allowed", reason)
        if method == "POST":
            return AfterBody(lambda: _take_form(context, query), whole=True)
        return _answer(context, method, query)


def _query(context: RequestContext) -> Pairs:
    return tuple(parse_qsl(context.query.decode("utf-8", "replace"), keep_blank_values=True))


def _take_form(context: RequestContext, query: Pairs) -> Response:
    context.form = read_form(context.content_type, context.body) or ()
    return _answer(context, "POST", query)


def _answer(context: RequestContext, method: str, query: Pairs) -> Response:
    context.is_page = True
    try:
        consent = read_consent(context.sandbox, query)
        if method == "GET":
            return consent_page(consent, context.sandbox.name)
        return _decide(context, consent, context.form)
    except InvalidRequest as error:
        context.reason = error.reason
        return refusal_page(error.status, error.description, error.reason, error)


def _decide(context: RequestContext, consent: ConsentRequest, form: Pairs) -> Response:
    sent = dict(form)
    if sent.get("decision") == "decline":
        return _redirect(decline(consent))
    if sent.get("decision") == "find":
        return _find(context, consent, sent.get("user", "").strip())
    choice = _chosen(context, consent, sent.get("who", ""))
    if sent.get("decision") != "approve":
        problem = "Choose Approve or Decline."
    elif choice is None:
        problem = "Choose who consents, and for which profile."
    else:
        given = approve(context.sandbox, consent, *choice.key)
        context.secrets = (given.code,)
        return _redirect(given.redirect_url)
    context.reason = f"Nothing that the page offers was sent. {problem}"
    return consent_page(consent, context.sandbox.name, chosen=sent.get("who"), problem=problem)


def _find(context: RequestContext, consent: ConsentRequest, email: str) -> Response:
    """The page with a user who is not among the first hundred."""
    users = context.sandbox.users
    found = find_choices(context.sandbox, consent, users.of_email(email))
    if not found:
        problem = "No active user has this e-mail address."
        context.reason = f"Nobody was found. {problem}"
        return consent_page(consent, context.sandbox.name, problem=problem)
    others = (it for it in consent.choices if it.user != found[0].user)
    shown = replace(consent, choices=(*found, *others))
    return consent_page(shown, context.sandbox.name)


def _chosen(context: RequestContext, consent: ConsentRequest, who: str) -> Choice | None:
    if not _WHO.fullmatch(who):
        return None
    user_id, _, profile_id = who.partition("-")
    return find_choice(context.sandbox, consent, int(user_id), int(profile_id) if profile_id else None)


def _redirect(url: str) -> Response:
    return Response(303, b"", ((b"location", url.encode()), *HEADERS))


def _refuse(context: RequestContext, status: int, title: str, reason: str) -> Response:
    context.reason = reason
    context.is_page = True
    return refusal_page(status, title, reason)


def _misplaced(context: RequestContext) -> str | None:
    if context.peer.on_mtls_host:
        return (
            "The consent page is on the TLS host; this is the mTLS host, which asks for a client certificate."
        )
    if context.path != PATH:
        return "The consent page's path ends with a slash: /oauth/authorize/. Wise's does."
    return None


def _from_another_site(headers: Headers) -> bool:
    """Whether a page of another origin sent the form, so that it could consent on its own. No browser, no danger."""
    given = dict(headers)
    site = given.get(b"sec-fetch-site")
    if site is not None:
        return site not in {b"same-origin", b"none"}
    _, _, origin = given.get(b"origin", b"").partition(b"://")
    return b"origin" in given and origin != given.get(b"host")
