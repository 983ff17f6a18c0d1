"""Batch reading: checks the rows of several small imports one by one, and joins them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from forecast_service.errors import ForecastServiceError, InvalidData
from forecast_service.importer.files.text_tables import SENT_ROWS
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.understanding.earlier_imports import EarlierImports
from forecast_service.importer.understanding.recent_history import RecentHistory
from forecast_service.importer.understanding.report import ImportReport
from forecast_service.importer.understanding.understanding import Understanding, understand
from forecast_service.settings import Settings

__all__ = ["Batch", "read_batch"]

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


def read_batch(
    rows: Sequence[sa.RowMapping], earlier: EarlierImports, settings: Settings, folder: Path
) -> Batch:
    """Check each import as if those before it were done, and join the rows of the good ones.

    ``rows`` are imports with the same options, oldest first. ``folder`` is for the joined rows.
    If the oldest is refused, only those right behind it that are refused, too, are looked at.
    """
    recent = RecentHistory(earlier)
    options = ImportOptions.from_dict(rows[0]["options"])
    reports: dict[str, ImportReport] = {}
    errors: dict[str, ForecastServiceError] = {}
    sent: dict[str, SentRows] = {}
    count = 0
    for row in rows:
        path = settings.home / row["files"]["sales"]
        sent[row["id"]] = new = SentRows.read(path)
        count += len(new.rows)
        leader = sent[rows[0]["id"]]
        if not new.fits(leader, earlier.group.covariates) or (reports and count > MAX_ROWS):
            break
        try:
            known = recent.of(new.stores)
            found = understand({"sales": path}, row["mode"], options, settings, known)
        except ForecastServiceError as error:
            if error.retryable:
                raise
            errors[row["id"]] = error
            continue
        if errors and not reports:
            return Batch(None, {}, errors)
        reports[row["id"]] = found.report
        recent.add(found, new.stores)
    return _joined(rows, sent, Batch(None, reports, errors), earlier, settings, folder)


def _joined(
    rows: Sequence[sa.RowMapping],
    sent: Mapping[str, SentRows],
    batch: Batch,
    earlier: EarlierImports,
    settings: Settings,
    folder: Path,
) -> Batch:
    """The batch with its understanding; fewer imports if their rows do not go together."""
    options = ImportOptions.from_dict(rows[0]["options"])
    together = replace(options, duplicates="last")
    ids = list(batch.reports)
    while len(ids) > 1:
        files = {"sales": _write_joined([sent[each] for each in ids], folder)}
        try:
            whole = understand(files, rows[0]["mode"], together, settings, earlier)
        except InvalidData:
            ids = ids[: len(ids) // 2]
        else:
            return _only(rows, batch, ids, whole)
    if not ids:
        return batch
    files = {"sales": settings.home / rows[0]["files"]["sales"]}
    try:
        whole = understand(files, rows[0]["mode"], options, settings, earlier)
    except InvalidData as error:
        return Batch(None, {}, {ids[0]: error})
    return _only(rows, batch, ids, whole)


def _only(
    rows: Sequence[sa.RowMapping], batch: Batch, ids: list[str], whole: Understanding
) -> Batch:
    """The batch of these imports; those that were refused behind the last one wait, too."""
    order = [row["id"] for row in rows]
    place = order.index(ids[-1])
    is_cut = len(ids) < len(batch.reports)
    errors = {
        each: error
        for each, error in batch.errors.items()
        if not is_cut or order.index(each) < place
    }
    others = len(ids) - 1
    imports = "1 other import" if others == 1 else f"{others:,} other imports"
    notes = (f"Loaded together with {imports} that waited.",) if others else ()
    reports = {
        each: replace(
            batch.reports[each],
            by_rule=whole.report.by_rule,
            notes=(*batch.reports[each].notes, *notes),
        )
        for each in ids
    }
    return Batch(whole, reports, errors)


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
