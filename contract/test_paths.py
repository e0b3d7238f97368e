"""Under which paths things are served."""

from __future__ import annotations

import httpx

from . import sources
from .rulebook import not_applicable, rule
from .target_client import NOWHERE, PLAYGROUND, UNKNOWN_TOKEN, TargetClient, bearer, members_of


@rule(
    "paths.quarterly-token",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="token-endpoint.md#request, errors.md#versions",
)
def test_quarterly_token(wise: TargetClient) -> None:
    """The token endpoint is also reached under a quarterly version, `/2026Q3/oauth/token`."""
    assert wise.ask_token("/2026Q3/oauth/token").status_code == 200


@rule("paths.later-quarters", label="DOCUMENTED", source=sources.VERSIONS, known="errors.md#versions")
def test_later_quarters(wise: TargetClient) -> None:
    """So it is under the next one, `2026Q4`; whether previews answer calls is not known."""
    assert wise.ask_token("/2026Q4/oauth/token").status_code == 200


@rule(
    "paths.unknown-version",
    label="OBSERVED",
    source=sources.PROBED_AGAIN,
    known="operations.md#open-operations, errors.md#versions",
)
def test_unknown_version(wise: TargetClient) -> None:
    """A version that Wise did not publish is not found, nor is what is no version at all."""
    for version in ("9999Q1", "bogus-version-zzz"):
        assert wise.ask("GET", f"/{version}/currencies").status_code == 404, version


@rule(
    "paths.unknown-version-token",
    label="INFERRED",
    source=sources.PROBED_AGAIN,
    known="operations.md#open-operations, errors.md#versions",
)
def test_unknown_version_token(wise: TargetClient) -> None:
    """Nor is the token endpoint under one."""
    assert wise.ask_token("/9999Q1/oauth/token").status_code == 404


@rule("paths.versions-share-tokens", label="INFERRED", source=sources.VERSIONS, known="errors.md#versions")
def test_versions_share_tokens(wise: TargetClient) -> None:
    """A token of the plain endpoint opens a quarterly path, in which the resource's own number is gone."""
    key = wise.target.client_key
    if key is None:
        not_applicable("the client key is not known: set MOCKWISE_CLIENT_KEY")
    assert wise.call(f"/2026Q3/applications/{key}/subscriptions").status_code == 200


@rule("paths.no-fifth-quarter", label="mock-only", source=sources.MOCKWISE, known="errors.md#versions")
def test_no_fifth_quarter(wise: TargetClient) -> None:
    """A version that is no quarter is not found."""
    assert wise.ask_token("/2026Q5/oauth/token").status_code == 404


@rule(
    "paths.unknown",
    label="INFERRED",
    source=f"{sources.ERRORS}: 404 is among the statuses",
    known="errors.md#shapes",
)
def test_unknown(wise: TargetClient) -> None:
    """A path that nobody serves is not found, for a live token too."""
    assert wise.call(NOWHERE).status_code == 404


@rule("paths.unknown-without-token", label="OBSERVED", source=sources.PROBED, known="errors.md#missing-token")
def test_unknown_without_token(wise: TargetClient) -> None:
    """Without a token such a path is not found, and not forbidden."""
    assert wise.nowhere.status_code == 404


@rule(
    "paths.unknown-words",
    label="OBSERVED",
    source=sources.PROBED,
    known="errors.md#missing-token, sources.md#newer-sources",
)
def test_unknown_words(wise: TargetClient) -> None:
    """It is told `status`, which is a text, `message` and `error`: `404`, `Resource not found`, `Not Found`."""
    if wise.nowhere.status_code != httpx.codes.NOT_FOUND:
        not_applicable(f"it was found: status {wise.nowhere.status_code}")
    told = members_of(wise.nowhere)
    assert told == {"status": "404", "message": "Resource not found", "error": "Not Found"}


@rule("paths.unknown-bad-token", label="OBSERVED", source=sources.PROBED, known="errors.md#order-of-checks")
def test_unknown_bad_token(wise: TargetClient) -> None:
    """A token that nobody issued is refused before the path is looked at: 401 `invalid_token`."""
    answer = wise.ask("GET", NOWHERE, headers=bearer(UNKNOWN_TOKEN))
    assert answer.status_code == 401
    assert members_of(answer).get("error") == "invalid_token"


@rule(
    "paths.one-time-token", label="OBSERVED", source=sources.PROBED_LATER, known="errors.md#order-of-checks"
)
def test_one_time_token(wise: TargetClient) -> None:
    """One-time tokens are not found without a token, though their paths are documented."""
    for version in ("v1", "2026Q3"):
        assert wise.ask("GET", f"/{version}/one-time-token/status").status_code == 404, version


@rule("paths.wrong-number", label="mock-only", source=sources.MOCKWISE, known="errors.md#versions")
def test_wrong_number(wise: TargetClient) -> None:
    """What is documented under one number is not found under another.

    That some resources of Wise's were seen to answer under both v1 and v2 is not followed.
    """
    assert (
        wise.ask("GET", PLAYGROUND.replace("v1", "v2"), headers=bearer(wise.access_token)).status_code == 404
    )
