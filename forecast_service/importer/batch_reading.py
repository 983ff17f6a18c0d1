"""Batch reading: checks the rows of several small imports one by one, and joins them."""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import sqlalchemy as sa

from forecast_service.errors import ForecastServiceError, InvalidData
from forecast_service.importer.files.text_tables import SENT_ROWS
from forecast_service.importer.merging.earlier_imports import EarlierImports
from forecast_service.importer.merging.future_sales import last_possible_day
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.recent_history import RecentHistory
from forecast_service.importer.understanding.report import ImportReport
from forecast_service.importer.understanding.understanding import Understanding, understand
from forecast_service.settings import Settings

__all__ = ["Batch", "BatchReader"]

logger = logging.getLogger(__name__)

KEY_COLUMNS = ("store", "date", "item")
OWN_COLUMNS = (*KEY_COLUMNS, "sales", "stockout")
MAX_ROWS = 500_000  # of one load


@dataclass(frozen=True)
class Batch:
    """What several imports mean together. An import in neither mapping has to wait."""

    understanding: Understanding | None
    """All rows of ``reports``; None if no import can be loaded."""
    reports: Mapping[str, ImportReport]
    """Id of an import that is loaded -> its own report."""
    errors: Mapping[str, ForecastServiceError]
    """Id of an import that is refused -> its own error."""
    touched: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Id of an import that is loaded -> the stores with rows in its files."""


@dataclass(frozen=True)
class SentRows:
    """The rows of one import as they were sent."""

    header: tuple[str, ...]
    rows: Sequence[Mapping[str, str]]

    @classmethod
    def read(cls, path: Path) -> SentRows:
        """The rows of a file that ``POST /sales`` wrote."""
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
        return cls(tuple(reader.fieldnames or ()), rows)

    @property
    def stores(self) -> set[str]:
        return {row["store"] for row in self.rows}

    def fits(self, leader: SentRows, covariates: Sequence[str]) -> bool:
        """Whether its columns mean the same in the file of another import."""
        if self.header == leader.header:
            return True
        known = {*OWN_COLUMNS, *covariates}
        has_items = [("item" in each.header) for each in (self, leader)]
        return has_items[0] == has_items[1] and known.issuperset((*self.header, *leader.header))


class BatchReader:
    """Reads imports with the same options, given oldest first."""

    def __init__(
        self,
        rows: Sequence[sa.RowMapping],
        earlier: EarlierImports,
        settings: Settings,
        folder: Path,
    ) -> None:
        self.rows = rows
        self.earlier = earlier
        self.settings = settings
        self.folder = folder
        self.options = ImportOptions.from_dict(rows[0]["options"])
        self.last_day = last_possible_day(settings.timezone)
        self._sent: dict[str, SentRows] = {}

    def read(self) -> Batch:
        """Check each import as if those before it were done, and join the rows of the good ones.

        If the oldest is refused, only those right behind it that are refused, too, are looked at.
        """
        checked = self._check()
        ids = list(checked.reports)
        while len(ids) > 1:
            path = _write_joined([self._sent[each] for each in ids], self.folder)
            try:
                whole = self._understand(path, replace(self.options, duplicates="last"))
            except Exception:  # fewer of them may not have the fault, and one is tried last
                logger.info("%d imports do not go together", len(ids), exc_info=True)
                ids = ids[: len(ids) // 2]
            else:
                return self._together(checked, ids, whole)
        if not ids:
            return checked
        try:
            whole = self._understand(self._path(self.rows[0]), self.options)
        except InvalidData as error:
            return Batch(None, {}, {ids[0]: error})
        return self._together(checked, ids, whole)

    def _check(self) -> Batch:
        recent = RecentHistory(self.earlier)
        reports: dict[str, ImportReport] = {}
        errors: dict[str, ForecastServiceError] = {}
        for row in self.rows:
            try:
                found = self._check_one(row, recent)
            except InvalidData as error:
                errors[row["id"]] = error
                continue
            except Exception:  # it fails as the oldest, and not in the name of others
                if row is self.rows[0]:
                    raise
                break
            if found is None or (errors and not reports):
                break
            reports[row["id"]] = found.report
            recent.add(found, self._sent[row["id"]].stores)
        return Batch(None, reports, errors)

    def _check_one(self, row: sa.RowMapping, recent: RecentHistory) -> Understanding | None:
        """What one import means; None if it cannot be loaded with the oldest."""
        path = self._path(row)
        try:
            sent = self._sent[row["id"]] = SentRows.read(path)
        except OSError as error:
            raise InvalidData(
                f"The sent rows cannot be read any more: {error.strerror}. Send them again."
            ) from error
        if self._is_other(sent) or (row is not self.rows[0] and self._is_large()):
            return None
        return self._understand(path, self.options, recent.of(sent.stores))

    def _understand(
        self, path: Path, options: ImportOptions, earlier: EarlierImports | None = None
    ) -> Understanding:
        known = earlier or self.earlier
        mode = self.rows[0]["mode"]
        return understand({"sales": path}, mode, options, self.settings, known, self.last_day)

    def _path(self, row: sa.RowMapping) -> Path:
        return self.settings.home / str(row["files"]["sales"])

    def _is_other(self, sent: SentRows) -> bool:
        first = next(iter(self._sent.values()))
        return not sent.fits(first, self.earlier.group.covariates)

    def _is_large(self) -> bool:
        return sum(len(sent.rows) for sent in self._sent.values()) > MAX_ROWS

    def _together(self, checked: Batch, ids: list[str], whole: Understanding) -> Batch:
        """The batch of these imports; those that were refused behind the last one wait, too."""
        order = [row["id"] for row in self.rows]
        last = order.index(ids[-1]) if len(ids) < len(checked.reports) else len(order)
        errors = {each: why for each, why in checked.errors.items() if order.index(each) < last}
        others = len(ids) - 1
        imports = "1 other import" if others == 1 else f"{others:,} other imports"
        notes = (f"Loaded together with {imports} that waited.",) if others else ()
        by_rule = whole.report.by_rule
        reports = {each: checked.reports[each] for each in ids}
        return Batch(
            whole,
            {
                each: replace(report, by_rule=by_rule, notes=(*report.notes, *notes))
                for each, report in reports.items()
            },
            errors,
            {each: sorted(self._sent[each].stores) for each in ids},
        )


def _write_joined(parts: Sequence[SentRows], folder: Path) -> Path:
    """One file with the rows of all; of a store's day the last value of each column counts.

    An empty cell of sales counts as well: it says that the sales are not known.
    """
    joined: dict[tuple[str, ...], dict[str, str]] = {}
    header: dict[str, None] = {}
    for part in parts:
        header |= dict.fromkeys(part.header)
        for row in part.rows:
            cells = joined.setdefault(tuple(row.get(name, "") for name in KEY_COLUMNS), {})
            cells |= {name: text for name, text in row.items() if text or name == "sales"}
    path = folder / "joined" / SENT_ROWS
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, tuple(header), restval="")
        writer.writeheader()
        writer.writerows(joined.values())
    return path
