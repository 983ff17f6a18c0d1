"""Overview: how all stores are doing, worst first; cached until anything changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from forecast_service.common.instants import today
from forecast_service.common.names import natural_order
from forecast_service.errors import InvalidRequest
from forecast_service.monitoring.monitor import monitored_version
from forecast_service.monitoring.problems import severity
from forecast_service.reading.board import Board, Line, read_board
from forecast_service.reading.board_totals import change, region_totals, rounded, totals
from forecast_service.reading.current import Answer, ByteCache, Headers, etag_of
from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.groups import read_group
from forecast_service.storage.limits import Limits
from forecast_service.storage.stores import unknown_region

__all__ = [
    "Overview",
    "OverviewQuestion",
    "lines_of_region",
    "overview_document",
    "visible_lines",
]

CACHE_BYTES = 32 * 1024 * 1024
USUAL_LAG = ("7", "14", "1", "backtest")  # the first that is known says how accurate a store is
WORST_FIRST = "problems"
ASCENDING = ("store_number", "store_name", "region", "data_until")  # unless 'order' says otherwise

Document = dict[str, Any]


@dataclass(frozen=True)
class OverviewQuestion:
    """Which stores are shown, and in which order."""

    limits: Limits
    region: str | None = None
    search: str | None = None
    """Part of a name or number of stores."""
    sort: str = WORST_FIRST
    order: str | None = None
    """``asc`` or ``desc``."""
    limit: int | None = None
    after: str | None = None
    """The last store of the page before."""


class Overview:
    """Answers questions about all stores; the board of a day is kept in memory."""

    def __init__(
        self, database: Database, settings: Settings, *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self.database = database
        self.settings = settings
        self._cache = ByteCache(cache_bytes)
        self._lock = threading.Lock()
        self._kept: tuple[Hashable, Board] | None = None

    def answer(
        self,
        key: Hashable,
        encode: Callable[[Board], tuple[bytes, Headers]],
    ) -> Answer:
        """The bytes that ``encode`` makes of the board, kept under ``key`` while nothing changes.

        ``key`` has everything that the bytes depend on besides the board.
        """
        version, board = self._current()
        kept = self._cache.get(version, key)
        if kept is not None:
            return kept
        body, headers = encode(board)
        answer = Answer(body, etag_of(version, key, body), headers)
        self._cache.put(version, key, answer)
        return answer

    def board(self) -> Board:
        """All stores as they are now."""
        return self._current()[1]

    def _current(self) -> tuple[Hashable, Board]:
        day = today(self.settings.timezone)
        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            if group is None:
                return (day,), Board(day, None, None, ())
            version = day, *group.pointer, monitored_version(connection, group.name)
            with self._lock:
                if self._kept is None or self._kept[0] != version:
                    self._kept = version, read_board(connection, group, day)
                return self._kept


def overview_document(board: Board, question: OverviewQuestion) -> Document:
    """The overview; ``stores`` are one page, and ``next`` is its last store if more follow."""
    visible = visible_lines(board, question.limits)
    of_region = lines_of_region(visible, question.region)
    found = sorted_lines(_matching(of_region, question.search), question)
    page = _page(found, question)
    has_more = bool(page) and page[-1] is not found[-1]
    created_at = None if board.forecast is None else board.forecast["created_at"]
    return {
        "as_of": str(board.as_of),
        "week": None if board.week is None else dict(zip(("from", "to"), board.week, strict=True)),
        "forecast": board.forecast,
        "tiles": {**totals(of_region), "updated_at": created_at},
        "regions": region_totals(visible),
        "stores": [store_line(line) for line in page],
        "count": len(found),
        "next": page[-1].store if has_more else None,
    }


def visible_lines(board: Board, limits: Limits) -> list[Line]:
    """The stores that a caller may see."""
    return [line for line in board.lines if limits.allow(line.store, line.region)]


def lines_of_region(lines: Sequence[Line], region: str | None) -> list[Line]:
    """The stores of a region.

    Raises
    ------
    UnknownRegion
        The sentence names the regions that exist.
    """
    if region is None:
        return list(lines)
    chosen = [line for line in lines if line.region == region]
    if not chosen:
        raise unknown_region(region, list({line.region for line in lines}))
    return chosen


def _matching(lines: Sequence[Line], search: str | None) -> list[Line]:
    if search is None:
        return list(lines)
    text = search.casefold()
    return [
        line
        for line in lines
        if text in line.store.casefold() or text in (line.name or "").casefold()
    ]


def sorted_lines(lines: Sequence[Line], question: OverviewQuestion) -> list[Line]:
    """The stores in the order of the question; those without a value come last."""
    if question.sort == WORST_FIRST:
        worst_first = question.order != "asc"
        return sorted(lines, key=_badness) if worst_first else sorted(lines, key=_badness)[::-1]
    values = {line.store: _value(line, question.sort) for line in lines}
    known = [line for line in lines if values[line.store] is not None]
    unknown = [line for line in lines if values[line.store] is None]
    usual = "asc" if question.sort in ASCENDING else "desc"
    by_name = sorted(known, key=lambda line: natural_order(line.store))
    reverse = (question.order or usual) == "desc"
    ordered = sorted(by_name, key=lambda line: values[line.store], reverse=reverse)
    return ordered + sorted(unknown, key=lambda line: natural_order(line.store))


def _badness(line: Line) -> tuple[int, int, float, tuple[str, str]]:
    """Sort key: the worst problems, then the largest error, then the number."""
    largest, total = severity(list(line.problems))
    return -largest, -total, -(usual_measure(line, "wape") or 0.0), natural_order(line.store)


def _value(line: Line, sort: str) -> Any:
    if sort in ("wape", "bias"):
        return usual_measure(line, sort)
    if sort in ("store_number", "store_name", "region"):
        text = {"store_number": line.store, "store_name": line.name, "region": line.region}[sort]
        return None if text is None else natural_order(text)
    return store_line(line)[sort]


def usual_measure(line: Line, name: str) -> float | None:
    """A measure of the store's accuracy, a week ahead if that is known."""
    for lag in USUAL_LAG:
        measured = (line.accuracy or {}).get(lag)
        if measured is not None:
            return measured[name]
    return None


def _page(found: Sequence[Line], question: OverviewQuestion) -> list[Line]:
    first = 0
    if question.after is not None:
        names = [line.store for line in found]
        if question.after not in names:
            raise InvalidRequest(
                f"'after' is '{question.after}', which is no store of this list. Ask for the "
                "first page without 'after'."
            )
        first = names.index(question.after) + 1
    return list(found[first : None if question.limit is None else first + question.limit])


def store_line(line: Line) -> Document:
    """The JSON of a store."""
    return {
        "store_number": line.store,
        "store_name": line.name,
        "region": line.region,
        "state": "dormant" if line.is_dormant else "active",
        "next_7_days": rounded(line.next_week),
        "low": rounded(line.low),
        "high": rounded(line.high),
        "last_7_days": rounded(line.last_week),
        "change": change(line.next_week, line.last_week),
        "last_year": rounded(line.last_year),
        "change_to_last_year": change(line.next_week, line.last_year),
        "accuracy": line.accuracy,
        "accuracy_source": line.accuracy_source,
        "data_until": line.data_until,
        "problems": list(line.problems),
    }
