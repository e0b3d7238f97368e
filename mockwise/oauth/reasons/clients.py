"""Why HTTP Basic did not authenticate a client."""

from __future__ import annotations

import hmac
from datetime import datetime

from mockwise.common.clock import FIRST
from mockwise.oauth.credentials import BasicCredentials
from mockwise.oauth.reasons.kinds import kind_of, named
from mockwise.oauth.reasons.placeholders import placeholder
from mockwise.oauth.reasons.text_variants import blemish, readings
from mockwise.oauth.revocation_reasons import ago_of
from mockwise.state.clients import Client, ClientSecret
from mockwise.state.sandbox_state import SandboxState

_FEW = 12  # readings that are looked up in the store, which may be another machine
_LEAST_PART = 4  # characters that a part of a secret has, to be taken for one

_NO_CLIENT = "No client has this id"
_WRONG = "The client secret is wrong"
_TOO_LONG = ": something stands behind it that does not belong there"
_CUT = ": its end is missing. Look for a # or $ in a file or a shell, or a field that is too short"


def unknown_client(sandbox: SandboxState, basic: BasicCredentials) -> str:
    """Why no client has the user of HTTP Basic as its id."""
    user = basic.user
    why = (
        _swapped(sandbox, basic)
        or _misread_id(sandbox, user)
        or _not_set(user, "user")
        or _of_another_kind(sandbox, user, "client id as the user")
        or ""
    )
    if not why and sandbox.clients.is_gone(user):
        return f"{_NO_CLIENT} any more: its sandbox was closed or reset. Take the credentials of one that is there."
    return f"{_NO_CLIENT}{why or _blemished(user)}." + ("" if why else " Check the user of HTTP Basic.")


def wrong_secret(sandbox: SandboxState, client: Client, basic: BasicCredentials, now: datetime) -> str:
    """Why the password of HTTP Basic is not the secret of the client that its user names."""
    password = basic.password
    detail = _with_id(client, password)
    why = _otherwise_encoded(sandbox, client, basic) or _misread_secret(client, password, now)
    if why and not detail:
        return why
    detail = (
        detail
        or _part_of(client, password)
        or _of_another_client(sandbox, client, password)
        or _not_set(password, "password")
        or _of_another_kind(sandbox, password, "client secret as the password")
    )
    return f"{_WRONG}{detail or _blemished(password)}." + (
        "" if detail else " Check the password of HTTP Basic."
    )


def _swapped(sandbox: SandboxState, basic: BasicCredentials) -> str | None:
    for it in (basic, basic.form_decoded()):
        other = sandbox.clients.get(it.password)
        if other is not None:
            sure = _secret_of(other, it.user) is not None
            return (
                f": id and secret {'are' if sure else 'seem to be'} swapped. Send the client id as the user of HTTP Basic "
                "and the secret as its password"
            )
    return None


def _misread_id(sandbox: SandboxState, user: str) -> str | None:
    known = (it for it in readings(user, _FEW) if it.oddities and sandbox.clients.get(it.text) is not None)
    reading = next(known, None)
    return None if reading is None else f": it {reading.phrase}. {reading.remedy.removesuffix('.')}"


def _not_set(text: str, place: str) -> str | None:
    word = placeholder(text) if text else "is empty; an environment variable may be so"
    return None if word is None else f": it {word}. Set the {place} of HTTP Basic"


def _of_another_kind(sandbox: SandboxState, text: str, wanted: str) -> str | None:
    kind = kind_of(sandbox, text)
    return None if kind is None else f": it is {kind}. Send the {wanted} of HTTP Basic"


def _of_another_client(sandbox: SandboxState, client: Client, password: str) -> str | None:
    owner = sandbox.clients.of_secret(password)
    if owner is None:
        return None
    if owner.client_id == client.client_id:
        return ": it was rotated out long ago. Use the new one"
    if not _same(owner.secrets[0].value, password):
        return f": it is a former secret of another client, {named(owner.client_id)}. Send that of {named(client.client_id)}"
    return (
        f": it is the secret of another client, {named(owner.client_id)}. Send it with that id, or the secret of "
        f"{named(client.client_id)}"
    )


def _blemished(text: str) -> str:
    odd = blemish(text)
    return "" if odd is None else f"; besides, it {odd}"


def _otherwise_encoded(sandbox: SandboxState, client: Client, basic: BasicCredentials) -> str | None:
    """Where the switch decides how it is read: that it would be right, read in the other way."""
    encoding = sandbox.options.basic_encoding
    other = basic if encoding == "form" else basic.form_decoded()
    if (
        encoding == "either"
        or (other.password == basic.password and encoding == "raw")
        or _secret_of(client, other.password) is None
    ):
        return None
    if encoding == "raw":
        return (
            f"{_WRONG}: it is form-encoded (RFC 6749 section 2.3.1), and this sandbox takes it as it is. Send it as it "
            "is, or set basic_encoding to form or either: which of them Wise wants is not known."
        )
    return (
        f"{_WRONG}: it is sent as it is, and this sandbox form-decodes it (RFC 6749 section 2.3.1). Percent-encode id "
        "and secret before base64, or set basic_encoding to raw or either: which of them Wise wants is not known."
    )


def _misread_secret(client: Client, password: str, now: datetime) -> str | None:
    """Whether it is one of the client's, changed on its way or rotated out."""
    reading = next((it for it in readings(password) if _secret_of(client, it.text)), None)
    secret = None if reading is None else _secret_of(client, reading.text)
    if reading is None or secret is None:
        return None
    odd = f"it {reading.phrase}" if reading.oddities else ""
    if secret.ends_at is None or now < secret.ends_at:
        return f"{_WRONG}: {odd}. Without that it is right. {reading.remedy}"
    besides = f" Besides, {odd}." if odd else ""
    if secret.ends_at == FIRST:  # without an overlap
        return f"This client secret was rotated out. Use the new one.{besides}"
    return (
        f"This client secret was rotated out, and its overlap ended{ago_of(secret.ends_at, now)} on the sandbox's clock. "
        f"Use the new one.{besides}"
    )


def _secret_of(client: Client, text: str) -> ClientSecret | None:
    """The secret that the text is: a living one, or else one that was rotated out."""
    found = [it for it in client.secrets if _same(it.value, text)]
    return min(found, key=lambda it: it.ends_at is not None, default=None)


def _part_of(client: Client, text: str) -> str | None:
    """Whether the text is the newest secret but for its case, or a part of it, or more than it."""
    right = client.secrets[0].value
    if _same(right.casefold(), text.casefold()):
        return ": upper and lower case differ"
    less = min(len(right), len(text))
    longer = len(text) > len(right)
    if less < _LEAST_PART:
        return None
    if _same(right[:less], text[:less]):
        return _TOO_LONG if longer else _CUT
    if _same(right[-less:], text[-less:]):
        return (
            ": something stands before it that does not belong there"
            if longer
            else ": its beginning is missing"
        )
    return None


def _with_id(client: Client, text: str) -> str | None:
    """Whether the text is id and secret together."""
    pair = f"{client.client_id}:{client.secrets[0].value}"
    found = next((it for it in readings(text) if _same(pair, it.text)), None)
    if found is None:
        return None
    also = f", and {found.phrase}" if found.oddities else ""
    return f": it is id and secret together{also}. The password of HTTP Basic is the secret alone"


def _same(right: str, given: str) -> bool:
    """Whether they are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "surrogatepass"))
