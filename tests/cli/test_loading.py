"""How the module of a command comes in: without garbage collection, and without models that nobody may need."""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from pydantic import BaseModel, create_model

from mockwise.cli.loading import load
from tests.cli.processes import served
from tests.web.control.test_document import DOCUMENT


def new_model() -> type[BaseModel]:
    """A model of a number."""
    return create_model("Numbered", number=(int, ...))


def test_garbage_is_collected_again_once_a_command_is_there() -> None:
    """What was made until then is set aside; who did not stop the collection keeps it as it is."""
    before = gc.get_freeze_count()  # Python 3.12 begins with some
    assert load("output").__name__ == "mockwise.cli.output"
    assert gc.get_freeze_count() == before
    gc.disable()
    try:
        load("output")
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
        gc.enable()


@pytest.mark.parametrize("fails", [False, True])
def test_other_peoples_models_are_as_ever(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is defined while a server's module comes in is deferred, whether that comes in or not."""
    made: list[type[BaseModel]] = []

    def imported(_: str) -> ModuleType:
        made.append(new_model())
        if fails:
            raise ImportError
        return sys.modules[__name__]

    with monkeypatch.context() as patched:
        patched.setattr(importlib, "import_module", imported)
        try:
            load("serve")
        except ImportError:
            assert fails
    made.append(new_model())
    assert [model.__pydantic_complete__ for model in made] == [False, True]
    assert [model.model_validate({"number": "1"}).model_dump() for model in made] == [{"number": 1}] * 2


def test_the_document_is_whole_though_its_models_come_late(tmp_path: Path) -> None:
    """A served mock describes its control API as one does in whose process nothing is deferred."""
    with served(tmp_path) as mock:
        document = httpx.get(mock.environ["MOCKWISE_CONTROL_URL"] + "/openapi.json").json()
    assert document == DOCUMENT | {"info": DOCUMENT["info"] | {"version": document["info"]["version"]}}
