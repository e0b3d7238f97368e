"""Rotation drills: another authority, another client certificate, while clients are at work."""

from __future__ import annotations

import os
import ssl
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockwise import InvalidValueError, MockWise, MockwiseError, Sandbox
from mockwise.errors import ConflictError
from mockwise.sandbox.credentials import Credentials
from tests.api_calls import ask, token, use

DAY = timedelta(days=1)


def states(box: Sandbox, who: Credentials) -> list[str]:
    """What became of a client's certificates, oldest first."""
    known = box._state.certificates.all()  # the facade shows none
    return [it.state(datetime.now(UTC)) for it in known if it.client_id == who.client_id]


# Another authority.


def test_an_authority_is_replaced_under_a_client_that_loads_its_files_again(mockwise_own: MockWise) -> None:
    """The files keep their names; nothing has to be told to the client, and at no moment does it break."""
    box = mockwise_own.default
    paths = (box.ca_file, box.cert_file, box.key_file)
    before = [path.read_bytes() for path in paths]

    def reloaded() -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=paths[0])
        context.load_cert_chain(*paths[1:])
        return context

    idle, access_token = reloaded(), token(box)
    with mockwise_own.rotate_authority() as drill:
        assert [path.read_bytes() != old for path, old in zip(paths, before, strict=True)] == [True] * 3
        for context in (idle, reloaded()):
            assert use(box, access_token, context=context).status_code == 200
        drill.switch_server()
        assert use(box, access_token, context=reloaded()).status_code == 200
    assert use(box, access_token, context=reloaded()).status_code == 200
    assert (box.ca_file, box.cert_file, box.key_file) == paths
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        use(box, access_token, context=idle)


def test_old_client_certificates_end_with_the_overlap(mockwise_own: MockWise) -> None:
    """Also those of other clients; open connections end; they are listed as revoked."""
    box = mockwise_own.default
    other, never = box.add_client(), box.add_client()
    old = other.ssl_context()
    drill = mockwise_own.rotate_authority()
    shown = httpx.post(f"{box.control_url}/sandboxes", json={}).json()["ca"]
    assert (
        shown == box.ca_file.read_text() == (drill.old.certificate_pem + drill.new.certificate_pem).decode()
    )
    old.load_verify_locations(box.ca_file)  # so that only its certificate is behind
    with httpx.Client(verify=old, base_url=box.mtls_url) as client:
        assert client.get("/").status_code == 404
        assert states(box, other) == ["active", "active"]
        drill.finish()
        with pytest.raises(httpx.TransportError, match="UNKNOWN_CA"):
            client.get("/")
    assert states(box, other) == ["revoked", "active"]
    for who in (other, never, box.credentials):
        assert ask(box, who).status_code == 200


def test_a_drill_without_overlap_is_over_at_once(mockwise_own: MockWise) -> None:
    """What an emergency looks like: everybody who is not told breaks."""
    box = mockwise_own.default
    behind = box.ssl_context()
    drill = mockwise_own.rotate_authority(overlap=False)
    assert box.ca_file.read_bytes() == drill.new.certificate_pem
    with pytest.raises(httpx.ConnectError):
        ask(box, context=behind)
    assert ask(box).status_code == 200
    mockwise_own.rotate_server_certificate()
    assert ask(box).status_code == 200


def test_the_server_certificate_may_be_rotated_within_a_drill(mockwise_own: MockWise) -> None:
    """It stays with the authority whose turn it is."""
    box = mockwise_own.default
    idle = box.ssl_context()
    drill = mockwise_own.rotate_authority()
    mockwise_own.rotate_server_certificate()
    assert ask(box, context=idle).status_code == 200
    with pytest.raises(MockwiseError, match="another change of authority is under way"):
        mockwise_own.rotate_authority()
    drill.finish()
    for _ in range(2):
        mockwise_own.rotate_authority(overlap=False)
    assert ask(box).status_code == 200


def test_bad_servers_stay_wrong_in_their_own_way(mockwise_own: MockWise) -> None:
    """After the change an expired certificate is expired, not of an unknown authority."""
    bad = mockwise_own.bad_server("expired")
    mockwise_own.rotate_authority(overlap=False)
    for url in (bad.url, mockwise_own.bad_server("not-yet-valid").url):
        with pytest.raises(httpx.ConnectError, match=r"certificate (has expired|is not yet valid)"):
            httpx.get(url, verify=mockwise_own.default.ssl_context())


def test_sandboxes_come_go_and_are_reset_during_a_drill(mockwise_own: MockWise) -> None:
    """Whoever is gone is left out; whoever begins anew has a certificate of the new authority."""
    gone, kept = mockwise_own.sandbox(), mockwise_own.sandbox()
    held, dropped = gone.credentials, mockwise_own.sandbox()
    for box in (gone, kept, dropped):
        assert box.cert_file.exists()
    gone.close()
    drill = mockwise_own.rotate_authority()
    assert not held.files or not held.files.cert_file.exists()
    dropped.close()
    kept.reset()
    made = mockwise_own.sandbox()
    for box in (kept, made):
        assert ask(box).status_code == 200
    drill.finish()
    for box in (kept, made):
        assert ask(box).status_code == 200


def test_a_client_with_ten_certificates_gets_its_new_one_at_the_end(mockwise_own: MockWise) -> None:
    """There is room for it only then (docs/wise/mtls.md#certificates: ten may be active)."""
    box = mockwise_own.default
    for _ in range(10):
        box.credentials.renew_certificate()
    with pytest.raises(ConflictError, match="10 active certificates"):
        box.credentials.renew_certificate()
    serial = box.credentials.serial
    with mockwise_own.rotate_authority():
        assert box.credentials.serial == serial
        assert ask(box).status_code == 200
    assert box.credentials.serial != serial
    assert ask(box).status_code == 200


def test_a_drill_leaves_the_certs_folder_alone(tmp_path: Path) -> None:
    """It outlives the run: the files of this run have other names from then on, and the next run is as before."""
    folder = tmp_path / "certs"

    def contents() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    with MockWise(certs=folder, token_format="uuid") as mock:
        box, before = mock.default, contents()
        assert box.ca_file.parent == box.cert_file.parent == folder
        mock.rotate_authority(overlap=False)
        box.credentials.renew_certificate(valid_until="2d")
        assert {folder}.isdisjoint({box.ca_file.parent, box.cert_file.parent, box.key_file.parent})
        assert ask(box).status_code == 200
        assert contents() == before
    with MockWise(certs=folder, token_format="uuid") as mock:
        assert mock.default.cert_file.parent == folder
        assert ask(mock.default).status_code == 200


# Another client certificate.


def test_a_certificate_is_replaced_in_its_place(mockwise: Sandbox) -> None:
    """Same files, the key its owner's only; who has loaded the old one may go on (docs/wise/mtls.md#certificates)."""
    paths, old = (mockwise.cert_file, mockwise.key_file), mockwise.ssl_context()
    serial = mockwise.credentials.serial
    mockwise.credentials.renew_certificate()
    assert (mockwise.cert_file, mockwise.key_file) == paths
    assert mockwise.credentials.serial != serial
    assert os.name != "posix" or stat.S_IMODE(paths[1].stat().st_mode) == 0o600
    for context in (old, mockwise.ssl_context()):
        assert ask(mockwise, context=context).status_code == 200
    mockwise.credentials.renew_certificate(revoke_old=True)
    assert states(mockwise, mockwise.credentials) == ["active", "revoked", "active"]
    assert ask(mockwise).status_code == 200
    assert ask(mockwise, context=old).status_code == 200


def test_the_first_one_may_be_a_special_one(mockwise: Sandbox) -> None:
    """There is nothing to revoke yet."""
    other = mockwise.add_client()
    other.renew_certificate(valid_until="2d", revoke_old=True)
    assert states(mockwise, other) == ["active"]


@pytest.mark.parametrize(
    ("dates", "end"),
    [
        (lambda _: {"valid_until": "2d"}, 2 * DAY),
        (lambda _: {"valid_until": timedelta(minutes=5)}, timedelta(minutes=5)),
        (lambda _: {"valid_from": -400 * DAY}, 365 * DAY),
        (lambda now: {"valid_from": now - DAY, "valid_until": now + DAY}, DAY),
    ],
)
def test_a_certificate_about_to_expire_still_serves(
    mockwise: Sandbox, dates: Callable[[datetime], dict[str, Any]], end: timedelta
) -> None:
    """Its end is where it was wanted, on the wall's clock."""
    mockwise.credentials.renew_certificate(**dates(datetime.now(UTC)))
    assert ask(mockwise).status_code == 200
    identity = mockwise.credentials.files.identity if mockwise.credentials.files else None
    assert identity
    assert abs(identity.not_after - datetime.now(UTC) - end) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("dates", "alert"),
    [
        ({"valid_until": -DAY}, "CERTIFICATE_EXPIRED"),
        ({"valid_until": -3 * DAY, "valid_from": -9 * DAY}, "CERTIFICATE_EXPIRED"),
        ({"valid_from": "1h"}, "BAD_CERTIFICATE"),
    ],
)
def test_one_that_is_over_or_not_yet_valid_is_refused_until_it_is_replaced(
    mockwise: Sandbox, dates: dict[str, Any], alert: str
) -> None:
    """By the right alert, in the handshake; a reset brings an ordinary one back."""
    mend: list[Callable[[], object]] = [mockwise.credentials.renew_certificate, mockwise.reset]
    for mended in mend:
        mockwise.credentials.renew_certificate(**dates)
        with pytest.raises(httpx.TransportError, match=alert):
            ask(mockwise)
        mended()
        assert ask(mockwise).status_code == 200


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"valid_from": "2d", "valid_until": "1d"}, "cannot have these dates"),
        ({"valid_until": timedelta.max}, "too far away"),
        ({"valid_from": datetime(1900, 1, 1, tzinfo=UTC)}, "cannot have these dates"),
        ({"valid_until": datetime(2030, 1, 1)}, "valid_until: the time has no zone"),
        ({"valid_until": "soon"}, "not a duration: 'soon'"),
    ],
)
def test_dates_that_no_certificate_can_have_are_told(
    mockwise: Sandbox, dates: dict[str, Any], said: str
) -> None:
    """Dates that no certificate can have are refused before anything is changed."""
    serial = mockwise.credentials.serial
    with pytest.raises(InvalidValueError, match=said):
        mockwise.credentials.renew_certificate(**dates, revoke_old=True)
    assert mockwise.credentials.serial == serial
    assert ask(mockwise).status_code == 200
