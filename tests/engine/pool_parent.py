"""A program that opens a pool and waits to be killed: python pool_parent.py FOLDER."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from forecast_service.engine.pool import map_in_order, pool


def write_id_and_sleep(folder: str) -> None:
    """Write the process id as a file name, so that the test can find the process."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)


if __name__ == "__main__":
    with pool(2) as executor:
        map_in_order(executor, write_id_and_sleep, [sys.argv[1]] * 2)
