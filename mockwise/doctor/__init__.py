"""Finds out why a client gets no token: from its files over the network to the server's answer.

Nothing here prints, and no text of a check holds a secret.
"""

from mockwise.doctor.check import CODES, Check, Status
from mockwise.doctor.inputs import Inputs
from mockwise.doctor.journal import ReadControl
from mockwise.doctor.runner import diagnose

__all__ = ["CODES", "Check", "Inputs", "ReadControl", "Status", "diagnose"]
