"""The URL that commands call if they are given none."""

DEFAULT_CONTROL_URL = "http://127.0.0.1:8445"
"""The control host of a `serve` that was given no port, and the one that other commands call by default."""
