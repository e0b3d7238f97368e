"""What a fork of the mock's process asks its control host, since it has but a copy of the state."""

from __future__ import annotations

import http.client
import json
from datetime import datetime
from urllib.parse import quote, urlsplit

from mockwise.errors import MockwiseError

_PATIENCE = 30.0  # seconds


def ask_time(control_url: str, control_token: str | None, sandbox: str) -> datetime:
    """The time on the clock of a sandbox, of the mock whose control host this is.

    Raises:
        MockwiseError: the mock is gone, or the sandbox is.
    """
    headers = {} if control_token is None else {"Authorization": f"Bearer {control_token}"}
    connection = http.client.HTTPConnection(urlsplit(control_url).netloc, timeout=_PATIENCE)
    try:
        connection.request("GET", f"/sandboxes/{quote(sandbox, safe='')}/clock", headers=headers)
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise MockwiseError(
            f"the mock does not answer at {control_url} ({error}): what is forked from its process works as "
            "long as that one runs"
        ) from None
    finally:
        connection.close()
    if "now" not in answer:
        raise MockwiseError(answer["message"])
    return datetime.fromisoformat(answer["now"])
