"""URLs that people hand in: the upstream of calls that the mock does not model, and redirect URIs."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from mockwise.errors import InvalidValueError
from mockwise.storage.shown_urls import shown_url


def check_upstream(url: str) -> str:
    """Let the URL of an upstream through, without the slash at its end.

    Raises:
        InvalidValueError: it is not an absolute http or https URL, or has a user, a query or a fragment.
    """
    try:
        parts = urlsplit(url)
        usable = parts.port != 0  # a port that is no number raises
    except ValueError:
        parts, usable = SplitResult("", "", "", "", ""), False
    if not (
        usable
        and parts.scheme in {"http", "https"}
        and parts.hostname
        and "@" not in parts.netloc
        and not set("?#\\ ") & set(url)
        and url.isascii()
        and url.isprintable()
    ):
        raise InvalidValueError(
            f"an upstream is an http or https URL without user, query and fragment: {shown_url(url)!r}"
        )
    return url.rstrip("/")


def check_redirect_uri(uri: str) -> str:
    """Return a redirect URI that can be used; raise for another.

    Raises:
        InvalidValueError: it is not absolute, or has a fragment (RFC 6749 section 3.1.2), or is not http.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    usable = parts.scheme in {"http", "https"} and parts.hostname and "#" not in uri
    if not (usable and uri.isascii() and uri.isprintable() and " " not in uri):
        raise InvalidValueError(
            f"a redirect URI is an absolute http or https URL without a fragment: {shown_url(uri)!r}"
        )
    return uri
