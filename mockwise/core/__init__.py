"""What a sandbox is: clock, clients, certificates, tokens, journal, and the store beneath them."""
