"""Batches made ahead in a thread, while the student learns from the one before."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator


def prefetched(make: Callable[[int], tuple], first: int) -> Iterator[tuple]:
    """make(first), make(first + 1), … prepared two ahead in a thread, without end."""
    ready: queue.Queue = queue.Queue(maxsize=2)
    stop = threading.Event()

    def work() -> None:
        number = first
        while not stop.is_set():
            try:
                item = make(number)
            except Exception as error:  # noqa: BLE001 -- handed to the training, which raises it
                item = error
            while not stop.is_set():
                try:
                    ready.put(item, timeout=0.5)
                    break
                except queue.Full:
                    continue
            number += 1

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stop.set()
        worker.join()
