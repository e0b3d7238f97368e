"""Certificates on disk and in memory: the authority, client and server certificates, key stores, signing requests."""
