"""Remedies at a terminal: the command that helps."""

from __future__ import annotations

from collections.abc import Mapping

from forecast_service.errors import Remedy

__all__ = ["REMEDY_COMMANDS"]

REMEDY_COMMANDS: Mapping[Remedy, str] = {
    Remedy.TRAIN: "Make one with 'forecast-service train'.",
    Remedy.TRAIN_BY_FORCE: "Make a new one with 'forecast-service train --force'.",
    Remedy.FOLLOW_RUN: (
        "One is being made: see 'forecast-service runs {subject}', and ask again when it is "
        "serving."
    ),
    Remedy.LIST_RUNS: "'forecast-service runs' lists them.",
    Remedy.IMPORT: "Send them with 'forecast-service import'.",
    Remedy.IMPORT_THEN_TRAIN: (
        "Import them with 'forecast-service import', then train with 'forecast-service train'."
    ),
    Remedy.LIST_IMPORTS: "'forecast-service import' makes a new one.",
    Remedy.LIST_FORECASTS: "'forecast-service rollback' lists them.",
    Remedy.LIST_STORES: "'forecast-service stores' lists them.",
    Remedy.LIST_REGIONS: "'forecast-service stores' lists the stores.",
    Remedy.ALLOW_RETURNS: "--allow-returns allows sales below 0.",
    Remedy.IGNORE_COLUMNS: "--ignore leaves columns out.",
    Remedy.NAME_COLUMN: "--column date=NAME names the column (also store, sales, item).",
    Remedy.NAME_SALES: (
        "--column sales=NAME names the column; --wide says that every column is of one store."
    ),
    Remedy.NAME_STORE: (
        "--column store=NAME names the column of the stores; --store NAME says that all rows are "
        "of one store."
    ),
    Remedy.NAME_ENCODING: "--encoding names it.",
    Remedy.NAME_SHEET: "--sheet names the sheet to read.",
}
