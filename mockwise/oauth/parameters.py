"""The parameters of a form, as every endpoint of RFC 6749 takes them."""

from __future__ import annotations

from mockwise.oauth.errors import FORM, InvalidRequest


def read_parameters(form: tuple[tuple[str, str], ...] | None) -> dict[str, str]:
    """Each parameter once; one without a value counts as left out (RFC 6749 section 3.2).

    Raises:
        InvalidRequest: one was sent twice, or the body is not the form that its type announces.
    """
    if form is None:
        raise InvalidRequest(
            "Malformed request body",
            reason="The body is not the multipart/form-data that its Content-Type announces.",
            lacks=FORM,
        )
    parameters = dict(form)
    if len(parameters) != len(form):
        raise InvalidRequest(
            "Request parameters must not be included more than once",
            reason="A parameter was sent more than once. Send each one once (RFC 6749 section 3.2).",
        )
    return {name: value for name, value in parameters.items() if value}
