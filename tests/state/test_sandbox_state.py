from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.state.clients import ClientSecret
from mockwise.state.directory import OwnClient
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.state.tokens import ReusableToken, application
from mockwise.state.users import UserSpec
from mockwise.storage.store import Record
from tests.state.helpers import NOON, FakeClock

HOUR = timedelta(hours=1)


def test_sandboxes_are_isolated(registry: Registry) -> None:
    """What is done to one sandbox is not seen in another (mock-only)."""
    one, other = registry.add("one", SandboxOptions()), registry.add("other", SandboxOptions())
    registry.add_client(one, client_id="app")
    one.tokens.issue("text", application("app"), one.clock.now(), HOUR)
    one.certificates.record("app", "0a", NOON, NOON)
    one.users.add(UserSpec(email="ma@wise.test"))
    one.journal.next_number()
    one.clock.advance(HOUR)
    assert other.clients.all() == []
    assert other.tokens.all() == []
    assert other.certificates.all() == []
    assert other.users.of_email("ma@wise.test") is None
    assert other.journal.next_number() == 1
    assert other.clock.now() == NOON


def test_all_parts_follow_the_sandboxs_clock(registry: Registry, wall_clock: FakeClock) -> None:
    """Tokens, secrets and revocations are timed by the one clock of their sandbox (common.clock)."""
    box = registry.default
    registry.add_client(box, client_id="app")
    box.clock.freeze()
    wall_clock.move(5 * HOUR)
    box.certificates.record("app", "0a", NOON, NOON)
    assert box.certificates.revoke("0a").revoked_at == NOON
    box.tokens.issue("text", application("app"), box.clock.now(), HOUR)
    assert box.tokens.revoke("text").revoked_at == NOON
    box.clients.revoke("app")
    assert [client.revoked_at for client in box.clients.all()] == [NOON]


def test_policies_are_the_sandboxs_own(registry: Registry) -> None:
    """Switches differ from sandbox to sandbox (mock-only)."""
    loose = registry.add("loose", SandboxOptions(mtls="optional"))
    assert registry.add_client(loose).mtls == "optional"
    assert registry.add_client(registry.default).mtls == "required"


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        (ClientSecret("s3cret", NOON), f"ClientSecret(ends_at={NOON!r})"),
        (OwnClient("app", "s3cret"), "OwnClient(client_id='app')"),
        (ReusableToken("s3cret", "ab"), "ReusableToken(digest='ab')"),
    ],
)
def test_a_record_does_not_show_its_secret(record: Record, shown: str) -> None:
    """Neither in a log nor in a failed assertion (docs/architecture.md)."""
    assert repr(record) == shown
