"""Limits that a process sets on itself before it opens what strangers made."""


def memory(size_bytes: int) -> None:
    """Let this process, and all that it starts, hold no more than `size_bytes` of data, for good.

    More raises MemoryError. Windows knows no such limit; there it does nothing.
    """
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (size_bytes, size_bytes))
