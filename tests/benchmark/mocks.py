"""Mocks for being measured. Run as a subprocess.

`serve FORMAT [STATE CERTS]` serves until there is no more input. `start` starts one in this fresh process and says how long it took.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from mockwise import MockWise
from tests.benchmark.children import obey
from tests.benchmark.load import fetch, mock_target


def serve(token_format: str, *kept: str) -> None:
    """A mock in a process of its own, without anybody watching; `kept` is where its state is, and its certificates."""
    options: dict[str, Any] = dict(zip(("state", "certs"), kept, strict=False))
    with MockWise(token_format=token_format, **options) as mock:
        obey(mock.default.environ(), time.process_time)


def start(token_format: str) -> None:
    """Start one, all imports done, and get a token from it."""
    began = time.perf_counter()
    with MockWise(token_format=token_format) as mock:
        served = time.perf_counter()
        fetch(mock_target(mock.default.environ()))
        fetched = time.perf_counter()
    obey({"serving": 1000 * (served - began), "token": 1000 * (fetched - began)}, lambda: None)


if __name__ == "__main__":
    {"serve": serve, "start": start}[sys.argv[1]](*sys.argv[2:])
