"""HeartBeat: a thread that renews the leases of a worker and reports lost ones."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType

from forecast_service.errors import BackendUnavailable, LeaseLost
from forecast_service.storage.queue import Claim, Queue

__all__ = ["HeartBeat"]

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5  # between two checks for a cancellation; each is one read
BEATS_PER_LEASE = 3
STOP_SECONDS = 5.0

OnEnd = Callable[[str], None]
"""Called once in the thread, with ``cancelled`` or ``lost``."""


class HeartBeat:
    """Renews the leases of its claims while the process does other work.

    The database checks leases, not this thread: a process that was frozen for an hour has lost its
    claims and can write nothing.
    """

    def __init__(self, queue: Queue, tick: Callable[[], None] | None = None) -> None:
        self.queue = queue
        self.tick = tick
        self._claims: dict[str, tuple[Claim, OnEnd]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> HeartBeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def add(self, claim: Claim, on_end: OnEnd) -> None:
        """Renew the lease of this claim until it is removed, cancelled or lost."""
        with self._lock:
            self._claims[claim.id] = (claim, on_end)

    def remove(self, claim: Claim) -> None:
        """Renew the lease of this claim no longer."""
        with self._lock:
            self._claims.pop(claim.id, None)

    def _run(self) -> None:
        beaten_at = time.monotonic()
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self._look()
                if time.monotonic() - beaten_at >= self.queue.lease_seconds / BEATS_PER_LEASE:
                    beaten_at = time.monotonic()
                    self._beat()
                if self.tick is not None:
                    self.tick()
            except BackendUnavailable as error:
                logger.warning(
                    "leases were not renewed: %s", error, extra={"event": "heartbeat_missed"}
                )
            except Exception:  # without this thread all leases would expire
                logger.exception("leases were not renewed", extra={"event": "heartbeat_failed"})

    def _look(self) -> None:
        for work_id, fate in self.queue.watch(self._present_claims()).items():
            if fate != "held":
                self._end(work_id, fate)

    def _beat(self) -> None:
        for claim in self._present_claims():
            try:
                self.queue.beat(claim)
            except LeaseLost:
                self._end(claim.id, "lost")

    def _present_claims(self) -> list[Claim]:
        with self._lock:
            return [claim for claim, _ in self._claims.values()]

    def _end(self, work_id: str, fate: str) -> None:
        with self._lock:
            entry = self._claims.pop(work_id, None)
        if entry is not None:
            entry[1](fate)
