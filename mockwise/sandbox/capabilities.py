"""What can be done with a mock and a sandbox, and through which doors: one row for each public method and property.

Python has all of it. The command line, the control API and the dashboard translate to the same methods. A cell names
what serves a capability there, or says why nothing does: `Reason` that nothing can or need be there, `MISSING` that
nothing is there yet. A new method gets a row, and a new command, route or form is named in one: `tests/test_capabilities.py`
holds the table against all four doors, and docs/parity.md is made from it.

Records that are handed out (`User`, `IssuedToken`, `Exchange` and the like) are data without methods that do anything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a door has nothing for a capability, and need not have."""

    text: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A door has nothing for a capability yet, though it could."""


MISSING = Missing()

Cell = str | tuple[str, ...] | Reason | Missing
"""What serves a capability through a door, or why nothing does."""


@dataclass(frozen=True, slots=True)
class Capability:
    """A public method or property, and its doors beside Python."""

    owners: tuple[str, ...]
    """The classes that have it."""
    name: str
    command: Cell
    """A command, with the option or argument that asks for it, as in `revoke --client`."""
    control: Cell
    """A route of the control API, as in `POST /sandboxes`."""
    dashboard: Cell
    """`form NAME`, `file NAME`, `page` (that of a sandbox), or `page NAME` for another one."""

    @property
    def cells(self) -> tuple[Cell, Cell, Cell]:
        """What the command line, the control API and the dashboard have of it."""
        return self.command, self.control, self.dashboard


PYTHON = Reason("it takes or gives an object of the caller's own process, which only Python has")
ASSERTION = Reason("it is an assertion for tests in Python; other languages judge what the lists show")
CALLER = Reason("a program that calls over HTTP has a client of its own")
ALREADY_THERE = Reason("who asks there has the address already")
FILES = Reason("files are on the mock's own machine; here the certificate and the key are given as text")
DOWNLOAD = Reason("here the certificate and the key are downloaded")
PROCESS = Reason("a mock begins and ends with the process that runs it")
NAMED = Reason("commands name a sandbox with `--sandbox`, a client with `--client`")
IN_PATH = Reason("a path names the sandbox and the client")
INSIDE = Reason("the mock's own use")
STREAM = Reason("a stream ends when its reader leaves")
SHORTER = Reason("a shorter way to write a search in Python")
WITH_NEXT = Reason("the answer of each route that ends links says how many")
IN_FILES = Reason("`mockwise env` names the file")

_SANDBOX = "/sandboxes/{name}"
_CLIENT = f"{_SANDBOX}/clients/{{client_id}}"
_USER = f"{_SANDBOX}/users/{{user}}"
_CREDENTIALS = f"GET {_SANDBOX}/credentials"


def _rows(owners: str, *rows: tuple[str, Cell, Cell, Cell]) -> tuple[Capability, ...]:
    return tuple(Capability(tuple(owners.split()), *row) for row in rows)


CAPABILITIES: tuple[Capability, ...] = (
    # A mock, and where it is.
    *_rows(
        "MockWise",
        ("start", ("serve", "run"), PROCESS, PROCESS),
        ("stop", ("serve", "run"), PROCESS, PROCESS),
        ("forked", PYTHON, PYTHON, PYTHON),
        ("settings", MISSING, "GET /settings", MISSING),
        ("state", "serve", "GET /settings", MISSING),
        ("sandbox", "sandboxes make", "POST /sandboxes", "form open-sandbox"),
        ("sandbox_named", NAMED, f"GET {_SANDBOX}", "page"),
        ("default", NAMED, IN_PATH, "page"),
        ("sandboxes", ("status", "sandboxes list"), "GET /sandboxes", "page"),
        (
            "reports",
            ("run --audit", "run --junit", "run --html"),
            ("GET /audit", "GET /audit/page", "GET /audit/junit"),
            MISSING,
        ),
        ("handshakes", ("status", "handshakes"), "GET /handshakes", "page"),
        ("handshakes_since", "handshakes --since", "GET /handshakes", MISSING),
        ("forget_handshakes", "handshakes --forget", "DELETE /handshakes", MISSING),
        ("watch", ("serve", "journal --follow"), f"GET {_SANDBOX}/exchanges/stream", "page"),
        ("unwatch", STREAM, STREAM, STREAM),
        ("new_authority", PYTHON, PYTHON, PYTHON),
        ("load_authority", "authority trust", "POST /authority/trust", MISSING),
        ("trust", "authority trust", "POST /authority/trust", MISSING),
        ("distrust", "authority distrust", "POST /authority/distrust", MISSING),
        ("trusted", "authority show", "GET /authority", MISSING),
        (
            "rotate_server_certificate",
            "authority rotate-server-certificate",
            "POST /authority/server-certificate",
            MISSING,
        ),
        ("rotate_authority", "authority rotate", "POST /authority/rotation", MISSING),
        ("rotation", "authority rotation", "GET /authority/rotation", MISSING),
    ),
    *_rows(
        "MockWise Sandbox",
        ("mtls_url", ("status", "env"), f"GET {_SANDBOX}", "page"),
        ("tls_url", ("status", "env"), f"GET {_SANDBOX}", "page"),
        ("control_url", "env", _CREDENTIALS, ALREADY_THERE),
        ("ca_file", "env", f"GET {_SANDBOX}/environ", "page"),
        ("ca_pem", IN_FILES, _CREDENTIALS, "file ca.pem"),
        ("trust_store", MISSING, f"POST {_SANDBOX}/truststore", "file truststore.p12"),
        ("bad_server", "serve --bad-servers", "POST /bad-servers/{kind}", MISSING),
        ("bad_servers", "serve --bad-servers", "POST /bad-servers", MISSING),
        ("running_bad_servers", "serve --bad-servers", "GET /bad-servers", MISSING),
    ),
    *_rows(
        "CaRotation",
        ("switch_server", "authority switch", "POST /authority/rotation/switch", MISSING),
        ("finish", "authority finish", "POST /authority/rotation/finish", MISSING),
        ("switched", "authority rotation", "GET /authority/rotation", MISSING),
        ("over", "authority rotation", "GET /authority/rotation", MISSING),
    ),
    *_rows(
        "Authority",
        *(
            (name, PYTHON, PYTHON, PYTHON)
            for name in (
                *("intermediate", "issue_client", "issue_server", "issued"),
                *("listed", "load", "revocation_list", "signed"),
            )
        ),
    ),
    # A sandbox, its options, and its end.
    *_rows(
        "Sandbox",
        ("name", "status", f"GET {_SANDBOX}", "page"),
        ("status", "status", f"GET {_SANDBOX}", "page"),
        ("options", "status --json", f"GET {_SANDBOX}", MISSING),
        ("scenario", "status --json", f"GET {_SANDBOX}", MISSING),
        ("strict", "status --json", f"GET {_SANDBOX}", MISSING),
        ("seed", "status --json", f"GET {_SANDBOX}", MISSING),
        ("unspent_faults", "status --json", f"GET {_SANDBOX}", MISSING),
        ("environ", "env", f"GET {_SANDBOX}/environ", "page"),
        ("reset", "reset", f"POST {_SANDBOX}/reset", "form reset"),
        ("close", "sandboxes drop", f"DELETE {_SANDBOX}", MISSING),
        # Its clock.
        ("now", "status", f"GET {_SANDBOX}/clock", "page"),
        ("clock", "status", f"GET {_SANDBOX}/clock", "page"),
        ("advance", "advance", f"POST {_SANDBOX}/clock/advance", "form advance"),
        ("freeze", "freeze", f"POST {_SANDBOX}/clock/freeze", "form freeze"),
        ("resume", "resume", f"POST {_SANDBOX}/clock/resume", "form resume"),
        ("set_time", "set", f"POST {_SANDBOX}/clock/set", "form set"),
        # Its clients.
        ("credentials", "env", _CREDENTIALS, "page"),
        ("token_url", "status --json", f"GET {_SANDBOX}", "page"),
        ("client", ("token", "call"), CALLER, CALLER),
        ("async_client", "token", CALLER, CALLER),
        ("clients", ("status", "clients list"), f"GET {_SANDBOX}/clients", "page"),
        ("credentials_of", NAMED, IN_PATH, "page"),
        ("add_client", "clients add", f"POST {_SANDBOX}/clients", "form add-client"),
        ("suspect_leak", "clients leak", f"POST {_CLIENT}/leak", MISSING),
    ),
    *_rows(
        "Sandbox Credentials",
        ("client_id", ("status", "env"), _CREDENTIALS, "page"),
        ("client_secret", "env", _CREDENTIALS, "page"),
        ("newest_secret", "sandboxes credentials", _CREDENTIALS, MISSING),
        ("cert_file", "env", f"GET {_SANDBOX}/environ", "page"),
        ("key_file", "env", f"GET {_SANDBOX}/environ", "page"),
        ("ssl_context", CALLER, CALLER, CALLER),
        ("rotate_secret", ("rotate", "rotate --client"), f"POST {_CLIENT}/secret", "form rotate"),
        (
            "expire_tokens",
            ("expire", "tokens expire --client"),
            f"POST {_SANDBOX}/tokens/expire",
            "form expire",
        ),
        (
            "revoke_tokens",
            ("revoke", "tokens revoke --client"),
            f"POST {_SANDBOX}/tokens/revoke",
            "form revoke",
        ),
        ("certify", "certificates sign", f"POST {_SANDBOX}/certificates", "form certify"),
        (
            "revoke_certificate",
            ("revoke --certificate", "certificates revoke"),
            f"DELETE {_SANDBOX}/certificates/{{serial}}",
            "form revoke-certificate",
        ),
        ("renew_certificate", MISSING, f"POST {_SANDBOX}/certificates/{{serial}}/renew", MISSING),
    ),
    *_rows(
        "Credentials",
        ("client_key", "status --json", f"GET {_CLIENT}", "page"),
        ("record", "status", f"GET {_CLIENT}", "page"),
        ("revoke", ("revoke --client", "clients revoke"), f"DELETE {_CLIENT}", "form revoke-client"),
        ("files", PYTHON, FILES, DOWNLOAD),
        ("serial", "status", f"GET {_SANDBOX}/certificates", "page"),
        ("certificate_pem", IN_FILES, _CREDENTIALS, "file client.pem"),
        ("key_pem", IN_FILES, _CREDENTIALS, "file client.key"),
        ("key_store", MISSING, f"POST {_SANDBOX}/keystore", "file client.p12"),
    ),
    # Tokens and certificates of all its clients.
    *_rows(
        "Sandbox",
        ("pages", "status", f"GET {_SANDBOX}/tokens", "page"),
        ("find_tokens", ("status", "tokens list"), f"GET {_SANDBOX}/tokens", "page"),
        ("token_status", "status", f"GET {_SANDBOX}/tokens", "page"),
        ("expire_token", ("expire", "tokens expire"), f"POST {_SANDBOX}/tokens/expire", "form expire"),
        ("revoke_token", ("revoke", "tokens revoke"), f"POST {_SANDBOX}/tokens/revoke", "form revoke"),
        ("certificates", ("status", "certificates list"), f"GET {_SANDBOX}/certificates", "page"),
        # Its users, what they granted, and what happens to them.
        ("users", "users list", f"GET {_SANDBOX}/users", "page"),
        ("user", "users show", f"GET {_USER}", "page"),
        ("profiles", "profiles list", f"GET {_USER}", "page"),
        ("add_user", "users add", f"POST {_SANDBOX}/users", "form add-user"),
        ("add_profile", "profiles add", f"POST {_USER}/profiles", MISSING),
        ("personal_token", "personal-token", f"POST {_USER}/personal-tokens", MISSING),
        ("authorize", "consent", f"POST {_SANDBOX}/consents", MISSING),
        ("user_client", CALLER, CALLER, CALLER),
        ("links", "refresh-tokens list", f"GET {_SANDBOX}/links", MISSING),
        ("find_links", "refresh-tokens list --client", f"GET {_SANDBOX}/links", MISSING),
        ("link_status", "refresh-tokens list", f"GET {_SANDBOX}/links", MISSING),
        ("revoke_link", "refresh-tokens revoke", f"POST {_SANDBOX}/links/revoke", MISSING),
        ("watch_links", WITH_NEXT, WITH_NEXT, WITH_NEXT),
        ("change_email", "users change-email", f"POST {_USER}/email", MISSING),
        ("deactivate_user", "users deactivate", f"POST {_USER}/deactivate", MISSING),
        ("claim_account", "users claim", f"POST {_USER}/claim", MISSING),
        ("enhance_security", "users enhance-security", f"POST {_USER}/security", MISSING),
        ("disconnect", "users disconnect", f"POST {_USER}/disconnect", MISSING),
        (
            "transfer_ownership",
            "profiles transfer",
            f"POST {_SANDBOX}/profiles/{{profile_id}}/owner",
            MISSING,
        ),
        # What goes wrong in it, and what it answers in Wise's place.
        ("arm", "arm", f"POST {_SANDBOX}/faults", "form arm"),
        (
            "disarm",
            "disarm",
            (f"DELETE {_SANDBOX}/faults", f"DELETE {_SANDBOX}/faults/{{number}}"),
            "form disarm",
        ),
        ("faults", "status", f"GET {_SANDBOX}/faults", "page"),
        ("assert_faults_spent", ASSERTION, ASSERTION, ASSERTION),
        ("play", "play", f"POST {_SANDBOX}/scenarios/{{scenario}}", "form play"),
        ("stubs", "stubs list", f"GET {_SANDBOX}/stubs", MISSING),
        ("stub", "stubs add", f"POST {_SANDBOX}/stubs", MISSING),
        ("unstub", "stubs remove", f"DELETE {_SANDBOX}/stubs", MISSING),
        # What was asked of it.
        ("journal", "journal", f"GET {_SANDBOX}/exchanges", "page"),
        ("exchanges", "journal", f"GET {_SANDBOX}/exchanges", "page"),
        ("search", "journal --limit", f"GET {_SANDBOX}/exchanges", MISSING),
        ("query", "journal", f"GET {_SANDBOX}/exchanges", MISSING),
        ("token_requests", "journal --path", SHORTER, SHORTER),
        ("count", "journal --count", f"GET {_SANDBOX}/exchanges", MISSING),
        ("assert_requests", ASSERTION, ASSERTION, ASSERTION),
        ("assert_token_requests", ASSERTION, ASSERTION, ASSERTION),
        ("assert_no_refusals", ASSERTION, ASSERTION, ASSERTION),
        ("audit", ("audit", "audit --fail"), f"GET {_SANDBOX}/audit", "page audit"),
        (
            "report",
            ("audit --html", "audit --junit"),
            (f"GET {_SANDBOX}/audit/page", f"GET {_SANDBOX}/audit/junit"),
            "page audit",
        ),
    ),
    *_rows(
        "Journal",
        ("exchanges", "journal", f"GET {_SANDBOX}/exchanges", "page"),
        ("newest_first", "journal", f"GET {_SANDBOX}/exchanges", "page"),
        ("find", MISSING, f"GET {_SANDBOX}/exchanges/{{number}}", "page exchange"),
        ("count", "status", f"GET {_SANDBOX}", "page"),
        ("clear", "forget", f"DELETE {_SANDBOX}/exchanges", MISSING),
        ("watch", "journal --follow", f"GET {_SANDBOX}/exchanges/stream", "page"),
        ("unwatch", STREAM, STREAM, STREAM),
        ("next_number", INSIDE, INSIDE, INSIDE),
        ("write", INSIDE, INSIDE, INSIDE),
    ),
)
"""Every capability, in the order in which docs/parity.md shows them."""

WITHOUT_A_METHOD: dict[str, str] = {
    "mockwise certs": "writes the folder that `MockWise(certs=...)` uses, before there is a mock",
    "mockwise contract": "runs the contract against a server, which need not be a mock",
    "mockwise doctor": "tries a client's way to a token at a server, which need not be a mock",
    "mockwise open": "opens the dashboard in a browser; `MockWise.control_url` is where it is",
    "mockwise scenarios": "lists the built-in scenarios, which belong to no mock; Python has `mockwise.faults.scenarios`",
    "GET /scenarios": "lists what belongs to no mock; Python has `mockwise.faults.scenarios`",
    "GET /options": "lists what belongs to no mock; Python has `mockwise.settings.OPTIONS`",
    "GET /faults": "lists what belongs to no mock; Python has the classes in `mockwise.faults.kinds`",
    "GET /audit-rules": "lists what belongs to no mock; Python has `mockwise.audit.rules`",
    "GET /health": "says that the mock serves; `MockWise.start` returns when it does",
    "POST /oauth/revoke": "the standard RFC 7009, called by a client of the mock; `Sandbox.revoke_token` needs no client",
    "POST /oauth/introspect": "the standard RFC 7662, called by a client of the mock; `Sandbox.find_tokens` needs no client",
    "GET /.well-known/oauth-authorization-server": "the standard RFC 8414; Python has the URLs",
}
"""Commands and routes that no method of a mock or a sandbox stands behind, and why."""
