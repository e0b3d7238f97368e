"""The TLS cipher suites on offer: OpenSSL's names and IANA's numbers."""

from __future__ import annotations

TLS12_SUITES = {  # ephemeral keys and authenticated encryption only
    "ECDHE-ECDSA-AES128-GCM-SHA256": 0xC02B,
    "ECDHE-RSA-AES128-GCM-SHA256": 0xC02F,
    "ECDHE-ECDSA-AES256-GCM-SHA384": 0xC02C,
    "ECDHE-RSA-AES256-GCM-SHA384": 0xC030,
    "ECDHE-ECDSA-CHACHA20-POLY1305": 0xCCA9,
    "ECDHE-RSA-CHACHA20-POLY1305": 0xCCA8,
}
TLS13_SUITES = {  # OpenSSL's default; Python cannot choose them
    "TLS_AES_128_GCM_SHA256": 0x1301,
    "TLS_AES_256_GCM_SHA384": 0x1302,
    "TLS_CHACHA20_POLY1305_SHA256": 0x1303,
}
SUITES = TLS12_SUITES | TLS13_SUITES
CIPHERS = ":".join(TLS12_SUITES)
