"""What a test changes for the whole mock: whom it trusts, and who it is."""

from __future__ import annotations

from mockwise.errors import ConflictError, InvalidValueError, NotFoundError
from mockwise.pki.authority import Authority
from mockwise.pki.pem import fingerprint_of
from mockwise.real_time import real_now
from mockwise.sandbox.urls import HostUrls
from mockwise.transport.tls.ca_rotation import CaRotation


class TrustControls(HostUrls):
    """Trust and rotation: all sandboxes of the mock see them."""

    def new_authority(self, name: str) -> Authority:
        """Make another certificate authority, which is not trusted until `trust` says so."""
        return Authority(name, now=real_now)

    def load_authority(self, certificate: str, key: str) -> Authority:
        """Read a certificate authority of yours, which is not trusted until `trust` says so.

        Args:
            certificate: its certificate, PEM.
            key: its private key, PEM: TLS wants a revocation list of each authority, which the mock signs with it.

        Raises:
            InvalidValueError: one cannot be read, they do not belong together, or it may not sign certificates.
        """
        try:
            return Authority.load(certificate.encode(), key.encode(), now=real_now)
        except ValueError as error:
            raise InvalidValueError(f"certificate, key: {error}") from None

    def trust(self, authority: Authority) -> None:
        """Accept client certificates of this authority too, from the next handshake on."""
        self._context.trust.add(_checked(authority))

    def distrust(self, authority: Authority | str) -> None:
        """Accept client certificates of this authority no longer, from the next handshake on.

        Args:
            authority: what `new_authority` or `load_authority` made; or the certificate of one that is trusted, PEM.

        Raises:
            InvalidValueError: it is neither.
            NotFoundError: the authority of that certificate is not trusted.
            ConflictError: the certificate is of the mock's own authority.
        """
        if isinstance(authority, str):
            authority = self._trusted_by(authority)
        self._context.trust.remove(_checked(authority))

    @property
    def trusted(self) -> list[Authority]:
        """The authorities whose client certificates are accepted now, the mock's own among them."""
        return list(self._context.trust.authorities)

    def rotate_server_certificate(self) -> None:
        """Show clients a new server certificate of the same authority, from the next handshake on."""
        trust = self._context.trust
        trust.serve_identity(self._context.issue_server(trust.issuer))

    def rotate_authority(self, *, overlap: bool = True) -> CaRotation:
        """Replace the certificate authority while clients are at work, as a drill that `finish()` ends.

            with mock.rotate_authority() as drill:
                ...  # the overlap: both are trusted on both sides, and ca_file holds both
                drill.switch_server()  # if you like: from here on the server shows a certificate of the new one
                ...
            ...  # the old one is worth nothing any more

        At the start every client certificate that was asked for is replaced by one of the new authority, in the same
        files; old ones stay good until the end. So who loads `ca_file`, `cert_file` and `key_file` again during the
        overlap notices nothing at all; at the end everybody else is refused, and refuses. Without an overlap the
        drill is over at once. In a mock with a `certs` folder that folder is left alone: the change is for this run,
        and the files get other names.

        Raises:
            MockwiseError: another drill is under way.
        """
        drill = self._context.rotate_authority()
        if not overlap:
            drill.finish()
        return drill

    @property
    def rotation(self) -> CaRotation:
        """The change of authority that `rotate_authority` has begun, by whichever door, and that is not over.

        Raises:
            NotFoundError: there is none.
        """
        return self._context.rotation

    def _trusted_by(self, certificate: str) -> Authority:
        """The authority whose certificate that is."""
        try:
            fingerprint = fingerprint_of(certificate.encode())
        except ValueError as error:
            raise InvalidValueError(f"certificate: {error}") from None
        if any(it.fingerprint == fingerprint for it in self._context.anchors.authorities):
            raise ConflictError(
                "this is the mock's own authority, without which nobody is let in: rotate it to be rid of it"
            )
        found = [it for it in self.trusted if it.fingerprint == fingerprint]
        if not found:
            raise NotFoundError("this authority is not trusted: its certificate is none of those listed")
        return found[0]


def _checked(authority: object) -> Authority:
    if not isinstance(authority, Authority):
        raise InvalidValueError(f"an authority is what new_authority() makes: {authority!r}")
    return authority
