"""Who may call an operation. It is judged before anything else: 401, then 403, then the body.

A bearer token is judged before the path, no token after it (OBSERVED, docs/wise/errors.md#order-of-checks). The rest of the order is that of
Spring Security, on which Wise's service seems to be built (INFERRED, docs/wise/token-endpoint.md#errors).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockwise.oauth.bearer import Caller, authenticate_bearer, check_kind, has_bearer, has_no_token
from mockwise.state.sandbox_state import SandboxState
from mockwise.web.wise.api_errors import forbidden, not_found
from mockwise.web.wise.catalogue import KINDS, Operation, is_of_unserved_version
from mockwise.web.wise.request_context import RequestContext

_ID = re.compile("[1-9][0-9]{0,17}")
_READING = frozenset({"GET", "HEAD"})


def authorize(context: RequestContext, operation: Operation | None) -> Caller | None:
    """The caller, if its token opens the operation (docs/wise/operations.md#token-kinds); None: it calls an open operation without a token.

    Where no operation is documented, any live token opens. A token that is sent where none is asked for is judged
    like anywhere: one that is dead, or not of the documented kind, is refused (INFERRED).

    Raises:
        AccessDenied, InvalidToken, MissingToken, Unauthorized: it does not.
    """
    if operation is not None and operation.open and has_no_token(context.credentials):
        return None
    caller = authenticate_bearer(context.sandbox, context.credentials, context.peer)
    kinds = (operation.kinds if operation is not None else None) or KINDS
    check_kind(context.sandbox, caller, kinds, reads=context.method in _READING)
    return caller


def check_token(context: RequestContext) -> None:
    """Let a call through that carries no bearer token or a live one, where there is nothing to be let in to.

    HTTP Basic is ignored: it belongs to the token endpoint, and to what is sought beside it (INFERRED).

    Raises:
        InvalidToken: it carries another.
    """
    if has_bearer(context.credentials):
        authenticate_bearer(context.sandbox, context.credentials, context.peer)


def check_served(context: RequestContext) -> None:
    """Let a call through whose path begins with no quarterly version, or with one that is served.

    Raises:
        InvalidToken: it begins with another, and the call carries a bearer token that is none.
        ApiError: it begins with another. Nothing is behind it: neither the token endpoint nor a stub nor an upstream.
    """
    versions = context.sandbox.options.versions
    if is_of_unserved_version(context.path, versions):
        check_token(context)
        served = f"are: {', '.join(versions)}" if versions else "are none"
        raise not_found(
            f"The path begins with a version of the API that is not served. Those that are served {served} "
            "(option versions)."
        )


def check_owner(
    sandbox: SandboxState, caller: Caller, parameters: Mapping[str, str], *, unknown: bool
) -> None:
    """Let a caller through to what is its own.

    An application sees what is under its own client key and id (docs/wise/operations.md#client-credentials-operations; 403 INFERRED), a user their own profiles
    (another's is 403, DOCUMENTED in docs/wise/errors.md#shapes) and account (INFERRED). A consent holds for one profile (docs/wise/consent-and-revocation.md#authorization-page).

    Args:
        sandbox: where the caller is known.
        caller: who calls.
        parameters: those of the path.
        unknown: whether profiles pass that the sandbox does not know, because somebody else answers for them.

    Raises:
        ApiError: it is another's.
    """
    application = caller.client.client_key if caller.client else None
    if parameters.get("clientKey", application) != application:
        raise forbidden("The client key in the path is not that of the access token's client.")
    if parameters.get("clientId", caller.token.client_id) != caller.token.client_id:
        raise forbidden("The client id in the path is not that of the access token's client.")
    if caller.token.kind == "client_credentials":
        return  # whose users and profiles an application may name is UNKNOWN
    if "userId" in parameters and parameters["userId"] != str(caller.token.subject.user_id):
        raise forbidden("The user id in the path is not that of the access token's user.")
    for name in ("profileId", "businessProfileId"):
        if name in parameters:
            _check_profile(sandbox, caller, parameters[name], unknown=unknown)


def _check_profile(sandbox: SandboxState, caller: Caller, profile_id: str, *, unknown: bool) -> None:
    subject = caller.token.subject
    if subject.profile_id is not None and profile_id != str(subject.profile_id):
        raise forbidden(
            "The user consented for another profile than the one in the path. Each profile needs its own consent."
        )
    profile = sandbox.users.profile(int(profile_id)) if _ID.fullmatch(profile_id) else None
    if profile is None and not unknown:
        raise forbidden("The sandbox has no such profile. GET /v2/profiles lists those of the token's user.")
    if profile is not None and profile.user_id != subject.user_id:
        raise forbidden("The profile in the path belongs to another user than the access token.")
