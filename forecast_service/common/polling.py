"""Polling: how long to wait before one looks again at a job that takes its time."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["Polling"]

SHARE = 0.1  # of the time since the job began: a long job needs no quick looks


@dataclass(frozen=True)
class Polling:
    """A pause of at least ``least`` and at most ``most`` seconds between two looks."""

    least: float
    most: float
    jitter: float = 0.0
    """Share by which a pause is shorter or longer at random, so that looks do not come at once."""

    def pause(self, elapsed: float = 0.0) -> float:
        """Seconds until the next look at what began so many seconds ago."""
        seconds = min(max(SHARE * elapsed, self.least), self.most)
        return seconds * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311
