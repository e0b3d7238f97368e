from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.web.control.control_app import ControlApp

DOCUMENT: dict[str, Any] = ControlApp().request("GET", "/openapi.json").json()
OPERATIONS = [
    (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]


def test_the_page_works_offline(control: httpx.Client) -> None:
    """Everything that /docs loads comes from this host, out of a package."""
    page = control.get("/docs")
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert len(loaded) == 3
    assert "//" not in re.sub(r"(?m)^\s*//.*$|<!--.*?-->", "", page.text)
    for path in loaded:
        asset = control.get(path)
        assert asset.status_code == 200
        assert asset.content
        assert "no-store" not in asset.headers["cache-control"]
    assert control.get("/docs/swagger-ui.css").headers["content-type"].startswith("text/css")


def test_the_root_leads_to_the_page(control: httpx.Client) -> None:
    """The hub of the default sandbox."""
    answer = control.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/hub/default")


def test_the_document_says_what_it_is() -> None:
    """Title, version, and a warning that this is for testing only."""
    assert DOCUMENT["openapi"].startswith("3.1")
    assert DOCUMENT["info"]["version"] == "1.2.3"
    assert "For testing only" in DOCUMENT["info"]["description"]
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"client", "control token"}


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=lambda it: it if isinstance(it, str) else ""
)
def test_every_operation_is_explained(method: str, path: str, operation: dict[str, Any]) -> None:
    """A summary, a description and a tag; mistakes by the one model."""
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert operation["tags"]
    if operation["tags"] == ["OAuth standards"]:
        return
    if path == "/health":
        assert "security" not in operation
        assert set(operation["responses"]) == {"200", "403"}
        return
    for status in {"401", "403", "422"} | ({"404"} if "{name}" in path else set()):
        schema = operation["responses"][status]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith("/ErrorResponse"), (method, path, status)


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_model_is_explained(name: str) -> None:
    """Models have a description, and FastAPI's own error models are not among them."""
    assert DOCUMENT["components"]["schemas"][name]["description"]
    assert "ValidationError" not in name
