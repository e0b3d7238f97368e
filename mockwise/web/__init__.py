"""HTTP: the one floor that knows FastAPI."""
