"""Why a certificate does not speak for a client."""

from __future__ import annotations

from mockwise.oauth.reasons.kinds import named
from mockwise.oauth.reasons.text_variants import readings
from mockwise.state.clients import Client
from mockwise.state.sandbox_state import SandboxState

_ANOTHERS = "The client certificate belongs to another client"


def other_certificate(sandbox: SandboxState, client: Client, common_name: str) -> str:
    """Why the certificate with this common name is not the client's. Another client is named only if it is known here."""
    right = named(client.client_id)
    if sandbox.clients.is_known(common_name):
        return (
            f"{_ANOTHERS}: its common name is {named(common_name)}, and the client is {right}. Present the certificate of "
            f"{right}, or send the id and secret of the other."
        )
    if not common_name:
        return f"{_ANOTHERS}: it has no common name, and the client is {right}. Have one issued to this client's id."
    found = next((it for it in readings(common_name) if it.text == client.client_id), None)
    how = f", and {found.phrase}" if found else ""
    return (
        f"{_ANOTHERS}: its common name is not this client's id, {right}{how}. Present the certificate issued to this "
        "client."
    )
