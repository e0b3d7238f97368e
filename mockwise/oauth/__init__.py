"""The protocol, without I/O: what is asked and answered at the token endpoint and with a bearer token."""
