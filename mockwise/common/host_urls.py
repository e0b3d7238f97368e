"""Checks URLs from options, variables and files."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from mockwise.errors import InvalidValueError
from mockwise.storage.shown_urls import shown_url

TOKEN_PATH = "/oauth/token"
_EXAMPLE = "https://127.0.0.1:8443"
_ODD = {
    "\r": "a carriage return, as a file with Windows' line ends has it,",
    "\n": "a line break",
    " ": "a blank",
    "\t": "a tab",
}


def check_url(url: str, said: str, schemes: Collection[str], example: str) -> str:
    """Check that a URL names a host, and neither user nor password, query nor fragment.

    Args:
        url: the URL to check.
        said: the option or variable that it came from, for the message.
        schemes: the schemes that are allowed.
        example: a valid URL, for the message.

    Raises:
        InvalidValueError: it is not such a URL; the message says what is wrong with it.
    """
    for sign in url:
        if sign in _ODD or not sign.isprintable():
            raise InvalidValueError(
                f"{said}: there is {_ODD.get(sign, 'a control character')} in {shown_url(url)!r}: take it out"
            )
    if "://" not in url:
        raise InvalidValueError(f"{said}: {shown_url(url)!r} has no scheme. Write for example {example}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidValueError(
            f"{said}: this is no URL, or its port is none. Write for example {example}"
        ) from None
    if parts.username is not None or parts.password is not None:
        raise InvalidValueError(
            f"{said}: a URL with a user or a password in it is not taken. Write for example {example}"
        )
    if parts.scheme not in schemes:
        raise InvalidValueError(
            f"{said}: {shown_url(url)!r} is not {' or '.join(schemes)}. Write for example {example}"
        )
    if not host or port == 0 or parts.query or parts.fragment:
        raise InvalidValueError(
            f"{said}: {shown_url(url)!r} is not the URL of a host. Write for example {example}"
        )
    return url


def token_endpoint(url: str, said: str) -> str:
    """The URL of the token endpoint at a host, for a URL of the host or of the endpoint itself.

    Raises:
        InvalidValueError: it is not an https URL, or has another path.
    """
    parts = urlsplit(check_url(url, said, ("https",), _EXAMPLE))
    if parts.path in {"", "/"}:
        return f"https://{parts.netloc}{TOKEN_PATH}"
    if not parts.path.endswith(TOKEN_PATH):
        raise InvalidValueError(
            f"{said}: {parts.path!r} is no token endpoint: leave the path away, or let it end in {TOKEN_PATH}"
        )
    return url
