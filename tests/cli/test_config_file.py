"""The settings file, and which source of settings wins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockwise.cli.config_file import read_config_file
from mockwise.errors import MockwiseError
from tests.cli.processes import MOCKWISE, fail, served, succeed


def lifetime(folder: Path, *options: str, **environ: str) -> int:
    """How long a token lives under `run` with these settings."""
    words = ["run", *options, "--", *MOCKWISE, "token", "--json"]
    seconds: int = json.loads(succeed(*words, folder=folder, environ=environ))["expires_in"]
    return seconds + 1


def test_arguments_win_over_variables_over_the_file_over_defaults(tmp_path: Path) -> None:
    """Each source counts where no nearer one speaks."""
    (tmp_path / "m.toml").write_text('token_lifetime = "90s"\n')
    config = ("--config", "m.toml")
    variable = {"MOCKWISE_SERVE_TOKEN_LIFETIME": "60s"}
    assert lifetime(tmp_path) == 12 * 3600
    assert lifetime(tmp_path, *config) == 90
    assert lifetime(tmp_path, MOCKWISE_SERVE_CONFIG="m.toml") == 90
    assert lifetime(tmp_path, *config, **variable) == 60
    assert lifetime(tmp_path, "--token-lifetime", "30s", *config, **variable) == 30


def test_serve_takes_it_over_its_own_defaults(tmp_path: Path) -> None:
    """Relative paths begin at the file, wherever it is used from; lists and flags are TOML's."""
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "m.toml").write_text(
        'certs = "keys"\npublic_host = ["mock.test"]\nhints = false\njournal_size = 0\n'
    )
    with served(tmp_path, "--config", "etc/m.toml") as mock:
        assert mock.environ["MOCKWISE_MTLS_URL"].startswith("https://mock.test:")
        assert (folder / "keys" / "ca.pem").exists()
    assert not (tmp_path / "certs").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            '\ntoken_lifetme = "1h"\n',
            "m.toml:2: there is no option 'token_lifetme'. Did you mean 'token_lifetime'?",
        ),
        (
            'token_format = "saml"\n',
            "m.toml:1: token_format: Input should be 'jwt', 'jwe', 'uuid' or 'random'",
        ),
        ("[clients]\n", "m.toml:1: there is no option 'clients'"),
        ('"mtls_port" = 70000\n', "m.toml:1: mtls_port: Input should be less than or equal to 65535"),
        ("public_host = [3]\n", "m.toml:1: public_host.0: Input should be a valid string"),
        ('"hin\\u0074s" = "?"\n', "m.toml: hints: Input should be a valid boolean"),
        ("x = 1\ny = 2\n", "m.toml:2: there is no option 'y'"),
        ("x =\n", "m.toml is not TOML: Invalid value (at line 1, column 4). Write lines like"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_what_is_allowed(
    tmp_path: Path, content: str, said: str
) -> None:
    """One line, before anything starts."""
    (tmp_path / "m.toml").write_text(content)
    assert said in fail("serve", "--config", "m.toml", folder=tmp_path)


def test_a_secret_is_not_repeated(tmp_path: Path) -> None:
    """Also a mistaken one may be a real one."""
    (tmp_path / "m.toml").write_text("client_secret = 1234567\n")
    assert "1234567" not in fail("serve", "--config", "m.toml", folder=tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a folder, no text: one line each."""
    (tmp_path / "latin.toml").write_bytes(b'client_id = "\xe9"\n')
    assert "none.toml cannot be read: No such file" in fail("serve", "--config", "none.toml", folder=tmp_path)
    assert "cannot be read: Is a directory" in fail("serve", "--config", ".", folder=tmp_path)
    (tmp_path / "wide.toml").write_bytes('mtls = "optional"'.encode("utf-16"))
    assert "wide.toml is text in UTF-16" in fail("serve", "--config", "wide.toml", folder=tmp_path)
    assert "latin.toml is not text in UTF-8" in fail("serve", "--config", "latin.toml", folder=tmp_path)
    with pytest.raises(MockwiseError, match="--config"):
        read_config_file(tmp_path / "none.toml")


def test_a_variable_is_named_as_the_place_of_a_mistake(tmp_path: Path) -> None:
    """A wrong value, a misspelt variable, one that is like none."""
    for name, value, said in (
        ("MTLS_PORT", "x", "MOCKWISE_SERVE_MTLS_PORT: mtls_port: Input should be a valid integer"),
        (
            "TOKEN_LIFETME",
            "1h",
            "MOCKWISE_SERVE_TOKEN_LIFETME sets nothing: did you mean MOCKWISE_SERVE_TOKEN_LIF",
        ),
        (
            "QQQ",
            "1h",
            "MOCKWISE_SERVE_QQQ sets nothing: after MOCKWISE_SERVE_ comes one of BAD_SERVERS, ",
        ),
    ):
        assert said in fail("serve", folder=tmp_path, environ={f"MOCKWISE_SERVE_{name}": value})


@pytest.mark.parametrize("content", ["\ufeffmtls = 'optional'\n", "\ufeffmtls = 'optional'\r\nseed = 3\r\n"])
def test_a_file_of_a_windows_editor_is_read(content: str, tmp_path: Path) -> None:
    """With a byte order mark before its UTF-8, and with its line ends."""
    path = tmp_path / "m.toml"
    path.write_bytes(content.encode())
    assert read_config_file(path)["mtls"] == "optional"
