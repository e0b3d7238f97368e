"""What the rules read of a sandbox."""

from __future__ import annotations

from mockwise.audit.audit_input import audit_input_of
from mockwise.audit.auditing import examine
from mockwise.common.clock import wall_now
from mockwise.journal.journal import Exchange
from mockwise.state.options import SandboxOptions
from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import TokenState, application
from mockwise.storage.memory import MemoryStore
from tests.audit.journal_builder import HOUR, JournalBuilder


class FixedEntry:
    """An entry of a journal that is told already."""

    size = 0

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.number = exchange.number

    def exchange(self) -> Exchange:
        """The exchange that this entry stands for, as it was made."""
        return self._exchange


def sandbox(builder: JournalBuilder) -> SandboxState:
    """A sandbox with that journal."""
    box = Registry(MemoryStore(), SandboxOptions(), wall_now).default
    for it in builder.exchanges:
        box.journal.write(FixedEntry(it))
    return box


def test_an_untouched_sandbox_has_no_findings() -> None:
    """A sandbox that nobody asked for anything has no findings."""
    box = sandbox(JournalBuilder())
    assert list(examine(box).findings) == []
    assert examine(box).sandbox == "default"


def test_tokens_are_those_of_the_sandbox() -> None:
    """With what became of them."""
    box = sandbox(JournalBuilder())
    box.clients.add(client_id="app", client_secret="s")
    token = box.tokens.issue("text", application("app"), box.clock.now(), None)
    box.tokens.revoke("text")
    assert audit_input_of(box).lives[token.digest].status.state is TokenState.REVOKED


def test_tokens_that_the_sandbox_forgot_are_read_from_the_journal() -> None:
    """They are swept long after their end, and the journal goes on: over, refused, or alive as far as is known."""
    builder = JournalBuilder()
    builder.fetch("over", -HOUR, life=60)
    builder.fetch("refused", -HOUR, link="link")
    for number in range(2):
        builder.call("refused", number, status=401)
    builder.call("unknown", status=401)
    builder.fetch("alive", 1e9)
    builder.fetch("alive", 1e9)
    builder.fetch("untold", response_body="")
    lives = audit_input_of(sandbox(builder)).lives
    assert {digest: it.status.state for digest, it in lives.items()} == {
        "over": TokenState.EXPIRED,
        "refused": TokenState.REVOKED,
        "alive": TokenState.LIVE,
    }
    assert lives["refused"].status.at == builder.exchanges[2].time
    assert (lives["refused"].token.kind, lives["over"].token.kind) == ("user", "client_credentials")
