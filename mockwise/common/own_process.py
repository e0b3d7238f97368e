"""What a process does that has nothing to do but to run a mock, so that no request waits long for what is beside it.

In a process of its user's, as of a test, a mock changes none of this: it is as its owner wants it.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SWITCH = 0.0005  # seconds that a thread may go on while others wait; Python says 0.005
_OLDEST = 2  # the generation whose collection looks at everything

_owners: list[object] = []


@contextmanager
def own_process() -> Iterator[None]:
    """Until the end, threads take shorter turns, and the garbage collector looks at nothing a second time.

    A full collection stops all threads, and the longer the more tokens are remembered. So what one finds in use is set
    aside. It is freed as ever when nobody holds it any more; only rings are not, and the mock's records are none.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    owner = object()
    _owners.append(owner)
    gc.callbacks.append(_collected)
    try:
        yield
    finally:
        gc.callbacks.remove(_collected)
        _owners.remove(owner)
        sys.setswitchinterval(before)


def set_aside() -> None:
    """Have the collector never look at what there is now, because it stays; not in a process of somebody else's."""
    if _owners:
        gc.freeze()


def _collected(phase: str, info: dict[str, int]) -> None:
    if phase == "stop" and info["generation"] == _OLDEST:
        gc.freeze()
