"""The three HTTP apps: Wise's two hosts, the control API and the dashboard. The one layer that knows FastAPI."""
