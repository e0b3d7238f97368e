"""mockwise."""
