"""The benchmark's table of rows, its peers and its picture. Nothing here takes a time."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.benchmark.__main__ import ROWS, UNASKED, chosen
from tests.benchmark.chart import draw
from tests.benchmark.figures import Limit, Row, Spread
from tests.benchmark.peers import install, table
from tests.benchmark.peers.install import UnavailablePeer, reason, run

_BESIDE = Row(
    name="a <fast> & good row",
    unit="a second",
    figure=Spread.of([6.0, 8.0, 9.0]),
    floor=Spread.of([10.0, 10.0, 10.0]),
    bars=(Limit("at least", 0.7, "ratio"),),
)
_ABSENT = Row(name="nobody", unit="not measured", figure=None, note="npm is not installed")


def test_every_row_of_the_design_has_a_measurement() -> None:
    """All but malformed input, which is what tests are for."""
    of_the_design = {
        "keep-alive",
        "handshakes",
        "cold",
        "in-process",
        "sandboxes",
        "stop",
        "memory",
        "plugin",
    }
    assert of_the_design | {UNASKED} <= set(ROWS)


@pytest.mark.parametrize(
    ("words", "others_too"),
    [([], False), (["--peers"], True), (["--only", UNASKED], True), (["--only", "cold"], False)],
)
def test_peers_are_measured_only_when_they_are_named(words: list[str], others_too: bool) -> None:
    """They are other people's packages, to be installed first [the command's help]."""
    assert (UNASKED in chosen(words)) is others_too


def test_a_named_row_is_measured_alone() -> None:
    """With peers after it, if they are asked for too [the command's help]."""
    assert chosen(["--only", "cold"]) == ["cold"]
    assert chosen(["--only", "cold", "--peers"]) == ["cold", UNASKED]


def test_peers_are_distinct_and_their_adapters_exist() -> None:
    """Two ways of starting one package have two labels [table]."""
    labels = [peer.label for peer in table.PEERS]
    assert len(set(labels)) == len(labels)
    here = Path(table.__file__).parent
    for peer in table.PEERS:
        adapters = [word.partition("/")[2] for word in peer.start if word.startswith(("{here}", "{home}"))]
        assert all((here / adapter).is_file() for adapter in adapters), peer.label
        assert not peer.copied or f"{{home}}/{peer.copied}" in peer.start, peer.label


def test_the_words_of_a_command_name_only_known_places() -> None:
    """Those that the table's own docstring lists [table]."""
    places = dict.fromkeys(("bin", "home", "work", "here", "port", "certs"), "x")
    for peer in table.PEERS:
        start, prepare, environment = install.spelled(peer, places)
        words = [*start, *(word for words in prepare for word in words)]
        words += [environment[name] for name in peer.environment]
        assert not [word for word in words if "{" in word], peer.label


def test_a_tool_that_is_missing_or_fails_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    """Those that a machine cannot install are reported as such."""
    with pytest.raises(UnavailablePeer, match="no-such-tool is not installed"):
        run(["no-such-tool"], folder=tmp_path)
    with pytest.raises(UnavailablePeer, match="said: ls: "):
        run(["ls", str(tmp_path / "missing")], folder=tmp_path)


def test_a_reason_names_no_address_of_the_machines_network() -> None:
    """What is written down may be shown to others [the project's rules]."""
    assert (
        reason("ERROR: cannot fetch https://somewhere.invalid/simple/x\nhint\n")
        == "ERROR: cannot fetch (address)"
    )
    npm = "npm error code E404\nnpm error 404 Not Found - GET https://x.invalid/y - gone\nnpm error A log: /home/z\n"
    assert reason(npm) == "npm error 404 Not Found - GET (address) - gone"
    assert reason("") == "nothing"


def test_ratios_are_those_of_neighbours_and_their_median_is_judged() -> None:
    """As the benchmark's docstring says [tests.benchmark]."""
    assert _BESIDE.ratio is not None
    assert _BESIDE.ratio.samples == (0.6, 0.8, 0.9)
    assert _BESIDE.reached is True
    assert Limit("at least", 0.7, "ratio").holds(0.69) is False
    assert Limit("at most", 1.5, "ratio").holds(1.51) is False


def test_what_was_not_measured_is_a_row_without_a_verdict() -> None:
    """It says why instead."""
    assert _ABSENT.reached is None
    assert _ABSENT.as_json()["figure"] is None
    assert _ABSENT.as_json()["note"] == "npm is not installed"


def test_the_chart_is_well_formed_and_shows_each_ratio_with_its_verdict() -> None:
    """A small chart, whatever the rows are called."""
    figure = Row(
        name="of its own", unit="ms", figure=Spread.of([12.0]), bars=(Limit("at most", 10.0, "figure"),)
    )
    picture = ET.fromstring(draw({"keep-alive": [_BESIDE, figure], "peers": [_BESIDE, _ABSENT]}))
    texts = ["".join(each.itertext()) for each in picture.iter() if each.tag.endswith("}text")]
    assert texts.count("a <fast> & good row") == 2
    assert "0.80 \N{MULTIPLICATION SIGN}, reached: at least 0.7" in texts
    assert "12 of 10 ms, missed" in texts
    assert "nobody" not in texts


def test_a_chart_of_nothing_is_still_a_picture() -> None:
    """Ctrl-C may come before the first row is done."""
    assert ET.fromstring(draw({})).tag.endswith("}svg")
