from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mockwise.pki import folder as folder_module
from mockwise.pki.authority import Authority
from mockwise.pki.files import CertificateSet, prepare_certificates
from mockwise.pki.folder import MARKER, CertificateFolder, FolderError
from tests.transport.support import now

TWINS = ["expired", "not-yet-valid", "foreign", "wrong-client", "revoked", "no-client-auth"]


def prepare(
    path: Path,
    names: tuple[str, ...] = ("localhost",),
    common_name: str = "client",
    clock: Callable[[], datetime] = now,
) -> CertificateSet:
    """Make a certificate folder complete, or take what is in it."""
    return prepare_certificates(CertificateFolder(path), names=names, common_name=common_name, now=clock)


def contents(path: Path) -> dict[str, bytes]:
    """Every file of the folder."""
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_the_folder_gets_every_file(tmp_path: Path) -> None:
    """Authority, list, server, client and the failing twins; keys are their owner's only."""
    prepare(tmp_path / "certs")
    written = contents(tmp_path / "certs")
    pairs = ["ca", "server", "client", *(f"bad/{name}" for name in TWINS)]
    files = [f"{name}.{kind}" for name in pairs for kind in ("pem", "key")]
    assert set(written) == {*files, "crl.pem", MARKER, ".gitignore", ".lock"}
    assert written[".gitignore"] == b"*\n"
    for name in written:
        mode = (tmp_path / "certs" / name).stat().st_mode & 0o777
        assert mode == (0o600 if name.endswith(".key") else 0o644), name


VERDICTS = {
    "client": "OK",
    "bad/expired": "certificate has expired",
    "bad/not-yet-valid": "certificate is not yet valid",
    "bad/foreign": "unable to get local issuer certificate",
    "bad/revoked": "certificate revoked",
    "bad/no-client-auth": "unsuitable certificate purpose",
    "bad/wrong-client": "OK",  # the certificate is in order, its name is another client's
}


@pytest.mark.parametrize("name", VERDICTS)
def test_each_twin_fails_for_its_own_reason(tmp_path: Path, name: str) -> None:
    """OpenSSL refuses each bad certificate for the reason that it was made for."""
    prepare(tmp_path)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-crl_check"]
    done = subprocess.run(
        [*command, "-CAfile", "ca.pem", "-CRLfile", "crl.pem", f"{name}.pem"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert VERDICTS[name] in done.stdout + done.stderr


def test_a_second_writer_changes_nothing(tmp_path: Path) -> None:
    """A valid file is never replaced; what is read is what was written."""
    first = prepare(tmp_path)
    before = contents(tmp_path)
    second = prepare(tmp_path)
    assert contents(tmp_path) == before
    assert (second.server, second.client, second.revoked) == (first.server, first.client, first.revoked)
    assert second.revoked == {second.authority.revoked_serial}


@pytest.mark.parametrize("name", ["client", "server", *(f"bad/{name}" for name in TWINS)])
def test_only_what_is_missing_or_broken_is_issued_again(tmp_path: Path, name: str) -> None:
    """Half a pair, a broken file, another one's key."""
    prepare(tmp_path)
    authority_key = (tmp_path / "ca.key").read_bytes()
    for kind, damage in [("pem", None), ("key", None), ("pem", b"half"), ("key", authority_key)]:
        before = contents(tmp_path)
        file = tmp_path / f"{name}.{kind}"
        file.unlink() if damage is None else file.write_bytes(damage)
        prepare(tmp_path)
        after = contents(tmp_path)
        assert {file for file in before if before[file] != after[file]} == {f"{name}.pem", f"{name}.key"}


def test_what_expires_is_issued_again(tmp_path: Path) -> None:
    """In 400 days the client's certificates are over, the server's is not; both renew a month ahead."""
    first = prepare(tmp_path)
    later = prepare(tmp_path, clock=lambda: now() + timedelta(days=400))
    assert later.client != first.client
    assert later.server == first.server
    latest = prepare(tmp_path, clock=lambda: now() + timedelta(days=795))
    assert latest.server != first.server
    assert latest.authority.fingerprint == first.authority.fingerprint


def test_new_names_make_new_certificates(tmp_path: Path) -> None:
    """A server name that the certificate lacks, and another client."""
    first = prepare(tmp_path, ("localhost", "127.0.0.1"))
    assert prepare(tmp_path, ("127.0.0.1",)).server == first.server
    wider = prepare(tmp_path, ("localhost", "wise.test"))
    assert (wider.server != first.server, wider.client) == (True, first.client)
    other = prepare(tmp_path, ("localhost", "wise.test"), "somebody-else")
    assert other.client.common_name == "somebody-else"
    assert other.server == wider.server
    wrong = (tmp_path / "bad" / "wrong-client.pem").read_bytes()
    assert wrong != other.client.certificate_pem


def test_a_server_certificate_without_names_is_issued_again(tmp_path: Path) -> None:
    """A client's own certificate copied there does not do either."""
    first = prepare(tmp_path)
    for kind in ("pem", "key"):
        (tmp_path / f"server.{kind}").write_bytes((tmp_path / f"client.{kind}").read_bytes())
    again = prepare(tmp_path)
    assert again.server.serial not in {first.server.serial, first.client.serial}


@pytest.mark.parametrize("missing", ["ca.pem", "ca.key"])
def test_half_an_authority_is_an_error(tmp_path: Path, missing: str) -> None:
    """It is named, with the remedy, and nothing is replaced."""
    prepare(tmp_path)
    (tmp_path / missing).unlink()
    before = contents(tmp_path)
    with pytest.raises(
        FolderError, match=rf"{missing} is missing: put it back, or delete ca\.pem and ca\.key"
    ):
        prepare(tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("ca.pem", b""),
        ("ca.pem", b"-----BEGIN CERTIFICATE-----\nMIIB"),
        ("ca.key", b"-----BEGIN PRIVATE KEY-----\nMIIB"),
        ("ca.key", Authority(now=now).key_pem),
    ],
    ids=["empty", "half a certificate", "half a key", "another key"],
)
def test_a_damaged_authority_is_an_error(tmp_path: Path, file: str, text: bytes) -> None:
    """Half-written or mismatching files are never silently replaced."""
    prepare(tmp_path)
    (tmp_path / file).write_bytes(text)
    before = contents(tmp_path)
    with pytest.raises(FolderError, match=r"cannot be used .*: put it back, or delete"):
        prepare(tmp_path)
    assert contents(tmp_path) == before


def test_a_new_authority_renews_everything(tmp_path: Path) -> None:
    """Who deletes the authority's two files gets another one and certificates that fit."""
    first = prepare(tmp_path)
    for kind in ("pem", "key"):
        (tmp_path / f"ca.{kind}").unlink()
    second = prepare(tmp_path)
    assert second.authority.fingerprint != first.authority.fingerprint
    assert second.revoked == {second.authority.revoked_serial}
    assert second.client != first.client
    assert prepare(tmp_path).client == second.client


def test_the_revocation_list_is_kept(tmp_path: Path) -> None:
    """Serials that somebody revoked stay; the one revoked at birth is added if it is missing."""
    first = prepare(tmp_path)
    (tmp_path / "crl.pem").write_bytes(first.authority.revocation_list([5]))
    assert prepare(tmp_path).revoked == {5, first.authority.revoked_serial}
    first.authority.revoked_serial = 5
    (tmp_path / "crl.pem").write_bytes(first.authority.revocation_list([]))
    second = prepare(tmp_path)
    assert second.revoked == {5, second.authority.revoked_serial}


def test_a_revocation_list_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """What was revoked must not be forgotten in silence."""
    prepare(tmp_path)
    (tmp_path / "crl.pem").write_text("half")
    with pytest.raises(FolderError, match=r"crl\.pem cannot be read: put it back, or delete it"):
        prepare(tmp_path)
    (tmp_path / "crl.pem").unlink()
    assert prepare(tmp_path).revoked


def test_other_peoples_folders_are_refused(tmp_path: Path) -> None:
    """The error names the option; the folder stays as it was. With a marker it is ours."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FolderError, match="--certs"):
        prepare(tmp_path)
    assert set(contents(tmp_path)) == {"thesis.txt"}
    (tmp_path / MARKER).touch()
    (tmp_path / ".gitignore").write_text("*.key\n")
    prepare(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "*.key\n"


PROGRAM = """
import sys
from pathlib import Path
from tests.pki.test_files import prepare

print("ready", flush=True)
sys.stdin.readline()
print(prepare(Path(sys.argv[1])).authority.fingerprint)
"""


def test_two_processes_agree_on_one_authority(tmp_path: Path) -> None:
    """They start at the same moment on a folder that is not there yet."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM, str(tmp_path / "certs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate()[0] for process in processes]
    assert answers[0] == answers[1] == prepare(tmp_path / "certs").authority.fingerprint + "\n"


def test_a_folder_that_somebody_holds_for_long_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting has an end, with a reason."""
    monkeypatch.setattr(folder_module, "_LOCK_TIMEOUT", 0.01)
    holder, waiter = CertificateFolder(tmp_path), CertificateFolder(tmp_path)
    errors: list[str] = []

    def wait() -> None:
        try:
            with waiter.locked():
                errors.append("it is ours")
        except FolderError as error:
            errors.append(str(error))

    with holder.locked(), holder.locked():  # one thread may hold it twice
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    assert len(errors) == 1
    assert "another process has held" in errors[0]
    with waiter.locked():
        pass


def test_small_files_are_kept_beside(tmp_path: Path) -> None:
    """What the caller keeps there is private if it says so; no half-written file is ever seen."""
    folder = CertificateFolder(tmp_path / "certs")
    with folder.locked():
        assert folder.read("client.json") is None
        folder.write_private("client.json", json.dumps({"secret": "x"}).encode())
    assert folder.read("client.json") == b'{"secret": "x"}'
    assert (tmp_path / "certs" / "client.json").stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    """The system's own words, and no temporary file."""
    folder = CertificateFolder(tmp_path / "certs")
    with folder.locked():
        (tmp_path / "certs" / "taken" / "by").mkdir(parents=True)
        with pytest.raises(FolderError, match="--certs"):
            folder.write("taken", b"a folder has this name")
    assert not list((tmp_path / "certs").glob(".new-*"))


def test_a_path_that_cannot_be_a_folder_is_an_error(tmp_path: Path) -> None:
    """A file is in the way."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(FolderError, match="make the folder writable, or name another one with --certs"):
            prepare(path)


READ_ONLY = """
import os, sys
from pathlib import Path
from tests.pki.test_files import prepare
from mockwise.pki.folder import FolderError

if os.geteuid() == 0:
    os.setuid(65534)  # root may write anywhere
try:
    prepare(Path(sys.argv[1]))
except FolderError as error:
    print(error)
"""


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """One line that names the folder's option."""
    for parent in [tmp_path, *tmp_path.parents]:
        if parent.owner() == tmp_path.owner() and parent.stat().st_mode & 0o077 == 0:
            parent.chmod(0o711)
    (tmp_path / "certs").mkdir(mode=0o555)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(tmp_path / "certs")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert "make the folder writable, or name another one with --certs" in done.stdout, done.stderr
    assert not list((tmp_path / "certs").iterdir())
