"""The words of each remedy at a terminal: the command that helps."""

from __future__ import annotations

from collections.abc import Mapping

from forecast_service.errors import Remedy

__all__ = ["REMEDY_COMMANDS"]

REMEDY_COMMANDS: Mapping[Remedy, str] = {
    Remedy.TRAIN: "Start a training with 'forecast-service train'.",
    Remedy.TRAIN_BY_FORCE: "Make a new forecast with 'forecast-service train --force'.",
    Remedy.FOLLOW_RUN: (
        "A training run is making a new one. 'forecast-service runs {subject}' shows it; ask again "
        "when it is 'serving'."
    ),
    Remedy.LIST_RUNS: "'forecast-service runs' lists the training runs.",
    Remedy.IMPORT: "Import them with 'forecast-service import'.",
    Remedy.IMPORT_THEN_TRAIN: (
        "Import them with 'forecast-service import', then start a training with "
        "'forecast-service train'."
    ),
    Remedy.RESTORE: (
        "Restore a backup into an empty FORECAST_HOME with 'forecast-service restore'."
    ),
    Remedy.IMPORT_ALL_AGAIN: (
        "Restore a backup with 'forecast-service restore', or import all data again with "
        "'forecast-service import'."
    ),
    Remedy.LIST_IMPORTS: "'forecast-service undo' without an ID undoes the last one.",
    Remedy.UNDO_TOGETHER: "'forecast-service undo --together' undoes all of them.",
    Remedy.LIST_FORECASTS: "'forecast-service rollback' lists the forecasts that can be served.",
    Remedy.LIST_SCENARIOS: "The dashboard lists the scenarios.",
    Remedy.LIST_STORES: "'forecast-service stores' lists them.",
    Remedy.LIST_USERS: "'forecast-service users list' lists them.",
    Remedy.CREATE_STORES: (
        "'forecast-service stores' lists them. 'forecast-service import --append' adds new ones."
    ),
    Remedy.REPLACE: (
        "'forecast-service import --append' adds them. --replace drops the earlier sales."
    ),
    Remedy.REPLACE_KIND: "A full import with --replace takes these columns instead.",
    Remedy.REPLACE_SAMPLE: (
        "Set FORECAST_HOME to a new folder to keep both, or drop the sample with --replace-sample."
    ),
    Remedy.LIST_REGIONS: "'forecast-service stores' shows the region of every store.",
    Remedy.SIGN_IN: "'forecast-service keys create' makes a key.",
    Remedy.MAKE_ACCOUNT: "'forecast-service keys create' makes the first key.",
    Remedy.ASK_ADMIN: "'forecast-service keys create' makes a key that may do it.",
    Remedy.LIST_KEYS: "'forecast-service keys list' lists them.",
    Remedy.ALLOW_RETURNS: "If these are returns, import it with --allow-returns.",
    Remedy.IGNORE_COLUMNS: "Or leave columns out with --ignore.",
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
    Remedy.NAME_DECIMAL: "Or say it with --decimal point or --decimal comma.",
    Remedy.NAME_DATE_ORDER: "Or say it with --date-order dmy, mdy or ymd.",
    Remedy.ADD_UP_ROWS: (
        "Or add up the rows of a day with --duplicates sum; --duplicates last keeps the last one."
    ),
    Remedy.COUNT_MISSING_AS_ZERO: (
        "If nothing was sold on days without a row, import it with --missing zero."
    ),
}
