"""Days of a mock at full speed: is it as big in the end as it was in the middle?

Tokens are issued, used, refreshed, revoked; secrets rotated; handshakes made and refused; faults armed and spent; and
the sandbox's clock goes round and round. Other sandboxes are made and dropped beside it. Outside CI:

    python -m tests.soak --minutes 60 --json soak.json

Now and then, when nothing is under way, what can leak is counted: resident memory, the part of the heap that is given
out (OpenSSL's and the event loop's memory is there, and Python's bytes and texts over half a KiB), threads,
descriptors, asyncio's tasks, Python's blocks of memory, Python's objects. Blocks find what objects do not: a text in a
cache is not among the objects that the collector follows. The first third of the samples is for warming up (journals
are rings that fill); the last third is compared with the one in the middle. Resident memory may have grown by 2 % and
2 MiB between their medians, the heap by 2 % and half a MiB, blocks and objects by 2 % and 2000, and threads,
descriptors and tasks not at all between their highest numbers. Exit status 1 if not flat.
"""
