"""Trying the contract: runs `contract/` in a process of its own and reports which rules are kept.

The rules know nothing of this package and run under plain pytest too. What ties the two is a file of JSON lines that
the rules' `recorder.py` writes: nothing is parsed out of pytest's text, and pytest's plugins, configuration and
conftest files of whoever calls this have no say.
"""

from mockwise.contract_runner.run import BROKEN, INTERRUPTED, KEPT, UNABLE, run_contract

__all__ = ["BROKEN", "INTERRUPTED", "KEPT", "UNABLE", "run_contract"]
