"""Processes: a child process ends together with its parent."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import wait

__all__ = ["end_with_parent"]


def end_with_parent(before: Callable[[], object] | None = None) -> None:
    """End this process as soon as its parent is gone, for whatever reason.

    ``before`` is called first. Nothing else is cleaned up, because nobody is left to take a result.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        if before is not None:
            before()
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
