"""Child: does one piece of work in its own process, so that it can be stopped at any moment."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import sys
from concurrent.futures import BrokenExecutor
from multiprocessing import forkserver
from multiprocessing.connection import Connection

from forecast_service.common.logs import configure_logging
from forecast_service.common.processes import end_with_parent
from forecast_service.engine.pool import start_server
from forecast_service.errors import LeaseLost
from forecast_service.service import open_service
from forecast_service.settings import Settings
from forecast_service.storage.queue import Claim
from forecast_service.worker.endings import is_passing, note_error, reason_of
from forecast_service.worker.kinds import KINDS

__all__ = ["PROCESS_KILLED", "Child", "prepare"]

logger = logging.getLogger(__name__)

RAISED = 1
TRY_AGAIN = 75  # EX_TEMPFAIL: AWS or the database is away, or the disk is full
KILLED = 71  # EX_OSERR: a process that it had started was killed
MAX_REASON_BYTES = 4000
END_SECONDS = 10.0
MEMORY = "The machine may have too little memory."
PROCESS_KILLED = f"A process of the computation was killed. {MEMORY}"


def prepare() -> None:
    """Start the process that children are forked from; it has already imported large packages."""
    forkserver.set_forkserver_preload(["forecast_service.worker.child"])
    start_server()


class Child:
    """A process that performs one claim."""

    def __init__(self, settings: Settings, claim: Claim) -> None:
        self.claim = claim
        self.fate = "held"
        context = multiprocessing.get_context("forkserver")
        self._reason, theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_main, args=(settings, claim, theirs), name=f"{claim.kind}-{claim.id}"
        )
        self._process.start()
        theirs.close()

    @property
    def sentinel(self) -> int:
        """Becomes readable when the process ends."""
        return self._process.sentinel

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def wants_another_try(self) -> bool:
        """Whether it ended because AWS or the database is away, or the disk is full."""
        return self._process.exitcode == TRY_AGAIN

    @property
    def was_killed(self) -> bool:
        """Whether it was killed, or a process that it had started."""
        code = self._process.exitcode
        return code is not None and (code < 0 or code == KILLED)

    def end(self, fate: str) -> None:
        """Kill it and all it started; ``fate`` is the reason: cancelled, lost or stopped."""
        self.fate = fate
        # No clean-up is needed: it writes in transactions, and no row names its new files yet.
        self._process.kill()

    def failure(self) -> str | None:
        """Wait for its end; return why it failed, or None if it did its work."""
        self._process.join(END_SECONDS)
        code = self._process.exitcode
        try:
            if code == 0:
                return None
            if code is not None and code < 0:  # the pipe has no reason then, only its end
                return f"The computation was killed by {signal.Signals(-code).name}. {MEMORY}"
            if self._reason.poll():
                return self._reason.recv_bytes().decode()
        except EOFError:
            pass
        finally:
            self._reason.close()
        return f"The computation ended with exit code {code}."


def _main(settings: Settings, claim: Claim, reason: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Ctrl-C the parent ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    configure_logging(settings.log_level)
    service = open_service(settings)
    try:
        KINDS[claim.kind].perform(service, claim)
    except LeaseLost as error:
        logger.info("work was taken over: %s", error, extra={"event": "lease_lost"})
    except BrokenExecutor:
        reason.send_bytes(PROCESS_KILLED.encode())
        sys.exit(KILLED)
    except Exception as error:
        note_error(claim, error)
        reason.send_bytes(reason_of(error).encode()[:MAX_REASON_BYTES])
        sys.exit(TRY_AGAIN if is_passing(error) else RAISED)
    finally:
        service.close()
