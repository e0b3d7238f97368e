"""The app that stands in for Wise."""
