"""The base class of all faults: which requests they are for, and how often they happen.

The description of a field says what it means; help, forms and documents show it.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue, SkipJsonSchema
from pydantic_core import CoreSchema, core_schema

from mockwise.common.token_kinds import TokenKind
from mockwise.errors import InvalidValueError
from mockwise.faults.declaration import Allowed, Duration

FaultStage = Literal["pass", "delay", "answer", "token", "wire"]
Reach = Literal["sandbox", "mock"]

_QUARTER = re.compile(r"^/[0-9]{4}Q[1-4](?=/)")
_DEEPEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a fault's `when` function is told of a request."""

    host: str
    method: str
    path: str
    grant: str | None
    """Its grant_type, if it asks for a token."""
    client: str | None
    kind: TokenKind | None
    """The kind of its bearer token."""
    form: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One misbehaviour that a test arms: which requests it is for, and how often it happens.

    Without bounds a fault happens once. A kind of fault is a class below this one with the decorator `fault_kind`.
    """

    __pydantic_config__: ClassVar = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    stage: ClassVar[FaultStage]
    reach: ClassVar[Reach] = "sandbox"

    host: Annotated[Literal["mtls", "tls"] | None, Field(description="Requests to one of the two hosts.")] = (
        None
    )
    method: Annotated[str | None, Field(description="Requests with this method.", examples=["POST"])] = None
    path: Annotated[
        str | None,
        Field(
            description="Requests to this path, in which * stands for any text; a quarterly version in front does not "
            "matter.",
            examples=["/oauth/token"],
        ),
    ] = None
    grant: Annotated[
        str | None,
        Field(description="Token requests with this grant_type.", examples=["client_credentials"]),
    ] = None
    client: Annotated[str | None, Field(description="Requests of this client.")] = None
    kind: Annotated[TokenKind | None, Field(description="Requests with a bearer token of this kind.")] = None
    when: Annotated[
        Callable[[Request], bool] | None,
        Field(description="Says of a request whether the fault is for it; in Python alone."),
        SkipJsonSchema(),
    ] = field(default=None, compare=False)
    times: Annotated[
        int | None,
        Field(
            ge=1,
            description="How often it happens: once, unless lasts or share is said, then without end.",
            examples=[1],
        ),
        Allowed("a fault happens at least once"),
    ] = None
    share: Annotated[
        float | None,
        Field(
            gt=0,
            le=1,
            description="Of the requests that fit, how many it is for: 0.2 is one in five, drawn by seed.",
            examples=[0.2],
        ),
    ] = None
    seed: Annotated[int, Field(description="Repeats the draws of share, and of a delay, exactly.")] = 0
    lasts: Annotated[
        Duration | None,
        Field(
            gt=timedelta(),
            description="How long it is armed, on the sandbox's clock.",
            examples=["15m"],
        ),
        Allowed("a fault lasts some time"),
    ] = None

    def __post_init__(self) -> None:
        for it in fields(self):
            if isinstance(text := getattr(self, it.name), str):
                check_sendable(it.name, text)
        self.check()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Fault], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Of a kind the check of its fields; of this class, which is no kind, that it is a fault."""
        return core_schema.is_instance_schema(Fault) if source is Fault else handler(source)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The schema of its tables, which say its name under `fault`."""
        shown = handler.resolve_ref_schema(handler(schema))
        shown["properties"] = {"fault": {"const": cls.name, "type": "string"}} | shown["properties"]
        shown["required"] = ["fault", *shown.get("required", ())]
        shown["description"] = inspect.cleandoc(cls.__doc__ or "")
        return shown

    @property
    def limit(self) -> int | None:
        """How often it happens; None: without end."""
        return 1 if self.times is None and self.lasts is None and self.share is None else self.times

    def fits(self, request: Request) -> bool:
        """Whether it is for a request. A token can be spoilt only where one is asked for."""
        wanted = (
            (self.host, request.host),
            (self.method and self.method.upper(), request.method),
            (self.grant, request.grant),
            (self.client, request.client),
            (self.kind, request.kind),
        )
        return (
            all(want is None or want == have for want, have in wanted)
            and (self.stage != "token" or request.grant is not None)
            and (self.path is None or fnmatchcase(plain_path(request.path), self.path))
            and (self.when is None or bool(self.when(request)))
        )

    def check(self) -> None:
        """Check the fields of the fault's own class; the base class has nothing to check.

        Raises:
            InvalidValueError: a field has a value that cannot be used.
        """


def plain_path(path: str) -> str:
    """A path without a quarterly version in front."""
    return _QUARTER.sub("", path)


def check_sendable(name: str, content: object) -> None:
    """Raise if content cannot be sent as JSON in UTF-8.

    Raises:
        InvalidValueError: it cannot; the message begins with the field's name.
    """
    try:
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValueError(f"{name}: it cannot be written as JSON in UTF-8: {error}") from None
    depth, level = 0, [content]
    while level:
        depth += 1
        level = [inner for it in level for inner in _inside(it)]
    if depth > _DEEPEST:
        raise InvalidValueError(f"{name}: it is nested more than {_DEEPEST} deep")


def _inside(content: object) -> list[object]:
    if isinstance(content, Mapping):
        return list(content.values())
    return list(content) if isinstance(content, list | tuple) else []
