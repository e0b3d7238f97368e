"""Faults as a test arms them: in Python, by the settings, by a marker."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mockwise import Drop, InvalidValueError, MockWise, Pass, Respond, Sandbox
from mockwise.cli.config_file import read_config_file
from mockwise.settings import read_settings
from tests.api_calls import ask


def test_faults_belong_to_their_sandbox(mockwise: Sandbox, mockwise_server: MockWise) -> None:
    """Another one on the same server knows nothing of them."""
    mockwise.arm(Respond(503, times=2))
    with mockwise_server.sandbox() as other:
        assert ask(other).status_code == 200
    assert [ask(mockwise).status_code for _ in range(3)] == [503, 503, 200]
    assert [it.fault for it in mockwise.exchanges] == ["respond", "respond", None]


def test_faults_of_the_options_are_armed_again_at_a_reset(mockwise_server: MockWise) -> None:
    """Each a fault or its table; what was armed since is gone."""
    with mockwise_server.sandbox(faults=[Respond(503), {"fault": "respond", "status": 500}]) as box:
        assert [ask(box).status_code for _ in range(3)] == [503, 500, 200]
        box.arm(Drop())
        box.reset()
        assert [ask(box).status_code for _ in range(3)] == [503, 500, 200]
    with mockwise_server.sandbox(faults=Respond(503)) as box:
        assert [it.fault for it in box.faults] == [Respond(503)]
    with pytest.raises(InvalidValueError, match="faults: respond: status: 400 to 599: 200"):
        mockwise_server.sandbox(faults=[{"fault": "respond", "status": 200}])


def test_a_settings_file_has_faults_as_tables(tmp_path: Path) -> None:
    """In the one vocabulary; a mistake is named with its line."""
    file = tmp_path / "m.toml"
    file.write_text('[[faults]]\nfault = "drop"\nat = "body"\nlasts = "15m"\n\n[[faults]]\nfault = "pass"\n')
    settings = read_settings(read_config_file(file))
    assert settings.faults == (Drop("body", lasts=timedelta(minutes=15)), Pass())
    assert settings.but({"hints": False}).faults == settings.faults
    file.write_text('\n[[faults]]\nfault = "drp"\n')
    with pytest.raises(
        InvalidValueError, match=r"m\.toml:2: faults: there is no fault 'drp'\. Did you mean 'drop'"
    ):
        read_config_file(file)


def test_what_did_not_happen_is_named(mockwise: Sandbox) -> None:
    """By its table, with how often it happened; what was disarmed is not asked for."""
    mockwise.assert_faults_spent()
    mockwise.arm(Respond(503, times=2), Drop("body", share=0.5, path="/v1/*"), Pass())
    mockwise.disarm(3)
    ask(mockwise)
    with pytest.raises(AssertionError) as caught:
        mockwise.assert_faults_spent()
    assert str(caught.value).splitlines() == [
        "faults were armed and did not happen:",
        "  1: respond status=503 times=2  (happened 1 of 2)",
        "  2: drop at=body 'path=/v1/*' share=0.5  (happened 0 of 1)",
    ]
    ask(mockwise)
    mockwise.disarm(2)
    mockwise.assert_faults_spent()


@pytest.mark.mockwise(faults=[Respond(503)], unspent_faults="fail")
def test_a_marker_arms_faults(mockwise: Sandbox) -> None:
    """A marker arms faults for its test alone."""
    assert mockwise.unspent_faults == "fail"
    assert [ask(mockwise).status_code for _ in range(2)] == [503, 200]
