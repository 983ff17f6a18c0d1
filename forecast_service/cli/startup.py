"""The start of the web server: how long to wait for it, and why it failed."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from forecast_service.common.processes import cpu_seconds

__all__ = ["IDLE_SECONDS", "Startup"]

IDLE_SECONDS = 60.0  # longest time without an answer in which the processes do nothing
BUSY_SECONDS = 0.01  # CPU time that counts as progress


class Startup:
    """The wait for the first answer at ``address``.

    There is no limit of time while the processes of ``web`` use the CPU: on a busy machine a start
    takes minutes. ``reports`` has sentences of the web processes about a failed start.
    """

    def __init__(
        self,
        web: BaseProcess,
        address: str,
        reports: Connection,
        *,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.web = web
        self.address = address
        self.reports = reports
        self.idle_seconds = idle_seconds
        self._cpu = 0.0
        self._progress_at = time.monotonic()

    def answers(self) -> bool:
        """Whether the server answers a request."""
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=2):  # noqa: S310
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def failure(self) -> str | None:
        """A sentence that says why there will be no answer; None while there is hope."""
        ended = not self.web.is_alive()  # before the reports, which may come with the end
        if self.reports.poll():
            return str(self.reports.recv())
        if ended:
            return f"The web process {ending_of(self.web.exitcode)} before it answered."
        if self._idle_seconds() < self.idle_seconds:
            return None
        return (
            f"The web process has done nothing for {self.idle_seconds:g} s, and {self.address} "
            "does not answer."
        )

    def _idle_seconds(self) -> float:
        """Seconds since the processes last used the CPU."""
        now = time.monotonic()
        cpu = cpu_seconds(self.web.pid) if self.web.pid else None
        if cpu is None or abs(cpu - self._cpu) >= BUSY_SECONDS:
            self._cpu, self._progress_at = cpu or 0.0, now
        return now - self._progress_at


def ending_of(exit_code: int | None) -> str:
    """How a process ended, as the end of a sentence.

    Example
    -------
    >>> ending_of(1), ending_of(-9)
    ('ended with exit code 1', 'was ended by signal 9')
    """
    if exit_code is not None and exit_code < 0:
        return f"was ended by signal {-exit_code}"
    return f"ended with exit code {exit_code}"
