"""Mock authorization servers that others made, measured beside mockwise in the same run.

Each is installed with its own tool into a throw-away folder and started as its documentation says. Most speak plain
HTTP only, so the comparison leans their way: mockwise pays for mutual TLS in every figure here.
"""
