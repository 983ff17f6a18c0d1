"""Worker: claims work, does it, renews its lease, and gives it back when the worker stops."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from multiprocessing.connection import wait

from forecast_service.errors import BackendUnavailable, ForecastServiceError, LeaseLost
from forecast_service.monitoring import monitor
from forecast_service.runs.watch import Watch
from forecast_service.service import open_service
from forecast_service.settings import Settings
from forecast_service.storage.queue import Claim, new_id
from forecast_service.upkeep import maintenance, presence
from forecast_service.worker import endings
from forecast_service.worker.child import PROCESS_KILLED, Child, prepare
from forecast_service.worker.heartbeat import HeartBeat
from forecast_service.worker.kinds import KINDS

__all__ = ["MAX_CHILDREN", "Worker"]

logger = logging.getLogger(__name__)

MAX_CHILDREN = 2
FIRST_IDLE_SECONDS = 0.25
LAST_IDLE_SECONDS = 1.0
IDLE_GROWTH = 1.3
SWEEPS_PER_LEASE = 3
SCHEDULE_SECONDS = 600.0
AWAY_SECONDS = 2.0
INLINE_IDLE_SECONDS = 0.05

SHORT = [name for name, kind in KINDS.items() if kind.is_short]
AWAITED = [name for name in KINDS if name != maintenance.KIND]


class Worker:
    """One worker process; more workers, also on other hosts, share database and FORECAST_HOME."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._stopping = threading.Event()
        self._wake_reader, self._wake_writer = multiprocessing.Pipe(duplex=False)
        self._children: dict[str, Child] = {}
        self._chores_due: dict[str, float] = {}

    def run(self) -> None:
        """Work until ``stop``, TERM or INT; then give all work back."""
        prepare()
        self._service = open_service(self.settings)
        self._service.make_parts()  # bad settings raise now, not during work
        logger.info("worker started", extra={"event": "worker_started", "pid": os.getpid()})
        try:
            watch = Watch(self._service.session, self.settings, self._service.database)
            with self._signals(), watch, HeartBeat(self._service.queue) as self._heart:
                self._work()
                self._return_work()
        finally:
            presence.take_leave(self.settings.home)
            self._service.close()
        logger.info("worker stopped", extra={"event": "worker_stopped", "pid": os.getpid()})

    def stop(self) -> None:
        """Make ``run`` end soon; a signal handler or another thread may call it."""
        self._stopping.set()
        self._wake_writer.send_bytes(b".")

    def run_until_idle(
        self,
        timeout_seconds: float,
        progress: Callable[[], None] | None = None,
        *,
        kinds: Sequence[str] = AWAITED,
    ) -> bool:
        """Do all work in this process until none is left; False if the time ran out first.

        It waits for work that another worker holds. Another thread calls ``progress`` twice a
        second, so that the caller can show it.
        """
        self._service = open_service(self.settings)
        deadline = time.monotonic() + timeout_seconds
        try:
            with HeartBeat(self._service.queue, progress) as self._heart:
                while self._service.queue.has_open(kinds):
                    if time.monotonic() > deadline:
                        return False
                    self._do_chore("sweep", self._sweep_seconds, self._sweep)
                    claim = self._claim(kinds)
                    if claim is None:
                        time.sleep(INLINE_IDLE_SECONDS)
                    else:
                        self._perform(claim)
                return True
        finally:
            self._service.close()

    def _work(self) -> None:
        idle_seconds, said = FIRST_IDLE_SECONDS, ""
        while not self._stopping.is_set():
            try:
                was_busy = self._round()
            except BackendUnavailable as error:
                if str(error) != said:  # once: a log would fill a disk that is full already
                    said = str(error)
                    logger.warning("the worker waits: %s", said, extra={"event": "database_away"})
                self._sleep(AWAY_SECONDS)
                continue
            said = ""
            if was_busy:
                idle_seconds = FIRST_IDLE_SECONDS
            else:
                self._sleep(idle_seconds)
                idle_seconds = min(idle_seconds * IDLE_GROWTH, LAST_IDLE_SECONDS)

    def _round(self) -> bool:
        """Check chores, children and the queue once; return whether there was work."""
        self._do_chore("sign", presence.SIGN_SECONDS, self._give_sign)
        self._do_chore("sweep", self._sweep_seconds, self._sweep)
        self._do_chore("schedule", SCHEDULE_SECONDS, self._schedule)
        ended = [child for child in self._children.values() if not child.is_alive]
        for child in ended:
            self._record_end(child)
        has_room = len(self._children) < MAX_CHILDREN
        claim = self._claim(KINDS if has_room else SHORT)
        if claim is not None:
            self._begin(claim)
        return bool(ended) or claim is not None

    def _claim(self, kinds: Iterable[str]) -> Claim | None:
        """Claim short work first: others wait for a step, and it may stop long work."""
        short = [kind for kind in kinds if kind in SHORT]
        claim = self._service.queue.claim(new_id(), short)
        return claim or self._service.queue.claim(new_id(), list(kinds))

    def _begin(self, claim: Claim) -> None:
        if KINDS[claim.kind].is_short:
            self._perform(claim)
            return
        with contextlib.suppress(LeaseLost):
            if endings.ended_before(self._service, claim):
                return
            child = Child(self.settings, claim)
            self._children[claim.id] = child
            self._heart.add(claim, child.end)

    def _record_end(self, child: Child) -> None:
        """Record how a child ended, if this worker still holds its work."""
        del self._children[child.claim.id]
        self._heart.remove(child.claim)
        reason = child.failure()
        with contextlib.suppress(LeaseLost):
            if child.fate == "cancelled":
                endings.stop(self._service, child.claim)
            elif child.was_killed and reason is not None and child.fate == "held":
                endings.note_loss(self._service, child.claim, reason)
            elif reason is not None and child.fate == "held":
                is_away = child.wants_another_try
                endings.note_failure(self._service, child.claim, reason, is_away=is_away)

    def _perform(self, claim: Claim) -> None:
        """Do work in this process."""
        self._heart.add(claim, lambda fate: None)
        try:
            if not endings.ended_before(self._service, claim):
                KINDS[claim.kind].perform(self._service, claim)
        except LeaseLost:
            logger.info("work was taken over", extra={"event": "lease_lost", "work_id": claim.id})
        except Exception as error:
            self._note_error(claim, error)
        except BaseException:  # Ctrl-C: another worker may continue at once
            with contextlib.suppress(ForecastServiceError):
                endings.give_back(self._service, claim)
            raise
        finally:
            self._heart.remove(claim)

    def _note_error(self, claim: Claim, error: Exception) -> None:
        if isinstance(error, BrokenExecutor):
            with contextlib.suppress(LeaseLost):
                endings.note_loss(self._service, claim, PROCESS_KILLED)
            return
        endings.note_error(claim, error)
        is_away = endings.is_passing(error)
        with contextlib.suppress(LeaseLost):
            endings.note_failure(self._service, claim, endings.reason_of(error), is_away=is_away)

    def _return_work(self) -> None:
        """Stop the children and give their work back: another worker can begin it at once."""
        for child in self._children.values():
            self._heart.remove(child.claim)
            child.end("stopped")
        for child in self._children.values():
            child.failure()
            with contextlib.suppress(ForecastServiceError):
                endings.give_back(self._service, child.claim)
        self._children.clear()

    def _give_sign(self) -> None:
        presence.give_sign(self.settings.home)

    def _sweep(self) -> None:
        self._service.queue.follow_clock()
        self._service.queue.sweep()

    def _schedule(self) -> None:
        maintenance.schedule(self._service.database)
        monitor.schedule(self._service.database, self.settings)

    def _do_chore(self, name: str, every_seconds: float, chore: Callable[[], object]) -> None:
        if time.monotonic() >= self._chores_due.get(name, 0.0):
            self._chores_due[name] = time.monotonic() + every_seconds
            chore()

    @property
    def _sweep_seconds(self) -> float:
        return self.settings.lease_seconds / SWEEPS_PER_LEASE

    def _sleep(self, seconds: float) -> None:
        """Sleep until a child ends, ``stop`` is called, or the time has passed."""
        sentinels = [child.sentinel for child in self._children.values()]
        wait([self._wake_reader, *sentinels], timeout=seconds)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Let TERM and INT call ``stop`` meanwhile; only a main thread can handle signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, lambda *_: self.stop()) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)
