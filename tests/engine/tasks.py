"""Functions for the tests to run in the processes of a pool."""

from __future__ import annotations

import os
import tempfile
import time


def sleep_then_return(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def process_id(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def refuse_odd(number: int) -> int:
    if number % 2:
        raise ValueError(f"no {number}")
    return number


def surroundings(_: int) -> tuple[str, str]:
    """The limit of BLAS threads in the environment, and the folder of temporary files."""
    return os.environ["OMP_NUM_THREADS"], tempfile.gettempdir()
