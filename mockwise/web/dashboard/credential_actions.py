"""The actions for what Wise's Developer Hub is for: credentials and certificates (docs/wise/mtls.md#certificates and docs/wise/developer-hub.md#credentials); and users, who have none."""

from __future__ import annotations

from mockwise.errors import InvalidValueError
from mockwise.web.control.clients import NewClient
from mockwise.web.dashboard.action_results import ActionResult, CopyableValue
from mockwise.web.dashboard.form_action import FormAction, segment


def add_client(it: FormAction) -> ActionResult:
    """Make client credentials: the secret is told this once."""
    said = it.given("client_id", "token_lifetime", "mtls")
    uris = it.whole("redirect_uris").split()
    body = {**said, **({"redirect_uris": uris} if uris else {})}
    made = it.sandbox.add_client(**NewClient(**body).options())
    options = ", ".join(f"{name}={value!r}" for name, value in body.items())
    return ActionResult(
        said=f"The client {made.client_id} was made. Its secret is shown this once.",
        equivalents=it.equivalents("POST", "/clients", body, python=f"box.add_client({options})"),
        shown=(
            CopyableValue("Client id", made.client_id),
            CopyableValue("Client secret", made.client_secret),
            CopyableValue("Certificate (client.pem)", made.certificate_pem),
            CopyableValue("Private key (client.key)", made.key_pem),
        ),
    )


def rotate(it: FormAction) -> ActionResult:
    """Give a client another secret, which is told this once; the old one works on for a while if that is wished."""
    client = it.sandbox.credentials_of(it.whole("client_id"))
    overlap = it.text("overlap") or "0s"
    secret = client.rotate_secret(overlap=overlap)
    own = client.client_id == it.sandbox.client_id
    ends = "Older ones do not work any more." if overlap == "0s" else f"Older ones work for {overlap} more."
    return ActionResult(
        said=f"The client {client.client_id} has a new secret, which is shown this once. {ends}",
        equivalents=it.equivalents(
            "POST",
            f"/clients/{segment(client.client_id)}/secret",
            {"overlap": overlap},
            verb=("rotate", "--overlap", overlap, *(() if own else ("--client", client.client_id))),
            python=f"box.rotate_secret(overlap={overlap!r})" if own else None,
        ),
        shown=(CopyableValue("Client secret", secret),),
    )


def revoke_client(it: FormAction) -> ActionResult:
    """Revoke a client and its tokens."""
    client = it.sandbox.credentials_of(it.whole("client_id"))
    client.revoke()
    own = client.client_id == it.sandbox.client_id
    return ActionResult(
        said=f"The client {client.client_id} is revoked, and its tokens with it.",
        equivalents=it.equivalents(
            "DELETE",
            f"/clients/{segment(client.client_id)}",
            verb=("revoke", "--client", client.client_id),
            python="box.credentials.revoke()" if own else None,
        ),
    )


def certify(it: FormAction) -> ActionResult:
    """Sign a request that was pasted or uploaded."""
    csr = it.text("csr") or it.text("csr_file")
    if csr is None:
        raise InvalidValueError("csr: paste a certificate signing request, or choose its file")
    signed = it.sandbox.certify(csr + "\n", it.whole("name"), client_id=it.text("client_id"))
    made = signed.issued
    return ActionResult(
        said=f"The certificate {made.name} was issued for {made.client_id}, until {made.not_after:%Y-%m-%d}.",
        equivalents=it.equivalents(
            "POST", "/certificates", {"name": made.name, "csr": "...", "client_id": made.client_id}
        ),
        shown=(
            CopyableValue("Certificate: save it as a .pem file beside your key", signed.certificate_pem),
            CopyableValue("Serial number", made.serial),
        ),
    )


def revoke_certificate(it: FormAction) -> ActionResult:
    """Revoke a certificate by its serial number."""
    ended = it.sandbox.revoke_certificate(it.whole("serial"))
    return ActionResult(
        said=f"The certificate {ended.name} of {ended.client_id} is revoked: its connections ended, new ones are refused.",
        equivalents=it.equivalents(
            "DELETE", f"/certificates/{ended.serial}", verb=("revoke", "--certificate", ended.serial)
        ),
    )


def add_user(it: FormAction) -> ActionResult:
    """Make a Wise user, with a business if one is named."""
    body = it.given("email", "business")
    made = it.sandbox.add_user(it.whole("email"), business=it.text("business"))
    business = f", business={body['business']!r}" if "business" in body else ""
    return ActionResult(
        said=f"The user {made.email} was made.",
        equivalents=it.equivalents("POST", "/users", body, python=f"box.add_user({made.email!r}{business})"),
    )


def open_sandbox(it: FormAction) -> ActionResult:
    """Make another sandbox and go there."""
    body = it.given("name")
    made = it.mock.sandbox(it.text("name"))
    return ActionResult(
        said=f"The sandbox {made.name} was made: this is it.",
        equivalents=it.equivalents("POST", None, body, python=f"box = mock.sandbox({made.name!r})"),
        goes_to=made.name,
    )
