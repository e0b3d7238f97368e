"""Listening: the thread of the event loop, its listeners, its limit of open files, and servers that are bad on purpose."""
