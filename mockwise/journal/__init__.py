"""The journal of a sandbox: what was asked and answered, and how it is searched."""
