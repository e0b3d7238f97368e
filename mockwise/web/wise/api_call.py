"""A call of the API that was let in, as the modelled operations see it, and how they read its body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mockwise.oauth.bearer import Caller
from mockwise.state.clients import Client
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.users import User
from mockwise.web.wise.api_errors import FieldError, invalid
from mockwise.web.wise.request_context import RequestContext

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated call to the API."""

    context: RequestContext
    caller: Caller
    parameters: Mapping[str, str]

    @property
    def sandbox(self) -> SandboxState:
        """The sandbox that the call belongs to."""
        return self.context.sandbox

    @property
    def client(self) -> Client:
        """The client whose token it is. Operations for personal tokens do not ask."""
        assert self.caller.client is not None
        return self.caller.client

    @property
    def user(self) -> User:
        """The user whose token it is. Operations for client-credentials tokens do not ask."""
        user_id = self.caller.token.subject.user_id
        assert user_id is not None
        return self.sandbox.users.require(user_id)

    def read(self, model: type[M]) -> M:
        """The JSON body, checked against a model.

        Raises:
            ApiError: it is not what the operation takes: 400, and 422 where a value is at fault (docs/wise/operations.md#endpoints).
        """
        try:
            return model.model_validate_json(self.context.body)
        except ValidationError as error:
            flaws = list(_flaws(model, error))
        names = ", ".join(flaw.path for flaw in flaws)
        values = all(flaw.code == "ERROR" for flaw in flaws)
        raise invalid(
            422 if values else 400,
            [flaw for flaw in flaws if values or flaw.code != "ERROR"],
            f"The body is not JSON with what this operation takes. Look at: {names}.",
        )


def _flaws(model: type[BaseModel], error: ValidationError) -> Iterator[FieldError]:
    for found in error.errors(include_url=False):
        names = [str(name) for name in found["loc"]]
        if names:
            yield _flaw(found, ".".join(names))
        else:  # the body is no object at all, so all that is needed is missing
            yield from (
                _missing(it.alias or name) for name, it in model.model_fields.items() if it.is_required()
            )


def _flaw(found: ErrorDetails, path: str) -> FieldError:
    """In the words of Wise's own validator (DOCUMENTED for missing and short, INFERRED for the rest)."""
    match found["type"]:
        case "string_too_short":
            least = found["ctx"]["min_length"]
            return FieldError(
                "Size", f"size must be between {least} and 2147483647", path, ("2147483647", str(least))
            )
        case "literal_error" | "bool_parsing" | "bool_type":
            return FieldError("ERROR", f"Please provide a valid {path}", path)
        case _:
            return _missing(path)


def _missing(path: str) -> FieldError:
    return FieldError("NotNull", "must not be null", path)
