"""What mockwise and Wise must both keep: one rule a test, each with its source. README.md says how to run it."""
