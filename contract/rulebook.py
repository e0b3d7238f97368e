"""What a rule is: a test that says where it comes from and how sure that is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal, NoReturn, TypeVar, cast

import pytest

Label = Literal["DOCUMENTED", "OBSERVED", "INFERRED", "mock-only"]
"""By Wise; in a real answer of Wise's; by a reasoning that the source names; by nobody: mockwise decided."""

Test = TypeVar("Test", bound=Callable[..., None])


@dataclass(frozen=True)
class ContractRule:
    """One rule. `known` names where docs/wise/ tells more; `sentence` is the rule itself."""

    name: str
    label: Label
    source: str
    known: str
    sentence: str

    def as_dict(self) -> dict[str, str]:
        """The rule's fields by name, for JSON."""
        return asdict(self)


def rule(name: str, *, label: Label, source: str, known: str) -> Callable[[Test], Test]:
    """Make a test a rule; its docstring is the rule's sentence."""

    def mark(test: Test) -> Test:
        sentence = " ".join(inspect.cleandoc(test.__doc__ or "").split())
        marked = pytest.mark.rule(ContractRule(name, label, source, known, sentence))(test)
        return cast("Test", marked)  # which the marker is typed not to promise

    return mark


def rule_of(item: pytest.Item) -> ContractRule:
    """The rule that a test states.

    Raises:
        pytest.UsageError: it states none, or has no sentence.
    """
    marker = item.get_closest_marker("rule")
    if marker is None:
        raise pytest.UsageError(f"{item.nodeid} is no rule: decorate it with @rule(...)")
    stated: ContractRule = marker.args[0]
    if not stated.sentence:
        raise pytest.UsageError(f"{item.nodeid} has no docstring, which is the rule's sentence")
    return stated


def not_applicable(reason: str) -> NoReturn:
    """End a test that cannot be tried against this target; the reason is reported, never hidden."""
    pytest.skip(reason)
