"""Days of a mock at full speed: is it as big in the end as it was in the middle?

Tokens are issued, used, refreshed, revoked; secrets rotated; handshakes made and refused; faults armed and spent; and
the sandbox's clock goes round and round. Other sandboxes are made and dropped beside it. Outside CI:

    python -m tests.soak --minutes 60 --json soak.json

Now and then, when nothing is under way, what can leak is counted: resident memory, threads, descriptors, asyncio's
tasks, Python's objects. The first third of the samples is for warming up (journals are rings that fill); the last
third is compared with the one in the middle. Memory may have grown by 2 % and 2 MiB between their medians, objects by
2 % and 2000, and threads, descriptors and tasks not at all between their highest numbers. Exit status 1 if not flat.
"""
