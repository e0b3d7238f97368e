"""Checks of how the server takes the client: its certificate, in a handshake and a request; and the clocks of both.

The request is Wise's own for tries of mutual TLS, without a token: every answer to it, whatever its status, proves
that the TLS connection was accepted.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from mockwise.doctor.alerts import ALERTS, words_of_clients
from mockwise.doctor.certificate import check_dates
from mockwise.doctor.check import Check, failed, not_tried, passed
from mockwise.doctor.files import Material
from mockwise.doctor.handshake import Handshake, shake_hands
from mockwise.doctor.network import Route

PLAYGROUND = "/v1/authenticated/playground"
"""Wise's operation for tries of mutual TLS (docs/wise/mtls.md#certificates)."""
_LARGEST_SKEW = timedelta(minutes=1)


def examine_acceptance(route: Route, material: Material) -> tuple[Check, Handshake]:
    """Check that the server accepts the TLS connection, with the client certificate if there is one."""
    code = "tls.certificate"
    request = (
        f"GET {PLAYGROUND} HTTP/1.1\r\nHost: {route.authority}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
    seen = shake_hands(route, material.context(certificate=True), request.encode())
    shown = "the client certificate" if material.presents else "a client without a certificate"
    if seen.error is None:
        late = ", and answers after it" if seen.version == "TLSv1.3" else ""
        return passed(code, f"the server accepts {shown} ({seen.version}){late}"), seen
    if seen.alert is not None and isinstance(seen.error, ssl.SSLError):
        known = ALERTS.get(seen.alert)
        cause = f"the server refuses {shown} with the alert {seen.alert}"
        remedy = "look the alert up in RFC 8446 section 6.2"
        if known is not None:
            cause, remedy = f"{cause}: {known.cause}", known.remedy.replace("FILE", material.shown)
        if seen.version == "TLSv1.3":
            cause += "; under TLS 1.3 it comes after the handshake, so that programs may report it as an error of reading"
        return failed(code, cause, remedy, clients=words_of_clients(seen.alert)), seen
    cause = f"the server ends the connection with {shown} and says nothing: {_spell(seen.error)}"
    remedy = "try openssl s_client -connect with -cert and -key; a load balancer may refuse certificates in this way"
    return failed(code, cause, remedy), seen


def examine_clocks(seen: Handshake, material: Material, now: datetime) -> Iterator[Check]:
    """Check the clock of this machine, and the client certificate by the server's, if it told its time."""
    skew, dates = "clock.skew", "certificate.dates-there"
    there = _date(seen.head)
    if there is None:
        yield not_tried(skew, "the answer has no date")
        yield not_tried(dates, "the answer has no date")
        return
    apart = now - there
    if abs(apart) > _LARGEST_SKEW:
        ahead = "ahead of" if apart > timedelta() else "behind"
        cause = f"the clock of this machine is {abs(apart)} {ahead} the server's, whose Date is {there:%Y-%m-%d %H:%M:%S} UTC"
        remedy = "set the clock of this machine: timedatectl set-ntp true; times of tokens and certificates go by it"
        yield failed(skew, cause.replace("day, ", "day and ").replace("days, ", "days and "), remedy)
    else:
        yield passed(skew, "the clocks agree to a minute")
    if material.chain:
        yield check_dates(dates, material.chain[0], there, "by the clock of the server")
    else:
        yield not_tried(dates, "there is no client certificate")


def _date(head: bytes) -> datetime | None:
    """The time in the `Date` header of an answer."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"date":
            try:
                moment = parsedate_to_datetime(value.decode("latin-1").strip())
            except (ValueError, OverflowError):
                return None
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _spell(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
