from __future__ import annotations

import ssl
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from mockwise.pki.authority import Authority, Identity
from mockwise.pki.pem import alternative_names, certificate_pem
from tests.transport.support import DAY, now, write_identity

STRICT = ["-x509_strict", "-crl_check", "-purpose"]


@pytest.fixture(scope="module")
def authority() -> Authority:
    """An authority of its own."""
    return Authority("the tests' authority", now=now)


def leaf(identity: Identity) -> x509.Certificate:
    """The certificate of an identity, parsed."""
    return x509.load_pem_x509_certificate(identity.certificate_pem)


def verify(folder: Path, authority: Authority, identity: Identity, purpose: str) -> str:
    """What `openssl verify` says in its strict mode, with the revocation list."""
    (folder / "ca.pem").write_bytes(authority.certificate_pem)
    (folder / "crl.pem").write_bytes(authority.revocation_list([7]))
    write_identity(folder, "leaf", identity)
    files = ["-CAfile", f"{folder}/ca.pem", "-CRLfile", f"{folder}/crl.pem", f"{folder}/leaf.pem"]
    done = subprocess.run(
        ["openssl", "verify", *STRICT, purpose, *files], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_certificates_follow_the_profile(authority: Authority, tmp_path: Path) -> None:
    """RFC 5280 §4.2, judged by OpenSSL's strict mode, for the purpose they have and not for the other."""
    server, client = authority.issue_server(["localhost"]), authority.issue_client("client")
    assert ": OK" in verify(tmp_path, authority, server, "sslserver")
    assert "unsuitable" in verify(tmp_path, authority, server, "sslclient")
    assert ": OK" in verify(tmp_path, authority, client, "sslclient")
    assert "unsuitable" in verify(tmp_path, authority, client, "sslserver")
    names = leaf(client).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert not names.critical


def test_revoked_certificates_are_on_the_list(authority: Authority, tmp_path: Path) -> None:
    """Those that were named, and the one revoked at birth."""
    for serial in (7, authority.revoked_serial):
        revoked = authority.issue_client("client", serial=serial)
        assert "certificate revoked" in verify(tmp_path, authority, revoked, "sslclient")
    assert authority.listed(authority.revocation_list([7])) == frozenset({7, authority.revoked_serial})


def test_a_list_of_another_authority_is_told_apart(authority: Authority) -> None:
    """A revocation list counts for the authority that signed it; what is none cannot be read."""
    assert authority.listed(Authority(now=now).revocation_list()) is None
    with pytest.raises(ValueError, match="PEM"):
        authority.listed(b"no list")


def test_a_long_revocation_list_is_not_copied_with_each_serial(monkeypatch: pytest.MonkeyPatch) -> None:
    """The builder copies all that it has with each one that is added: ten thousand would be fifty million copies."""
    added: list[object] = []
    one_more = x509.CertificateRevocationListBuilder.add_revoked_certificate

    def counted(
        builder: x509.CertificateRevocationListBuilder, it: x509.RevokedCertificate
    ) -> x509.CertificateRevocationListBuilder:
        added.append(it)
        return one_more(builder, it)

    monkeypatch.setattr(x509.CertificateRevocationListBuilder, "add_revoked_certificate", counted)
    authority = Authority(now=now)
    serials = set(range(1, 101))
    assert authority.listed(authority.revocation_list(serials)) == frozenset(
        {*serials, authority.revoked_serial}
    )
    assert len(added) <= 1


def test_server_certificates_last_no_longer_than_macos_allows(authority: Authority) -> None:
    """At most 825 days; they begin a day ago, because clocks differ."""
    server = authority.issue_server(["localhost"])
    assert server.not_after - server.not_before <= timedelta(days=825)
    assert server.not_before < now() - DAY / 2


def test_client_certificates_last_a_year(authority: Authority) -> None:
    """Client certificates last a year, as Wise's own do, unless dates are given."""
    client = authority.issue_client("client")
    assert timedelta(days=364) < client.not_after - now() <= timedelta(days=365)
    later = authority.issue_client("client", not_before=now() + DAY, not_after=now() + 2 * DAY)
    assert now() < later.not_before < later.not_after < now() + 3 * DAY


def test_server_names_may_be_dns_names_international_ones_and_addresses(authority: Authority) -> None:
    """Each is written as what it is; none at all is an error."""
    server = authority.issue_server(["localhost", "*.example.org", "bücher.example", "127.0.0.1", "::1"])
    names = leaf(server).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    dns = ["localhost", "*.example.org", "xn--bcher-kva.example"]
    assert names.get_values_for_type(x509.DNSName) == dns
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    with pytest.raises(ValueError, match="at least one name"):
        authority.issue_server([])


@pytest.mark.parametrize("name", ["a", "test-client", "api.example.org", "A" * 63])
def test_a_common_name_that_can_be_a_dns_name_is_one(authority: Authority, name: str) -> None:
    """A certificate needs a subject alternative name as well as its common name."""
    assert alternative_names(leaf(authority.issue_client(name))) == {x509.DNSName(name)}


@pytest.mark.parametrize("name", ["x" * 64, "under_score", "two words", "-", "é" * 32, "日本", "a@b", "*.a"])
def test_any_other_common_name_is_the_directory_name_that_it_is_part_of(
    authority: Authority, name: str
) -> None:
    """Any 1 to 64 characters make a certificate that OpenSSL's strict mode takes."""
    identity = authority.issue_client(name, organization="Somebody")
    assert identity.common_name == name
    (written,) = alternative_names(leaf(identity))
    assert isinstance(written, x509.DirectoryName)


def test_a_certificate_without_alternative_names_has_none(authority: Authority) -> None:
    """A certificate without alternative names, as an authority's own, gives the empty set."""
    assert alternative_names(x509.load_pem_x509_certificate(authority.certificate_pem)) == set()


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_a_common_name_has_1_to_64_characters(authority: Authority, name: str) -> None:
    """X.520's upper bound, counted in characters."""
    with pytest.raises(ValueError, match="1 to 64 characters"):
        authority.issue_client(name)


def test_somebody_elses_key_can_be_certified(authority: Authority) -> None:
    """For a signing request the key stays where it is; only keys that TLS here can use are taken."""
    own = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = own.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    identity = authority.issue_client("client", public_key_pem=pem)
    assert identity.key_pem == b""
    assert leaf(identity).public_key() == own
    odd = ed25519.Ed25519PrivateKey.generate().public_key()
    with pytest.raises(ValueError, match="neither"):
        authority.issue_client(
            "client", public_key_pem=odd.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )


def test_an_authority_can_be_written_and_read(authority: Authority) -> None:
    """It is the same one afterwards, down to the serial revoked at its birth."""
    again = Authority.load(authority.certificate_pem, authority.key_pem, now=now)
    assert (again.fingerprint, again.revoked_serial) == (authority.fingerprint, authority.revoked_serial)
    assert again.issued(leaf(authority.issue_client("client")))
    assert not again.issued(leaf(Authority(now=now).issue_client("client")))


def test_trustmes_authority_can_be_read() -> None:
    """A user's own test authority works."""
    made = trustme.CA(key_type=trustme.KeyType.RSA)
    authority = Authority.load(made.cert_pem.bytes(), made.private_key_pem.bytes(), now=now)
    assert authority.issued(leaf(authority.issue_client("client")))


@pytest.mark.parametrize("homemade", [False, True])
def test_what_an_intermediate_signs_needs_its_certificate(
    authority: Authority, tmp_path: Path, homemade: bool
) -> None:
    """OpenSSL finds no way from the leaf to the root without it, and one with it (RFC 5280 §6.1)."""
    root = Authority.load(*bare(ca=True), now=now) if homemade else authority
    identity = root.intermediate().issue_server(["localhost"], issuer_url="http://example.com/it.der")
    own, above = x509.load_pem_x509_certificates(identity.certificate_pem)
    [access] = own.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert access.access_location.value == "http://example.com/it.der"
    for name, pem in {"ca": root.certificate_pem, "above": certificate_pem(above)}.items():
        (tmp_path / f"{name}.pem").write_bytes(pem)
    write_identity(tmp_path, "leaf", identity)
    words = ["openssl", "verify", "-CAfile", "ca.pem"]
    for more, status in ([], 2), (["-untrusted", "above.pem"], 0):
        done = subprocess.run([*words, *more, "leaf.pem"], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == status, done.stderr


def test_what_is_no_authority_is_refused(authority: Authority) -> None:
    """A leaf, a leaf without constraints, and an authority with another one's key."""
    client = authority.issue_client("client")
    with pytest.raises(ValueError, match="not an authority"):
        Authority.load(client.certificate_pem, client.key_pem, now=now)
    with pytest.raises(ValueError, match="not an authority"):
        Authority.load(*bare(ca=False), now=now)
    with pytest.raises(ValueError, match="does not belong"):
        Authority.load(authority.certificate_pem, Authority(now=now).key_pem, now=now)


def test_an_authority_without_a_key_identifier_works() -> None:
    """A home-made authority often has no extension but its constraints; its key is identified all the same."""
    authority = Authority.load(*bare(ca=True), now=now)
    client = leaf(authority.issue_client("client"))
    assert authority.issued(client)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority.certificate_pem.decode())
    assert client.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier


def bare(*, ca: bool) -> tuple[bytes, bytes]:
    """A self-signed certificate with no extension, or with basic constraints only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bare")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now())
        .not_valid_after(now() + DAY)
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_an_identity_can_be_written_and_read_and_hides_its_key(authority: Authority) -> None:
    """A key must not reach a log."""
    identity = authority.issue_client("client")
    assert Identity.load(identity.certificate_pem, identity.key_pem) == identity
    assert "PRIVATE" not in repr(identity)
    assert Identity.load(*bare(ca=False)).common_name == "bare"


def test_keys_that_cannot_be_used_are_refused(authority: Authority) -> None:
    """Encrypted ones, and kinds that nothing here signs with."""
    certificate = authority.issue_client("client").certificate_pem
    key = ec.generate_private_key(ec.SECP256R1())
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    with pytest.raises(ValueError, match="encrypted"):
        Identity.load(certificate, locked)
    odd = ed25519.Ed25519PrivateKey.generate()
    pem = odd.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ValueError, match="neither"):
        Identity.load(certificate, pem)


def test_usages_are_what_was_asked_for(authority: Authority) -> None:
    """A client's certificate has clientAuth, unless a bad twin is wanted."""
    for client_auth, usage in (
        (True, ExtendedKeyUsageOID.CLIENT_AUTH),
        (False, ExtendedKeyUsageOID.SERVER_AUTH),
    ):
        certificate = leaf(authority.issue_client("client", client_auth=client_auth))
        assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [usage]
