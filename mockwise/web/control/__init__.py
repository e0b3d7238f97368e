"""The app that Wise does not have: the control API."""
