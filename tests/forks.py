"""Programs that fork, each in a process of its own: the tests' own process has threads that a copy would lack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PATIENCE = 60.0  # seconds
_HEAD = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 and later warn of threads at each fork
import httpx
from mockwise import MockWise

def token(box):
    with httpx.Client(verify=box.ssl_context(), trust_env=False) as client:
        auth = (box.client_id, box.client_secret)
        return client.post(box.token_url, auth=auth, data={"grant_type": "client_credentials"}).status_code

def forked(work):
    "What a copy of the process prints, and with which status it ends."
    if (child := os.fork()) == 0:
        work()
        sys.stdout.flush()
        sys.exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

"""


def run_forking(program: str, *arguments: str, folder: Path) -> list[str]:
    """The lines that a program prints, which must end well and print no error."""
    done = subprocess.run(
        [sys.executable, "-u", "-c", _HEAD + program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout.splitlines()
