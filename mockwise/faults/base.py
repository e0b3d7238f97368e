"""The base class of all faults: which requests they are for, and how often they happen.

The text beside a field's type says what the field means; help and documents show it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar, Literal

from mockwise.common.token_kinds import TokenKind
from mockwise.errors import InvalidValueError

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

    Without bounds a fault happens once.
    """

    name: ClassVar[str]
    stage: ClassVar[FaultStage]
    reach: ClassVar[Reach] = "sandbox"

    host: Annotated[Literal["mtls", "tls"] | None, "Requests to one of the two hosts."] = None
    method: Annotated[str | None, "Requests with this method."] = None
    path: Annotated[
        str | None,
        "Requests to this path, in which * stands for any text; a quarterly version in front does not matter.",
    ] = None
    grant: Annotated[str | None, "Token requests with this grant_type."] = None
    client: Annotated[str | None, "Requests of this client."] = None
    kind: Annotated[TokenKind | None, "Requests with a bearer token of this kind."] = None
    when: Annotated[
        Callable[[Request], bool] | None, "Says of a request whether the fault is for it; in Python alone."
    ] = field(default=None, compare=False)
    times: Annotated[
        int | None, "How often it happens: once, unless lasts or share is said, then without end."
    ] = None
    share: Annotated[
        float | None, "Of the requests that fit, how many it is for: 0.2 is one in five, drawn by seed."
    ] = None
    seed: Annotated[int, "Repeats the draws of share, and of a delay, exactly."] = 0
    lasts: Annotated[timedelta | None, "How long it is armed, on the sandbox's clock."] = None

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise InvalidValueError(f"times: a fault happens at least once: {self.times}")
        if self.share is not None and not 0 < self.share <= 1:
            raise InvalidValueError(f"share: more than 0 and at most 1: {self.share}")
        if self.lasts is not None and self.lasts <= timedelta():
            raise InvalidValueError("lasts: a fault lasts some time")
        for it in fields(self):
            if isinstance(text := getattr(self, it.name), str):
                check_sendable(it.name, text)
        self.check()

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
