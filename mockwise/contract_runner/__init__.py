"""Runs `contract/` in a process of its own and reports which rules are kept.

The rules know nothing of this package and run under plain pytest too. The results come in a file of JSON lines that
the rules' `recorder.py` writes: pytest's text is not parsed, and the plugins, the configuration and the conftest
files of the calling project are not used.
"""

from mockwise.contract_runner.run import BROKEN, INTERRUPTED, KEPT, UNABLE, run_contract

__all__ = ["BROKEN", "INTERRUPTED", "KEPT", "UNABLE", "run_contract"]
