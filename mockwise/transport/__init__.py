"""What must be real: certificates, mutual TLS, sockets. It serves an ASGI app and knows nothing of OAuth."""
