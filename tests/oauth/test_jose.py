from __future__ import annotations

import base64
import json

import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, RSAKey

from mockwise.oauth.jose import Signer, new_key_pem
from tests.oauth.token_endpoint import HOUR, one_key_pem
from tests.state.helpers import NOON, together

# Wise's header names an `enc`, which a strict reader refuses.
LENIENT = jws.JWSRegistry(strict_check_header=False)


def signed(signer: Signer) -> str:
    """A token for the client `app`, good for 12 hours."""
    return signer.sign("app", "id-1", "transfers", NOON, NOON + 12 * HOUR)


def public(signer: Signer) -> RSAKey:
    """The public half of the signer's key."""
    return RSAKey.import_key(signer.key().as_pem(private=False))


def part(text: str, number: int) -> bytes:
    """One of the three parts of a compact JWT, decoded."""
    encoded = text.split(".")[number]
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def test_the_signature_is_the_keys() -> None:
    """A token is signed with RS256 by the mock's key (RFC 7515 section 5.2)."""
    signer = Signer(one_key_pem)
    claims = json.loads(jws.deserialize_compact(signed(signer), public(signer), registry=LENIENT).payload)
    assert claims["sub"] == "app"


def test_another_key_did_not_sign() -> None:
    """A token does not verify with a key that did not sign it (RFC 7515 section 5.2)."""
    text, stranger = signed(Signer(one_key_pem)), Signer(new_key_pem)
    with pytest.raises(BadSignatureError):
        jws.deserialize_compact(text, public(stranger), registry=LENIENT)


def test_a_changed_token_does_not_verify() -> None:
    """A claim that was changed breaks the signature (RFC 7515 section 5.2)."""
    signer = Signer(one_key_pem)
    head, payload, signature = signed(signer).split(".")
    changed = (
        base64.urlsafe_b64encode(part(f".{payload}", 1).replace(b'"app"', b'"apq"')).rstrip(b"=").decode()
    )
    with pytest.raises(BadSignatureError):
        jws.deserialize_compact(f"{head}.{changed}.{signature}", public(signer), registry=LENIENT)


def test_the_header_is_wises() -> None:
    """The header is that of Wise's sample, byte by byte, also the second time (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    signer = Signer(one_key_pem)
    for _ in range(2):
        assert part(signed(signer), 0) == b'{"alg":"RS256","enc":"A256GCM","typ":"JWT"}'


def test_the_payload_begins_as_wises() -> None:
    """The claims begin with sub and iss as in Wise's sample; the rest is ours (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    payload = part(signed(Signer(one_key_pem)), 1)
    assert payload.startswith(b'{"sub":"app","iss":')
    assert json.loads(payload) == {
        "sub": "app",
        "iss": "mockwise",
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 43200,
        "jti": "id-1",
        "scope": "transfers",
    }


def test_the_key_is_made_when_first_needed_and_once() -> None:
    """Making a key is off the start path; threads that need it at once wait for one (mock-only)."""
    made: list[int] = []

    def key_pem() -> bytes:
        made.append(1)
        return one_key_pem()

    signer = Signer(key_pem)
    assert made == []
    keys = together(8, lambda _: signer.key())
    assert made == [1]
    assert all(key is keys[0] for key in keys)


def test_a_new_key_is_rsa_of_2048_bits() -> None:
    """RS256 takes a key of 2048 bits or more, and no two keys are the same (RFC 7518 section 3.3)."""
    one, other = RSAKey.import_key(one_key_pem()), RSAKey.import_key(new_key_pem())
    assert one.private_key is not None
    assert one.private_key.key_size == 2048
    assert one.as_dict(private=False) != other.as_dict(private=False)


@pytest.mark.parametrize("kind", ["another algorithm", "a password", "no key"])
def test_what_is_no_key_of_ours_is_refused(kind: str) -> None:
    """A folder's key that somebody replaced by one that cannot sign is told, not met at the first token."""
    pem = {
        "another algorithm": ECKey.generate_key("P-256").as_pem(private=True),
        "a password": RSAKey.import_key(one_key_pem()).as_pem(private=True, password="secret"),
        "no key": b"no key",
    }[kind]
    with pytest.raises(ValueError, match=r"key|Password|PEM"):
        Signer(lambda: pem).key()
