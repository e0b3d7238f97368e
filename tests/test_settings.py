"""Settings: what may be said, and what is said of mistakes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mockwise import MockWise
from mockwise.errors import InvalidValueError
from mockwise.settings import SANDBOX_OPTIONS, Settings, read_settings, sandbox_settings
from mockwise.state.options import SandboxOptions
from mockwise.state.stubs import make_stub
from mockwise.state.users import UserSpec


def test_every_switch_of_a_sandbox_is_a_setting_with_the_same_default() -> None:
    """An option is one field: a sandbox's defaults are the settings' defaults."""
    assert Settings().sandbox_options() == SandboxOptions(seed=0)
    assert set(SandboxOptions.model_fields) <= SANDBOX_OPTIONS <= set(Settings.model_fields)


def test_every_setting_is_explained() -> None:
    """The help text and the README come from the descriptions."""
    assert all((field.description or "").endswith(".") for field in Settings.model_fields.values())


@pytest.mark.parametrize("written", ["90s", "1m30s", "PT1M30S", timedelta(seconds=90)])
def test_a_lifetime_may_be_written_in_several_ways(written: str | timedelta) -> None:
    """The short form, ISO 8601 and a timedelta say the same."""
    assert read_settings({"token_lifetime": written}).token_lifetime == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"token_lifetim": "1h"}, "there is no option 'token_lifetim'. Did you mean 'token_lifetime'?"),
        ({"zzz": 1}, "there is no option 'zzz'. There are: basic_encoding, certificate_clock, "),
        ({"token_lifetime": "soon"}, "token_lifetime: not a duration: 'soon'. Write for example 12h"),
        ({"token_lifetime": "0s"}, "token_lifetime: a token lives at least one second"),
        (
            {"token_format": "saml"},
            "token_format: Input should be 'jwt', 'jwe', 'uuid' or 'random' (given: 'saml')",
        ),
        ({"client_id": "a:b"}, "client_id: a client id has no colon"),
        (
            {"public_host": ["https://mock:8443"]},
            "public_host.0: write a host name or an address, without https://",
        ),
        ({"host": "https://mock"}, "host: write a host name or an address"),
        ({"control_host": "two..dots"}, "control_host: write a host name or an address"),
        ({"public_host": ["x" * 300]}, "public_host.0: write a host name"),
        ({"mtls_port": 65536}, "mtls_port: Input should be less than or equal to 65535 (given: 65536)"),
        ({"mtls_port": -1, "journal_size": -1}, "; journal_size: "),
        ({"rate_limit": "fast"}, "rate_limit: write off, documented, or figures such as 10/s"),
        ({"redirect_uri": "/callback"}, "redirect_uri.0: a redirect URI is an absolute http or https URL"),
        ({"versions": "v1"}, "versions.0: a version is a year and a quarter, such as 2026Q4: 'v1'"),
        ({"refresh_refusal": "500"}, "refresh_refusal: Input should be 400, 401 or 403 (given: 500)"),
        ({"upstream": "ftp://a"}, "upstream: an upstream is an http or https URL"),
        ({"users": [{"email": "ann"}]}, "users: an e-mail address has an @"),
        ({"users": [{"email": "a@b.c"}, {"email": "A@b.c"}]}, "users: two users have one e-mail address"),
        (
            {"users": [{"email": "a@b.c", "age": 7}]},
            "users.0: a user has business, email, first_name, last_name",
        ),
        ({"users": [7]}, "users.0"),
        ({"stubs": "/v1/transfers"}, "stubs: stubs is a list of tables"),
        ({"stubs": [{"path": "/v1/transfers"}]}, "stubs: a stub is a table with method, path"),
        ({"stubs": [{"method": "GET", "path": "/v1/x", "status": "200"}]}, "stubs: "),
        (
            {"stubs": [{"method": "GET", "path": "/v1/x", "headers": 7}]},
            "stubs: in a stub, status is a number",
        ),
        ({"stubs": [{"method": "GET", "path": "/oauth/token"}]}, "stubs: the mock itself serves"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(options: dict[str, Any], said: str) -> None:
    """One line says which option, what is wrong and what to write instead; all mistakes at once."""
    with pytest.raises(InvalidValueError) as caught:
        read_settings(options)
    assert said in str(caught.value)


@pytest.mark.parametrize("secret", [5, "hidden\0"])
def test_a_secret_is_never_repeated(secret: object) -> None:
    """An error about a secret does not show it."""
    with pytest.raises(InvalidValueError, match="client_secret: ") as caught:
        read_settings({"client_secret": secret})
    assert "hidden" not in str(caught.value)
    assert "5" not in str(caught.value)
    assert "hidden" not in repr(read_settings({"client_secret": "hidden"}))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        *(
            ({"state": state}, "state: ")
            for state in (
                "postgres://me:hunter2@db/0",
                "redis://me:hunter2@[::1",
                "x://me:hun/?ter2 hunter2@db",
                7.2,
            )
        ),
        ({"state": ["redis://me:hunter2@db"]}, "state: Input should be a valid string"),
        ({"control_token": ["hunter2"]}, "control_token: Input should be a valid string"),
        ({"client_secret": {"value": "hunter2"}}, "client_secret: Input should be a valid string"),
        ({"client_id": "me:hunter2"}, "client_id: a client id has no colon"),
        ({"upstream": "https://me:hunter2@api"}, "'https://***@api'"),
        ({"upstream": "me:hunter2@api"}, "'***@api'"),
        ({"upstream": "https://api/v1?key=hunter2"}, "'https://api/v1?***'"),
        ({"redirect_uri": "ftp://me:hunter2@app/#hunter2"}, "'ftp://***@app/?***'"),
        ({"stubs": [{"path": "/v1/x", "body": "hunter2"}]}, "this one has path, body"),
        ({"stubs": [{"method": "GET", "path": "/v1/x", "headers": "hunter2"}]}, "has method, path, headers"),
        ({"stubs": ["hunter2"]}, "this is a str"),
        ({"users": [{"email": "a@b.c", "password": "hunter2"}]}, "this one has email, password"),
    ],
)
def test_no_mistake_quotes_what_may_be_a_secret(options: dict[str, Any], said: str) -> None:
    """A password in a URL, an option that is secret whatever type it came as, a table of a settings file."""
    with pytest.raises(InvalidValueError) as caught:
        read_settings(options)
    assert said in str(caught.value)
    assert "hun" not in str(caught.value)
    assert "7.2" not in str(caught.value)


def test_a_dictionary_in_place_of_options_is_not_quoted() -> None:
    """Its values may be secrets."""
    with pytest.raises(InvalidValueError, match=r"write options by name, .*, not a dict$"):
        MockWise({"client_secret": "hunter2"})  # type: ignore[arg-type]


def test_a_sandbox_may_differ_from_its_mock() -> None:
    """A sandbox takes its mock's settings with changes, and never its mock's client."""
    mock = read_settings(
        {"client_id": "mine", "client_secret": "s", "token_format": "uuid", "mtls": "optional"}
    )
    box = sandbox_settings(mock, {"token_format": "random"})
    assert (box.client_id, box.client_secret, box.token_format, box.mtls) == (
        None,
        None,
        "random",
        "optional",
    )
    assert sandbox_settings(mock, {"client_id": "own"}).client_id == "own"


def test_what_belongs_to_the_mock_is_no_option_of_a_sandbox() -> None:
    """A sandbox has no port of its own, and the error says what it has."""
    with pytest.raises(InvalidValueError, match="there is no option of a sandbox 'mtls_port'"):
        sandbox_settings(Settings(), {"mtls_port": 1})


def test_users_and_stubs_are_tables() -> None:
    """As a settings file has them, and as Python has them (`but` reads them again)."""
    tables = {
        "users": [{"email": "bea@example.com", "business": "Bea's"}],
        "stubs": [{"method": "post", "path": "/v1/transfers", "json": {"id": 1}}],
    }
    settings = read_settings(tables)
    assert settings.users == (UserSpec(email="bea@example.com", business="Bea's"),)
    assert settings.stubs == (make_stub("POST", "/v1/transfers", json={"id": 1}),)
    again = settings.but({"token_lifetime": "1h"})
    assert (again.users, again.stubs) == (settings.users, settings.stubs)


@pytest.mark.parametrize("written", [401, "401"])
def test_a_status_may_be_text(written: object) -> None:
    """A flag and a variable are text."""
    assert read_settings({"refresh_refusal": written}).refresh_refusal == 401


def test_a_strict_sandbox_reads_basic_as_it_is_unless_told_otherwise() -> None:
    """Id as user and secret as password are DOCUMENTED, and no encoding; taking both hides a bug (docs/wise/developer-hub.md#encoding-of-the-secret-in-http-basic i)."""
    assert Settings().sandbox_options().basic_encoding == "either"
    assert Settings(strict=True).sandbox_options().basic_encoding == "raw"
    for said in ("either", "raw", "form"):
        assert (
            read_settings({"strict": True, "basic_encoding": said}).sandbox_options().basic_encoding == said
        )


def test_a_seed_is_drawn_for_strict_sandboxes_alone() -> None:
    """Scenarios are the same in each run unless a seed is said; what is strict varies from run to run."""
    assert Settings(scenario=("flaky",)).sandbox_options(5).seed == 0
    assert Settings(strict=True).sandbox_options(5).seed == 5
    assert (
        Settings(strict=True, seed=3).sandbox_options(5).seed == Settings(seed=3).sandbox_options(5).seed == 3
    )
    with pytest.raises(InvalidValueError, match="seed: "):
        read_settings({"seed": -1})
    assert read_settings({"seed": "7", "strict": "yes"}).sandbox_options().seed == 7


def test_a_scenario_needs_its_options() -> None:
    """It has them unless something else is said; of two that disagree the later wins (scenarios)."""
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    mock = read_settings({"token_lifetime": "1h", "scenario": "short-lived"})
    assert mock.sandbox_options().token_lifetime == hour
    assert (
        sandbox_settings(mock, {"scenario": ["short-lived", "flaky"]}).sandbox_options().token_lifetime
        == minute
    )
    assert sandbox_settings(mock, {"scenario": []}).sandbox_options().scenario == ()
    assert read_settings({"scenario": "short-lived"}).sandbox_options().token_lifetime == minute
    with pytest.raises(InvalidValueError, match=r"scenario\.0: there is no scenario 'short'"):
        sandbox_settings(mock, {"scenario": "short"})
