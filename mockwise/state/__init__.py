"""The records of a sandbox and their rules: options, clients, tokens, users, certificates, stubs."""
