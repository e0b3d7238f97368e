"""TLS: handshakes with the right alerts, live trust, and what is known of the peer."""
