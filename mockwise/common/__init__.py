"""Small values that every part uses: time, durations, digests, addresses, header fields, seeded randomness."""
