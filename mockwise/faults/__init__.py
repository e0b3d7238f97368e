"""Faults: their kinds, how they match requests, the queue they wait in, their description, and scenarios."""
