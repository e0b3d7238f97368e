"""Tests that stop or move Python's clocks, as most that are about expiry do: sandboxes follow, TLS and timers do not.

OpenSSL judges certificates by the system's clock, whatever Python is told.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
import time_machine
from freezegun import freeze_time

from mockwise import Delay, MockWise, Sandbox, real_time
from mockwise.client import WiseAuth
from mockwise.pki.folder import CertificateFolder, FolderError
from mockwise.real_time import monotonic, real_now
from tests.frozen_clocks import PATIENCE, all_is_well, refused, started, token

PLAYGROUND = "/v1/authenticated/playground"

Frozen = Callable[[str], AbstractContextManager[object]]
LIBRARIES: dict[str, Frozen] = {
    "freezegun": freeze_time,
    "freezegun, asyncio real": lambda to: freeze_time(to, real_asyncio=True),
    "time-machine": time_machine.travel,
}
every_library = pytest.mark.parametrize("frozen", LIBRARIES.values(), ids=LIBRARIES)
every_time = pytest.mark.parametrize("time", ["2001-09-09", "2049-12-31"])
every_loop = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


@every_loop
@every_time
@every_library
def test_a_mock_that_starts_while_the_clock_is_moved_is_whole_then_and_afterwards(
    frozen: Frozen, time: str, loop: str
) -> None:
    """Past and future; and nothing that was made then fails later."""
    with frozen(time), started(loop) as mock:  # type: ignore[arg-type]  # one of the two
        all_is_well(mock)


@every_library
def test_a_mock_that_runs_while_the_clock_is_moved_and_moved_back_stays_whole(frozen: Frozen) -> None:
    """As a session's mock does, under tests that are decorated."""
    with MockWise(loop="asyncio") as mock:
        all_is_well(mock)
        for time in ("2001-09-09", "2049-12-31"):
            with frozen(time):
                mock.rotate_server_certificate()
                box = mock.sandbox()
                assert token(box).status_code == 200
            assert token(box).status_code == 200
        all_is_well(mock)


@every_loop
@pytest.mark.parametrize(
    "frozen",
    ["freezegun.freeze_time('2020-01-01')", "time_machine.travel('2040-01-01')"],
    ids=["freezegun", "time-machine"],
)
def test_mockwise_may_first_be_imported_while_the_clock_is_moved(frozen: str, loop: str) -> None:
    """A module keeps what it imported then; none may keep a clock that stands still."""
    program = (
        f"import sys, freezegun, time_machine\n"
        f"assert 'mockwise' not in sys.modules\n"
        f"with {frozen}:\n"
        f"    from tests.frozen_clocks import all_is_well, started\n"
        f"    with started({loop!r}) as mock:\n"
        f"        all_is_well(mock)\n"
        f"with started({loop!r}) as mock:\n"
        f"    all_is_well(mock)\n"
        f"with {frozen}, started({loop!r}) as mock:\n"
        f"    all_is_well(mock)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=6 * PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@every_library
def test_certificates_that_a_folder_keeps_are_judged_by_the_real_time(frozen: Frozen, tmp_path: Path) -> None:
    """A start while the clock is moved neither renews what is good nor keeps what has ended."""
    with MockWise(certs=tmp_path / "certs") as mock:
        before = mock.default.cert_file.read_bytes()
    for time in ("2001-09-09", "2049-12-31"):
        with frozen(time), MockWise(certs=tmp_path / "certs") as mock:
            assert mock.default.cert_file.read_bytes() == before
            assert token(mock.default).status_code == 200


@every_library
def test_a_certificate_above_tls_is_judged_by_the_real_time(frozen: Frozen) -> None:
    """Where refused handshakes are answered in HTTP the mock judges, and not OpenSSL."""
    with frozen("2001-09-09"), MockWise(handshake_refusals="http") as mock:
        box = mock.default
        assert token(box).status_code == 200
        box.renew_certificate(valid_until=timedelta(days=-1))
        answer = token(box)
        assert (answer.status_code, "expired" in answer.headers["x-mockwise-reason"]) == (401, True)


@every_library
def test_the_state_in_a_file_is_kept_while_the_clock_is_moved(frozen: Frozen, tmp_path: Path) -> None:
    """Times are written and read whatever class they are of."""
    certs, state = tmp_path / "certs", str(tmp_path / "state.db")
    with frozen("2030-01-01"), MockWise(certs=certs, state=state) as mock:
        access = token(mock.default).json()["access_token"]
        mock.default.freeze()
    with MockWise(certs=certs, state=state) as mock:
        assert mock.default.now.year == 2030
        assert call(mock.default, access).status_code == 200


@every_library
def test_a_token_dies_as_the_process_s_clock_is_moved(frozen: Frozen, mockwise: Sandbox) -> None:
    """One clock moves client and mock; back in time the token lives again."""
    with frozen("2030-01-01T00:00:00Z"):
        access = token(mockwise).json()["access_token"]
        assert call(mockwise, access).status_code == 200
    for time, status in (
        ("2030-01-01T11:30:00Z", 200),
        ("2030-01-01T12:30:00Z", 401),
        ("2030-01-01T01:00:00Z", 200),
    ):
        with frozen(time):
            assert call(mockwise, access).status_code == status


@every_library
def test_the_reference_client_looks_its_clock_up_at_each_call(frozen: Frozen, mockwise: Sandbox) -> None:
    """And not at its import: client and mock agree that 13 hours have passed, in either way of moving one clock."""
    own = WiseAuth(mockwise.client_id, mockwise.client_secret)
    with httpx.Client(base_url=mockwise.mtls_url, verify=mockwise.ssl_context(), auth=own) as client:
        for time in ("2030-01-01T00:00:00Z", "2030-01-01T13:00:00Z"):
            with frozen(time):
                assert client.get(PLAYGROUND).status_code == 200
    with frozen("2030-01-01T00:00:00Z"), mockwise.client() as client:
        assert client.get(PLAYGROUND).status_code == 200
        mockwise.advance("13h")
        assert client.get(PLAYGROUND).status_code == 200
    mockwise.assert_token_requests(4)
    mockwise.assert_no_refusals()


@every_library
def test_what_is_told_of_the_real_time_is_real(frozen: Frozen, mockwise_own: MockWise) -> None:
    """The `date` header, refused handshakes, and when and how long requests were served, which the audit measures."""
    box = mockwise_own.default
    began = stamp(box.cert_file)
    with frozen("2001-09-09"):
        box.arm(Delay(0.05))
        answer = token(box)
        box.renew_certificate(valid_until=timedelta(days=-1))
        assert refused(mockwise_own, box) == "certificate_expired"
    dated = parsedate_to_datetime(answer.headers["date"])
    exchange = box.exchanges[-1]
    for time in (dated + timedelta(seconds=1), exchange.wall_time, mockwise_own.handshakes[-1].time):
        assert began <= time < began + timedelta(minutes=5)
    assert exchange.time.year == 2001
    assert max(it.duration for it in box.exchanges) >= timedelta(milliseconds=50)


def test_a_folder_that_another_process_holds_is_waited_for_by_the_real_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock's own time-out never ends while freezegun has stopped the clocks."""
    monkeypatch.setattr("mockwise.pki.folder._LOCK_TIMEOUT", 0.2)
    with (
        CertificateFolder(tmp_path / "certs").locked(),
        freeze_time("2030-01-01"),
        pytest.raises(FolderError, match="another process has held"),
        CertificateFolder(tmp_path / "certs").locked(),
    ):
        pass


@every_library
def test_the_real_time_is_real(frozen: Frozen, tmp_path: Path) -> None:
    """A file's stamp is the witness."""
    with frozen("2001-09-09"):
        file = tmp_path / "file"
        file.touch()
        first = monotonic()
        assert abs(real_now() - stamp(file)) < timedelta(seconds=5)
        assert monotonic() > first


@pytest.mark.parametrize("error", [ImportError, AttributeError, OSError, TypeError])
def test_without_the_c_library_the_real_time_is_read_from_a_file_s_stamp(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], tmp_path: Path
) -> None:
    """Where Python has no `ctypes`, and on Windows."""

    def missing() -> Callable[[], int]:
        raise error

    monkeypatch.setattr(real_time, "_of_c_library", missing)
    monkeypatch.setattr(real_time, "_nanoseconds", real_time._source())
    with freeze_time("2001-09-09"):
        file = tmp_path / "file"
        file.touch()
        assert abs(real_now() - stamp(file)) < timedelta(seconds=5)


def call(box: Sandbox, access: str) -> httpx.Response:
    """Call the API with that access token."""
    with httpx.Client(verify=box.ssl_context(), trust_env=False, timeout=PATIENCE) as client:
        return client.get(box.mtls_url + PLAYGROUND, headers={"authorization": f"Bearer {access}"})


def stamp(file: Path) -> datetime:
    """When a file was written, by the system's clock."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=file.stat().st_mtime)
