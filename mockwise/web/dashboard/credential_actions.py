"""Presses for what Wise's Developer Hub is for: credentials and certificates (docs/wise/mtls.md#certificates and docs/wise/developer-hub.md#credentials); and users, who have none."""

from __future__ import annotations

from mockwise.errors import InvalidValueError
from mockwise.web.control import certificates, clients, sandboxes, users
from mockwise.web.control.options import NewSandbox
from mockwise.web.control.shared import client_in
from mockwise.web.dashboard.action_results import ActionResult, Secret
from mockwise.web.dashboard.form_action import FormAction, segment


def add_client(it: FormAction) -> ActionResult:
    """Make client credentials: the secret is told this once."""
    said = it.given("client_id", "token_lifetime", "mtls")
    uris = it.whole("redirect_uris").split()
    order = {**said, **({"redirect_uris": uris} if uris else {})}
    made = clients.add(it.mock, it.box, clients.NewClient(**order))
    options = ", ".join(f"{name}={value!r}" for name, value in order.items())
    return ActionResult(
        said=f"The client {made.client_id} was made. Its secret is shown this once.",
        doors=it.doors("POST", "/clients", order, python=f"box.add_client({options})"),
        shown=(
            Secret("Client id", made.client_id),
            Secret("Client secret", made.client_secret),
            Secret("Certificate (client.pem)", made.certificate),
            Secret("Private key (client.key)", made.key),
        ),
    )


def rotate(it: FormAction) -> ActionResult:
    """Give a client another secret, which is told this once; the old one works on for a while if that is wished."""
    which = client_in(it.box, it.whole("client_id"))
    overlap = it.text("overlap") or "0s"
    made = clients.rotate(it.mock, it.box, which, clients.Rotation(overlap=overlap))
    own = which.client_id == it.mock.own_client(it.box.name)
    ends = "Older ones do not work any more." if overlap == "0s" else f"Older ones work for {overlap} more."
    return ActionResult(
        said=f"The client {which.client_id} has a new secret, which is shown this once. {ends}",
        doors=it.doors(
            "POST",
            f"/clients/{segment(which.client_id)}/secret",
            {"overlap": overlap},
            verb=("rotate", "--overlap", overlap, *(() if own else ("--client", which.client_id))),
            python=f"box.rotate_secret(overlap={overlap!r})" if own else None,
        ),
        shown=(Secret("Client secret", made.client_secret),),
    )


def revoke_client(it: FormAction) -> ActionResult:
    """End a client."""
    which = client_in(it.box, it.whole("client_id"))
    clients.revoke(it.mock, it.box, which)
    own = which.client_id == it.mock.own_client(it.box.name)
    return ActionResult(
        said=f"The client {which.client_id} is revoked, and its tokens with it.",
        doors=it.doors(
            "DELETE",
            f"/clients/{segment(which.client_id)}",
            verb=("revoke", "--client", which.client_id),
            python="box.credentials.revoke()" if own else None,
        ),
    )


def certify(it: FormAction) -> ActionResult:
    """Sign a request that was pasted or uploaded."""
    csr = it.text("csr") or it.text("csr_file")
    if csr is None:
        raise InvalidValueError("csr: paste a certificate signing request, or choose its file")
    order = certificates.CertificateOrder(
        name=it.whole("name"), csr=csr + "\n", client_id=it.text("client_id")
    )
    made = certificates.certify(it.mock, it.box, order)
    return ActionResult(
        said=f"The certificate {made.name} was issued for {made.client_id}, until {made.not_after:%Y-%m-%d}.",
        doors=it.doors(
            "POST", "/certificates", {"name": made.name, "csr": "...", "client_id": made.client_id}
        ),
        shown=(
            Secret("Certificate: save it as a .pem file beside your key", made.certificate),
            Secret("Serial number", made.serial),
        ),
    )


def revoke_certificate(it: FormAction) -> ActionResult:
    """Take a certificate back."""
    ended = certificates.revoke(it.mock, it.box, it.whole("serial"))
    return ActionResult(
        said=f"The certificate {ended.name} of {ended.client_id} is revoked: its connections ended, new ones are refused.",
        doors=it.doors(
            "DELETE", f"/certificates/{ended.serial}", verb=("revoke", "--certificate", ended.serial)
        ),
    )


def add_user(it: FormAction) -> ActionResult:
    """Make a Wise user."""
    order = it.given("email", "business")
    made = users.add(it.box, users.NewUser(**{"email": "", **order}))
    business = f", business={order['business']!r}" if "business" in order else ""
    return ActionResult(
        said=f"The user {made.email} was made.",
        doors=it.doors("POST", "/users", order, python=f"box.add_user({made.email!r}{business})"),
    )


def open_sandbox(it: FormAction) -> ActionResult:
    """Make another sandbox and go there."""
    order = it.given("name")
    made = sandboxes.make(it.mock, NewSandbox(**order))
    return ActionResult(
        said=f"The sandbox {made.name} was made: this is it.",
        doors=it.doors("POST", None, order, python=f"box = mock.sandbox({made.name!r})"),
        goes_to=made.name,
    )
