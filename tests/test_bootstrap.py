"""A mock that comes home to a folder finds its authority, its keys and its default client again."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest

from mockwise import MockWise, MockwiseError, Settings, bootstrap
from mockwise.oauth.jose import new_key_pem
from mockwise.pki.folder import CertificateFolder
from tests.api_calls import ask, reason, token, use


def test_a_restart_breaks_nobodys_settings(tmp_path: Path) -> None:
    """Authority, id, secret and certificate are the same; a context made before the restart still works."""
    with MockWise(certs=tmp_path / "certs") as mock:
        first = mock.default.environ()
        context = mock.default.ssl_context()
        assert ask(mock.default).status_code == 200
    with MockWise(certs=tmp_path / "certs") as mock:
        assert {name for name, value in mock.default.environ().items() if value != first[name]} == {
            "MOCKWISE_CONTROL_URL",
            "MOCKWISE_MTLS_URL",
            "MOCKWISE_TLS_URL",
        }
        assert ask(mock.default, context=context).status_code == 200


def test_tokens_of_an_earlier_run_are_unknown(tmp_path: Path) -> None:
    """Validity is the store's to say, whatever a token's signature says: the signing key is kept all the same."""
    with MockWise(certs=tmp_path / "certs") as mock:
        access_token = token(mock.default)
        key = (tmp_path / "certs" / "signing.key").read_bytes()
    with MockWise(certs=tmp_path / "certs") as mock:
        assert use(mock.default, access_token).status_code == 401
        token(mock.default)
        assert (tmp_path / "certs" / "signing.key").read_bytes() == key


def test_two_mocks_share_a_folder(tmp_path: Path) -> None:
    """They have one authority, one default client and one signing key, whoever was first."""
    settings = Settings(certs=tmp_path / "certs")
    with MockWise(settings) as one, MockWise(settings) as two:
        assert one.default.client_secret == two.default.client_secret
        assert ask(one.default, context=two.default.ssl_context()).status_code == 200
        token(two.default)
        key = (tmp_path / "certs" / "signing.key").read_bytes()
        token(one.default)
        assert (tmp_path / "certs" / "signing.key").read_bytes() == key


def test_the_client_may_be_named(tmp_path: Path) -> None:
    """What is asked for is kept; another client does not inherit the secret."""
    folder = tmp_path / "certs"

    def start(client_id: str | None = None, client_secret: str | None = None) -> tuple[str, str]:
        with MockWise(
            certs=folder, token_format="uuid", client_id=client_id, client_secret=client_secret
        ) as mock:
            assert ask(mock.default).status_code == 200
            return mock.default.client_id, mock.default.client_secret

    made_up = start()
    assert start() == made_up
    assert start(client_secret="s") == (made_up[0], "s")
    named = start(client_id="mine")
    assert named[0] == "mine"
    assert named[1] not in {"s", made_up[1]}
    assert start(client_id="mine", client_secret="x") == ("mine", "x")
    assert start() == ("mine", "x")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("client.json", "{"),
        ("client.json", "[]"),
        ("client.json", "{}"),
        ("client.json", json.dumps({"client_id": "a:b", "client_secret": "s"})),
        ("signing.key", "no key"),
        ("ca.pem", "no certificate"),
    ],
)
def test_a_broken_file_is_named_and_never_replaced(tmp_path: Path, name: str, content: str) -> None:
    """One line says which file and what to do; nothing is lost."""
    folder = tmp_path / "certs"
    with MockWise(certs=folder):
        pass
    (folder / name).write_text(content)
    with pytest.raises(MockwiseError, match=rf"{name.split('.', maxsplit=1)[0]}.* delete ") as caught:
        MockWise(certs=folder).start()
    assert "\n" not in str(caught.value)
    assert (folder / name).read_text() == content


def test_other_peoples_files_are_left_alone(tmp_path: Path) -> None:
    """A folder with anything in it and no marker is refused, and the option is named."""
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(MockwiseError, match="--certs"):
        MockWise(certs=tmp_path).start()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("twin", "why"),
    [
        ("expired", "has expired"),
        ("not-yet-valid", "not valid yet"),
        ("revoked", "was revoked"),
        ("wrong-client", "another client"),
    ],
)
def test_the_failing_twins_fail_in_http_too(tmp_path: Path, twin: str, why: str) -> None:
    """Where refusals come in HTTP, each twin that Python lets through is told what is wrong with it (docs/wise/mtls.md#refusals)."""
    folder = tmp_path / "certs"
    with MockWise(certs=folder, token_format="uuid", handshake_refusals="http") as mock:
        context = ssl.create_default_context(cafile=mock.ca_file)
        context.load_cert_chain(folder / "bad" / f"{twin}.pem", folder / "bad" / f"{twin}.key")
        refused = ask(mock.default, context=context)
        assert (refused.status_code, why in reason(refused)) == (401, True)
        assert ask(mock.default).status_code == 200


def test_of_two_that_make_a_signing_key_the_first_has_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other takes that one, though its own was ready (mock-only)."""
    with MockWise(certs=tmp_path / "certs", token_format="uuid"):
        pass
    (tmp_path / "certs" / "signing.key").unlink(missing_ok=True)
    folder = CertificateFolder(tmp_path / "certs")
    theirs = new_key_pem()

    def beaten() -> bytes:
        monkeypatch.undo()
        folder.write_private("signing.key", theirs)
        return new_key_pem()

    monkeypatch.setattr(bootstrap, "new_key_pem", beaten)
    assert bootstrap._new_key(folder) == theirs
