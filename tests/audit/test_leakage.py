"""Whether secrets travel where they belong (RFC 6749 section 2.3.1, RFC 9700 section 4.3.2)."""

from __future__ import annotations

import pytest

from tests.audit.journal_builder import JournalBuilder, levels, only


@pytest.mark.parametrize("name", ["client_secret", "access_token", "refresh_token", "token", "Client-Secret"])
def test_a_secret_in_a_query_is_an_error(name: str) -> None:
    """By its name; the journal shows no value."""
    builder = JournalBuilder()
    builder.call(None, query=f"a=1&{name}=***")
    assert levels(builder.findings) == {"secret-in-query": "error"}
    assert only(builder.findings).what == f"1 request with the query parameter {name}"


def test_other_parameters_are_none() -> None:
    """`code` and `state` belong there (RFC 6749 section 4.1.2), and an empty value is no secret."""
    builder = JournalBuilder()
    builder.call(None, query="client_id=app&code=***&state=***&tokenFormat=jwt&access_token=")
    assert builder.broken == []


@pytest.mark.parametrize(
    "body", ["grant_type=client_credentials&client_secret=***", '{"client_secret":"***","a":1}']
)
def test_a_secret_in_the_body_is_a_warning(body: str) -> None:
    """In a form or in JSON, beside Basic or instead."""
    builder = JournalBuilder()
    for _ in range(2):
        builder.ask(status=200, request_body=body)
    assert levels(builder.findings) == {"secret-in-body": "warning"}
    assert only(builder.findings).what == "2 requests with the body parameter client_secret"


@pytest.mark.parametrize(
    "body", ["grant_type=refresh_token&refresh_token=***", "{", '{"a":1}', "<12 bytes>", ""]
)
def test_what_belongs_into_the_body_is_none(body: str) -> None:
    """Only the secret does not; the API's bodies are its own."""
    builder = JournalBuilder()
    builder.ask(status=200, request_body=body)
    builder.call(None, request_body="password=***")
    assert builder.broken == []


@pytest.mark.parametrize(
    ("ways", "what"),
    [
        (["form"], "1 request with id or secret form-encoded"),
        (["raw"], "1 request with id or secret sent as they are, which form-decoding changes"),
        (
            ["form", "raw", "form"],
            "3 requests with id or secret form-encoded or sent as they are, which form-decoding changes",
        ),
    ],
)
def test_a_secret_that_is_read_in_one_way_alone_is_a_note(ways: list[str], what: str) -> None:
    """Which of the two Wise wants is UNKNOWN (docs/wise/errors.md#order-of-checks i)."""
    builder = JournalBuilder()
    for way in ways:
        builder.ask(status=200, basic_encoding=way)
    assert levels(builder.findings) == {"secret-encoding": "note"}
    assert only(builder.findings).what == what


@pytest.mark.parametrize("grant", ["authorization_code", "registration_code"])
def test_a_grant_of_a_code_without_client_id_is_a_note(grant: str) -> None:
    """Where the mock lets it through; Wise documents it (docs/wise/token-endpoint.md#parameters)."""
    builder = JournalBuilder()
    builder.ask(status=200, grant_type=grant, request_body=f"grant_type={grant}&code=***")
    builder.ask(status=200, grant_type=grant, request_body=f"grant_type={grant}&client_id=&code=***")
    assert levels(builder.findings) == {"client-id-left-out": "note"}
    assert only(builder.findings).what == "2 requests of these grants without it"


def test_other_grants_and_refusals_need_no_client_id() -> None:
    """What was refused said so already."""
    builder = JournalBuilder()
    builder.ask(status=200, grant_type="refresh_token", request_body="grant_type=refresh_token")
    builder.ask(status=400, grant_type="authorization_code", request_body="grant_type=authorization_code")
    builder.ask(
        status=200,
        grant_type="authorization_code",
        request_body="grant_type=authorization_code&client_id=app",
    )
    assert builder.broken == []
