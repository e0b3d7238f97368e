"""How an application makes a user, and hands the account over (docs/wise/operations.md#endpoints). Errors in shape 4 of docs/wise/errors.md#shapes."""

from __future__ import annotations

import hmac

from msgspec.structs import replace

from mockwise.common.digests import digest_of
from mockwise.errors import AlreadyExistsError
from mockwise.state.users import User, is_address
from mockwise.web.wise.api_call import Call
from mockwise.web.wise.api_errors import ApiError, FieldError, invalid
from mockwise.web.wise.handlers.profiles import user_answer
from mockwise.web.wise.responses import Response, json_response
from mockwise.web.wise.schemas import ClaimAnswer, ClaimRequest, EmailAnswer, EmailQuestion, Signup


def exists(call: Call) -> Response:
    """`POST /v1/users/exists`; the error for what is no address is that of the signup (INFERRED)."""
    email = call.read(EmailQuestion).email
    if not is_address(email):
        raise _bad_address(email)
    return json_response(200, EmailAnswer(exists=call.sandbox.users.of_email(email) is not None))


def sign_up(call: Call) -> Response:
    """`POST /v1/user/signup/registration_code`; answers and errors DOCUMENTED.

    `language` is checked, because its values are listed (422 INFERRED). `sendAuthorizationCodeAsEmail` is taken, but
    the mock sends no e-mail.
    """
    wanted = call.read(Signup)
    if not (is_address(wanted.email) and "." in wanted.email.partition("@")[2]):
        raise _bad_address(wanted.email)
    code = digest_of(wanted.registration_code)
    call.sandbox.secrets.note_digest(code)
    try:
        user = call.sandbox.users.sign_up(wanted.email, call.client.client_id, code)
    except AlreadyExistsError:
        arguments: tuple[str, ...] = (
            "email",
            "class com.transferwise.fx.api.ApiRegisterCommand",
            wanted.email,
        )
        if call.sandbox.options.taken_email == "masked":
            arguments = ("email", _masked(wanted.email))
        flaw = FieldError("NOT_UNIQUE", "You're already a member. Please login", "email", arguments)
        raise invalid(
            409, [flaw], "There is a user with this email. Send them to the consent page instead."
        ) from None
    return json_response(200, user_answer(call, user))


def claim(call: Call) -> Response:
    """`POST /v1/user/claim-account`; a new code may be had with the same registration code (docs/wise/lifetimes-and-formats.md#lifetimes).

    That another code is 422 is INFERRED: Wise documents no error.
    """
    sent, user, client_id = call.read(ClaimRequest).registration_code, call.user, call.caller.token.client_id
    registration = user.registration
    if registration is None:
        raise _bad_code("No client signed this user up, or the account was claimed already.")
    if registration.client_id != client_id:
        raise _bad_code("Another client signed this user up. Only that one can have the account claimed.")
    if not hmac.compare_digest(registration.digest, digest_of(sent)):
        raise _bad_code("This is not the registration code with which the user was signed up.")
    code = call.sandbox.codes.issue("claim", registration.client_id, user.user_id)
    call.sandbox.users.change(user.user_id, _claimed)
    call.context.secrets = (*call.context.secrets, code)
    return json_response(200, ClaimAnswer(claim_account_code=code))


def _claimed(user: User) -> User:
    registration = user.registration
    return replace(user, registration=registration and replace(registration, claim_begun=True))


def _bad_address(email: str) -> ApiError:
    local, at, domain = email.partition("@")
    arguments = ("email", f"{local[:2]}...{at}{domain}")  # INFERRED from one example
    flaw = FieldError("ERROR", "Please provide a valid email", "email", arguments)
    return invalid(422, [flaw], "The email is not an address.")


def _masked(email: str) -> str:
    local, at, domain = email.partition("@")
    return f"{local[:2]}{'*' * 20}{at}{domain}"


def _bad_code(reason: str) -> ApiError:
    flaw = FieldError("ERROR", "Please provide a valid registrationCode", "registrationCode")
    return invalid(422, [flaw], reason)
