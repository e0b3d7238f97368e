"""What can be done with a sandbox, and with the mock around it: the facade behind Python, command line, control API and dashboard."""
