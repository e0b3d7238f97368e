"""A TLS scanner that we did not write judges both listeners, by an explicit list of what may be found."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sslyze.plugins.certificate_info.implementation import CertificateInfoExtraArgument
from sslyze.scanner.models import (
    AllScanCommandsAttempts,
    ScanCommandsExtraArguments,
    ServerScanRequest,
    ServerScanStatusEnum,
)
from sslyze.scanner.scanner import Scanner
from sslyze.server_setting import (
    ClientAuthenticationCredentials,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
)

from mockwise import MockWise

CURVES = {"X25519", "X448", "secp256r1", "secp384r1", "secp521r1"}
TLS12 = {  # of `TLS12_SUITES` those for the mock's own certificate, whose key is on P-256; by IANA's names
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
}
TLS13 = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
OLD_TRUST = "ignore:Parsed a serial number:cryptography.utils.CryptographyDeprecationWarning"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockWise]:
    """A running mock that both scans share."""
    with MockWise() as it:
        yield it


@pytest.fixture(params=["mtls", "tls"])
def found(mock: MockWise, request: pytest.FixtureRequest) -> AllScanCommandsAttempts:
    """What sslyze finds out about the mock's hosts."""
    box = mock.default
    location = httpx.URL({"mtls": box.mtls_url, "tls": box.tls_url}[request.param])
    assert location.port
    credentials = ClientAuthenticationCredentials(box.cert_file, box.key_file)
    scanner = Scanner()
    scanner.queue_scans(
        [
            ServerScanRequest(
                server_location=ServerNetworkLocation("localhost", location.port, location.host),
                network_configuration=ServerNetworkConfiguration(
                    "localhost",
                    tls_client_auth_credentials=credentials if request.param == "mtls" else None,
                ),
                scan_commands_extra_arguments=ScanCommandsExtraArguments(
                    certificate_info=CertificateInfoExtraArgument(custom_ca_file=box.ca_file)
                ),
            )
        ]
    )
    (it,) = scanner.get_results()
    assert it.scan_status is ServerScanStatusEnum.COMPLETED, it.connectivity_error_trace
    assert it.scan_result
    return it.scan_result


@pytest.mark.filterwarnings(OLD_TRUST)  # of a trust store that sslyze brings
def test_a_scanner_finds_nothing_weaker_than_intended(found: AllScanCommandsAttempts) -> None:
    """RFC 9325: TLS 1.2 and 1.3 only, ephemeral keys and authenticated encryption only, none of the known holes.

    A scan that fails has no result, and so fails here.
    """
    versions = {
        name.removesuffix("_cipher_suites"): {
            it.cipher_suite.name for it in attempt.result.accepted_cipher_suites
        }
        for name, attempt in vars(found).items()
        if name.endswith("_cipher_suites")
    }
    old: dict[str, set[str]] = {name: set() for name in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1")}
    assert versions == old | {"tls_1_2": TLS12, "tls_1_3": TLS13}

    assert found.elliptic_curves.result
    assert found.elliptic_curves.result.supported_curves
    assert {it.name for it in found.elliptic_curves.result.supported_curves} <= CURVES
    for attempt, expected in (
        (found.tls_compression, {"supports_compression": False}),
        (found.tls_1_3_early_data, {"supports_early_data": False}),
        (found.openssl_ccs_injection, {"is_vulnerable_to_ccs_injection": False}),
        (found.heartbleed, {"is_vulnerable_to_heartbleed": False}),
        (found.tls_fallback_scsv, {"supports_fallback_scsv": True}),
        (found.tls_extended_master_secret, {"supports_ems_extension": True}),
        (
            found.session_renegotiation,
            {
                "supports_secure_renegotiation": True,
                "is_vulnerable_to_client_renegotiation_dos": False,
                "client_renegotiations_success_count": 0,
            },
        ),
    ):
        assert vars(attempt.result) == expected
    assert found.robot.result
    assert found.robot.result.robot_result.name == "NOT_VULNERABLE_RSA_NOT_SUPPORTED"
    # Tickets would outlive a change of trust; the cache of session ids ends with it (`context.py`).
    assert found.session_resumption.result
    assert found.session_resumption.result.tls_ticket_resumption_result.name == "NOT_SUPPORTED"


@pytest.mark.filterwarnings(OLD_TRUST)  # of a trust store that sslyze brings
def test_a_scanner_finds_the_chain_in_order(found: AllScanCommandsAttempts) -> None:
    """RFC 8446 section 4.4.2: it leads to the mock's own authority, and to none that the world trusts."""
    assert found.certificate_info.result
    (shown,) = found.certificate_info.result.certificate_deployments
    assert shown.verified_certificate_chain
    assert shown.received_chain_has_valid_order
    assert not shown.verified_chain_has_sha1_signature
    assert not shown.verified_chain_has_legacy_symantec_anchor
    own = [
        it.was_validation_successful
        for it in shown.path_validation_results
        if it.trust_store.name.startswith("Supplied")
    ]
    others = [it for it in shown.path_validation_results if not it.trust_store.name.startswith("Supplied")]
    assert own == [True]
    assert not [it for it in others if it.was_validation_successful]
