"""Replacing the certificate authority while the server runs, as everybody who pins a private authority must.

With an overlap no client fails at any moment, if each does its part: it loads the file that holds both
authorities, and presents the certificate that the new one has signed. At the end the clients that did not are refused,
and finding them is the purpose of a rotation in a test.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Self

from mockwise.pki.folder import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from mockwise.pki.authority import Authority, Identity
    from mockwise.transport.tls.trust import Trust


class TrustAnchors:
    """The authorities that clients are to trust, and the PEM file of them.

    `file` may be in a user's folder at first, where it outlives the server, and is never written to: the first
    change writes `own_file`, which may be the same.
    """

    def __init__(self, authority: Authority, file: Path, own_file: Path) -> None:
        self.authorities: tuple[Authority, ...] = (authority,)
        self.file = file
        self._own_file = own_file

    @property
    def pem(self) -> bytes:
        """The certificates of all authorities that clients are to trust."""
        return b"".join(authority.certificate_pem for authority in self.authorities)

    def replace(self, *authorities: Authority) -> None:
        """Replace the authorities that clients are to trust; the file changes at once or not at all."""
        self.authorities = authorities
        replace_file(self._own_file, self.pem, 0o644)
        self.file = self._own_file


class CaRotation:
    """A change of authority under way: `new` replaces `old`. It is over with `finish()` or its `with` block.

    It begins with the overlap: clients are told to trust both, certificates of both are accepted, `renew` issues the
    clients' certificates anew. The server presents the same certificate as before: a client that knows only the old authority
    notices nothing yet.

    Args:
        trust: the server's identity and the authorities that it trusts.
        anchors: the authorities that clients are to trust.
        new: the new authority.
        issue: makes the server's certificate.
        renew: replaces the clients' certificates that the new authority has not signed.
        retire: called when the old authority's certificates are refused.
        check: raises where a change would reach nobody, as in a forked copy of the process.

    Raises:
        RuntimeError: another rotation is under way.
    """

    def __init__(
        self,
        trust: Trust,
        anchors: TrustAnchors,
        new: Authority,
        *,
        issue: Callable[[Authority], Identity],
        renew: Callable[[], None],
        retire: Callable[[], None],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        if len(anchors.authorities) > 1:
            raise RuntimeError("another change of authority is under way: finish() that one first")
        self.old, self.new = trust.authority, new
        self._trust = trust
        self._anchors = anchors
        self._issue = issue
        self._renew = renew
        self._retire = retire
        self._check = check
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._over = False
        trust.replace_authority(new)
        anchors.replace(self.old, new)
        renew()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process == os.getpid():
            self.finish()

    @property
    def switched(self) -> bool:
        """Whether the server presents a certificate of the new authority."""
        return self._trust.issuer is self.new

    @property
    def over(self) -> bool:
        """Whether the old authority is worth nothing any more."""
        return self._over

    def switch_server(self) -> None:
        """Present a server certificate of the new authority, while old client certificates are still accepted.

        This step between lets one side fail at a time; `finish()` takes it if it was left out.
        """
        self._check()
        with self._lock:
            if not self.switched:
                self._trust.serve_identity(self._issue(self.new), self.new)

    def finish(self) -> None:
        """End the overlap: clients are told to trust the new authority alone, and certificates of the old are refused.

        Twice changes nothing.
        """
        self._check()
        with self._lock:
            if self._over:
                return
            self.switch_server()
            self._trust.remove(self.old)
            self._anchors.replace(self.new)
            self._retire()
            self._renew()  # of clients that could not have another certificate before
            self._over = True
