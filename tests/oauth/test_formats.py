from __future__ import annotations

import json
import re
import uuid
from base64 import urlsafe_b64decode

import pytest

from mockwise.faults.kinds import TokenText
from mockwise.oauth.formats import write_token
from mockwise.oauth.jose import Signer
from mockwise.state.options import TokenFormat
from tests.oauth.token_endpoint import HOUR, one_key_pem
from tests.state.helpers import NOON

B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1


def no_key() -> bytes:
    """A key that nobody may ask for."""
    raise AssertionError("this format needs no key")


def write(kind: TokenText, signer: Signer) -> str:
    """A token of that format."""
    return write_token(kind, "app", NOON, NOON + 12 * HOUR, signer)


def many(kind: TokenText, count: int = 300) -> list[str]:
    """Many tokens of a format that is not signed."""
    signer = Signer(no_key)
    return [write(kind, signer) for _ in range(count)]


@pytest.mark.parametrize("kind", ["jwt", "jwe", "uuid", "random"])
def test_every_format_is_a_bearer_token(kind: TokenFormat) -> None:
    """A token is a b64token, so that it fits the Authorization header, and none repeats (RFC 6750 section 2.1)."""
    signer = Signer(one_key_pem)
    texts = [write(kind, signer) for _ in range(20)]
    assert all(B64TOKEN.fullmatch(text) for text in texts)
    assert len(set(texts)) == 20


def test_uuid_is_version_4() -> None:
    """The uuid format is a UUID v4 in its usual spelling, made without a key (docs/wise/lifetimes-and-formats.md#formats, OBSERVED)."""
    for text in many("uuid"):
        assert str(uuid.UUID(text)) == text
        assert uuid.UUID(text).version == 4


@pytest.mark.parametrize(("kind", "shortest", "longest"), [("jwe", 500, 800), ("long-jwe", 801, 1600)])
def test_a_jwe_has_five_parts_and_varies_in_length(kind: TokenText, shortest: int, longest: int) -> None:
    """DOCUMENTED, docs/wise/lifetimes-and-formats.md#formats (6a): 500 to 800 characters and more, five parts, each base64url (RFC 7516 section 7.1)."""
    texts = many(kind)
    assert all(shortest <= len(text) <= longest for text in texts)
    assert len({len(text) for text in texts}) > 50
    for text in texts:
        header, key, vector, ciphertext, tag = (urlsafe_b64decode(f"{part}==") for part in text.split("."))
        assert json.loads(header).items() >= {"alg": "RSA-OAEP-256", "enc": "A256GCM"}.items()
        assert (len(key), len(vector), len(tag)) == (256, 12, 16)
        assert len(ciphertext) > 20
    assert len({text.split(".")[1] for text in texts}) == len(texts)


def test_random_varies_size_and_alphabet() -> None:
    """The random format has many lengths and alphabets, so that clients assume neither (docs/wise/lifetimes-and-formats.md#formats, format rule)."""
    texts = many("random")
    assert len({len(text) for text in texts}) > 100
    assert any(text.isdigit() for text in texts)
    assert any(re.fullmatch("[0-9a-f]*[a-f][0-9a-f]*", text) for text in texts)
    assert any(re.fullmatch("[A-Z2-7]+", text) for text in texts)
    assert any(re.search("[a-z]", text) and re.search("[A-Z]", text) for text in texts)
    assert any(set(text) & set("._~+/") for text in texts)


def test_random_is_long_enough_to_guess_nothing() -> None:
    """Even the poorest alphabet leaves 128 bits, and no token outgrows a header (RFC 6749 section 10.10)."""
    texts = many("random")
    assert min(len(text) for text in texts) >= 40
    assert max(len(text) for text in texts) <= 1024
