"""Why a request was refused, in words: what is odd about what the peer sent, and what to do about it.

Nothing here decides anything: it is asked after a refusal, and only then. A reason is ASCII, and never repeats what the
peer sent; it may name the ids of clients that the mock knows. The phrases are data: a table in each module.
"""
