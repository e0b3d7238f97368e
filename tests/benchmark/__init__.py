"""How fast mockwise is, beside bare servers on the same machine in the same minute.

    .venv/bin/python -m tests.benchmark [--quick] [--peers] [--only ROW] [--json FILE] [--chart FILE]

A figure alone says more about the machine than about the code. So whatever has a floor, that is, a bare program that
does the same work without being a mock, takes turns with it: A B A B. Each row shows medians with the lowest and
the highest, and the ratio is the median of the ratios of neighbours. Nothing here asserts: a busy machine is no fault.
"""
