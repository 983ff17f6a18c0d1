"""Polling: how long to wait before the next check of a job."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["Polling"]

SHARE = 0.1  # pause as share of the time since the job began: a long job needs few checks


@dataclass(frozen=True)
class Polling:
    """A pause of at least ``least`` and at most ``most`` seconds between two checks."""

    least: float
    most: float
    jitter: float = 0.0
    """Share by which a pause is randomly shorter or longer, so that checks do not coincide."""

    def pause(self, elapsed: float = 0.0) -> float:
        """Seconds until the next check of a job that began ``elapsed`` seconds ago."""
        seconds = min(max(SHARE * elapsed, self.least), self.most)
        return seconds * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311
