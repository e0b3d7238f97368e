"""`python -m mockwise`, for where the script is not on the path."""

from mockwise.cli import main

main()
