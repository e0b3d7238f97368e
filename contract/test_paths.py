"""Under which paths things are served."""

from __future__ import annotations

from . import sources
from .rulebook import not_applicable, rule
from .wise import PLAYGROUND, Wise, bearer


@rule("paths.quarterly-token", label="DOCUMENTED", source=sources.OPENAPI, facts="1.1, 5.4")
def test_quarterly_token(wise: Wise) -> None:
    """The token endpoint is also reached under a quarterly version, `/2026Q3/oauth/token`."""
    assert wise.ask_token("/2026Q3/oauth/token").status_code == 200


@rule("paths.later-quarters", label="DOCUMENTED", source=sources.VERSIONS, facts="5.4")
def test_later_quarters(wise: Wise) -> None:
    """So it is under `2026Q4` and the preview `2027Q1`."""
    for version in ("2026Q4", "2027Q1"):
        assert wise.ask_token(f"/{version}/oauth/token").status_code == 200, version


@rule("paths.versions-share-tokens", label="INFERRED", source=sources.VERSIONS, facts="5.4")
def test_versions_share_tokens(wise: Wise) -> None:
    """A token of the plain endpoint opens a quarterly path, in which the resource's own number is gone."""
    key = wise.target.client_key
    if key is None:
        not_applicable("the client key is not known: set MOCKWISE_CLIENT_KEY")
    assert wise.call(f"/2026Q3/applications/{key}/subscriptions").status_code == 200


@rule("paths.no-fifth-quarter", label="mock-only", source=sources.MOCKWISE, facts="5.4")
def test_no_fifth_quarter(wise: Wise) -> None:
    """A version that is no quarter is not found."""
    assert wise.ask_token("/2026Q5/oauth/token").status_code == 404


@rule("paths.unknown", label="INFERRED", source=f"{sources.ERRORS}: 404 is among the statuses", facts="5.1")
def test_unknown(wise: Wise) -> None:
    """A path that nobody serves is not found, for a live token too."""
    assert wise.call("/v1/mockwise-contract").status_code == 404


@rule("paths.wrong-number", label="mock-only", source=sources.MOCKWISE, facts="5.4")
def test_wrong_number(wise: Wise) -> None:
    """A resource lives under its own number only."""
    assert (
        wise.ask("GET", PLAYGROUND.replace("v1", "v2"), headers=bearer(wise.access_token)).status_code == 404
    )
