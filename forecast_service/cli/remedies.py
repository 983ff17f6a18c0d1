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
    Remedy.NAME_DECIMAL: "--decimal point or --decimal comma says it.",
    Remedy.NAME_DATE_ORDER: "--date-order dmy, mdy or ymd says it.",
    Remedy.ADD_UP_ROWS: (
        "--duplicates sum adds up the sales of several rows of a day, --duplicates last keeps the "
        "last row."
    ),
    Remedy.COUNT_MISSING_AS_ZERO: (
        "If nothing was sold on days without a row, --missing zero counts them as 0."
    ),
}
