"""Rates: how many requests a caller may make, counted in memory and shared near the limit."""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass

import sqlalchemy as sa

from forecast_service.accounts.tables import request_counts
from forecast_service.errors import BackendUnavailable, TooManyRequests
from forecast_service.storage.database import Database

__all__ = ["Rate", "Window", "wait_for_reports"]

logger = logging.getLogger(__name__)

SECONDS = {"second": 1, "minute": 60, "hour": 3600}
FREE_SHARE = 0.1  # of a limit; who uses less costs no statement
SHARES_PER_WINDOW = 20  # most reports of one process about one caller
KEPT_CALLERS = 10_000
REPORT = "report of requests"  # name of the threads
OLDEST_SECONDS = 2 * 3600

ADD = sa.text(
    "INSERT INTO request_counts (caller, period, count) VALUES (:caller, :period, :count) "
    "ON CONFLICT (caller, period) DO UPDATE SET count = request_counts.count + :count"
)


@dataclass
class Window:
    """The requests of one caller in the present stretch of time."""

    limit: int
    seconds: int
    began: int
    """Epoch seconds."""
    own: int = 0
    """Requests to this process."""
    reported: int = 0
    """Those that the database has."""
    others: int = 0
    """Requests to other processes, as far as they are known."""
    is_reporting: bool = False

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What is left, for the caller."""
        left = max(0, self.limit - self.own - self.others)
        ends = max(0, math.ceil(self.began + self.seconds - time.time()))
        return (
            ("RateLimit-Policy", f'"requests";q={self.limit};w={self.seconds}'),
            ("RateLimit", f'"requests";r={left};t={ends}'),
        )


class Rate:
    """Most requests of one caller, such as ``6000/minute``; ``off``: no limit.

    With ``database``, web processes count together: one that knows of many requests of a caller
    adds them to a row, in a thread of its own.
    """

    def __init__(self, text: str, database: Database | None) -> None:
        number, _, unit = text.partition("/")
        self.limit = None if text == "off" else int(number)
        self.seconds = SECONDS.get(unit, 1)
        self.database = database
        self._windows: dict[str, Window] = {}

    def count(self, caller: str) -> Window | None:
        """Count a request; None if there is no limit.

        Raises
        ------
        TooManyRequests
            The caller made too many.
        """
        if self.limit is None:
            return None
        began = int(time.time()) // self.seconds * self.seconds
        window = self._windows.get(caller)
        if window is None or window.began != began:
            window = self._begin(caller, began)
        window.own += 1
        if self.database is not None and self._is_due(window):
            window.is_reporting = True
            arguments = (caller, window)
            threading.Thread(target=self._report, args=arguments, name=REPORT, daemon=True).start()
        if window.own + window.others > self.limit:
            wait = max(1, math.ceil(began + self.seconds - time.time()))
            raise TooManyRequests(
                f"There were more than {self.limit:,} requests in {_words(self.seconds)}. Wait "
                f"{_words(wait)}.",
                retry_after=wait,
            )
        return window

    def _begin(self, caller: str, began: int) -> Window:
        if len(self._windows) >= KEPT_CALLERS:
            self._windows = {n: w for n, w in self._windows.items() if w.began == began}
        window = self._windows[caller] = Window(self.limit or 0, self.seconds, began)
        return window

    def _is_due(self, window: Window) -> bool:
        is_many = FREE_SHARE * window.limit <= window.own <= window.limit + 1
        return is_many and not window.is_reporting and self._has_many_more(window)

    @staticmethod
    def _has_many_more(window: Window) -> bool:
        return (window.own - window.reported) * SHARES_PER_WINDOW >= window.limit

    def _report(self, caller: str, window: Window) -> None:
        """Share the requests of a caller, again while many more came meanwhile."""
        while self.database is not None and self._share(self.database, caller, window):
            if not self._has_many_more(window):
                break
        window.is_reporting = False

    @staticmethod
    def _share(database: Database, caller: str, window: Window) -> bool:
        """Add the own requests to the row of the caller, and read those of all processes."""
        own = window.own
        row = {"caller": caller[:300], "period": window.began, "count": own - window.reported}
        this = sa.and_(
            request_counts.c.caller == row["caller"], request_counts.c.period == window.began
        )
        old = request_counts.c.period < window.began - OLDEST_SECONDS
        try:
            with database.write() as connection:
                connection.execute(ADD, row)
                total = connection.execute(sa.select(request_counts.c.count).where(this)).scalar()
                connection.execute(sa.delete(request_counts).where(old))
        except (BackendUnavailable, sa.exc.DBAPIError):
            logger.warning("Requests of a caller could not be shared", exc_info=True)
            return False
        window.reported, window.others = own, int(total or own) - own
        return True


def wait_for_reports() -> None:
    """Wait until no thread writes counts, before the database is closed."""
    for thread in threading.enumerate():
        if thread.name == REPORT:
            thread.join()


def _words(seconds: int) -> str:
    return "1 second" if seconds == 1 else f"{seconds:,} seconds"
