"""The words of each remedy over HTTP: the route that helps."""

from __future__ import annotations

from collections.abc import Mapping

from forecast_service.errors import ForecastServiceError, Remedy

__all__ = ["REMEDY_ROUTES", "remedy_document"]

REMEDY_ROUTES: Mapping[Remedy, str] = {
    Remedy.TRAIN: "Start a training with POST /training.",
    Remedy.TRAIN_BY_FORCE: 'Make a new forecast with POST /training and "force": true.',
    Remedy.FOLLOW_RUN: (
        "A training run is making a new one. GET /training/{subject} shows it; ask again when it "
        "is 'serving'."
    ),
    Remedy.LIST_RUNS: "GET /training lists the training runs.",
    Remedy.IMPORT: "Import them with POST /imports.",
    Remedy.IMPORT_THEN_TRAIN: (
        "Import them with POST /imports, then start a training with POST /training."
    ),
    Remedy.RESTORE: "Restore a backup.",
    Remedy.IMPORT_ALL_AGAIN: (
        "Restore a backup, or import all data again with POST /imports (mode FULL)."
    ),
    Remedy.LIST_IMPORTS: "GET /imports lists the imports.",
    Remedy.UNDO_TOGETHER: "'together=true' undoes all of them.",
    Remedy.LIST_FORECASTS: "GET /forecasts lists the forecasts that can be served.",
    Remedy.LIST_SCENARIOS: "GET /scenarios lists them.",
    Remedy.LIST_STORES: "GET /stores lists them.",
    Remedy.LIST_USERS: "GET /users lists them.",
    Remedy.CREATE_STORES: (
        'GET /stores lists them. POST /sales with "create": true adds new ones.'
    ),
    Remedy.REPLACE: "'mode=INCREMENTAL' adds them. 'replace=true' drops the earlier sales.",
    Remedy.REPLACE_KIND: "A full import with 'replace=true' takes these columns instead.",
    Remedy.REPLACE_SAMPLE: "'replace=true' drops the sample.",
    Remedy.LIST_REGIONS: "GET /stores shows the region of every store.",
    Remedy.SIGN_IN: "Send a key as 'Authorization: Bearer KEY'; in a browser, log in at /login.",
    Remedy.MAKE_ACCOUNT: (
        "Make the first key on the server with 'forecast-service keys create', or open the link "
        "for the first administrator that the log shows."
    ),
    Remedy.ASK_ADMIN: "Ask an administrator for a key or a role that may do it.",
    Remedy.LIST_KEYS: "GET /keys lists them.",
    Remedy.ALLOW_RETURNS: "If these are returns, import it with 'allow_returns=true'.",
    Remedy.IGNORE_COLUMNS: "Or leave columns out with 'ignore'.",
    Remedy.NAME_COLUMN: "'column=date=NAME' names the column (also store, sales, item).",
    Remedy.NAME_SALES: (
        "'column=sales=NAME' names the column; 'wide' says that every column is of one store."
    ),
    Remedy.NAME_STORE: (
        "'column=store=NAME' names the column of the stores; 'store' says that all rows are of "
        "one store."
    ),
    Remedy.NAME_ENCODING: "'encoding' names it.",
    Remedy.NAME_SHEET: "'sheet' names the sheet to read.",
    Remedy.NAME_DECIMAL: "Or say it with 'decimal=point' or 'decimal=comma'.",
    Remedy.NAME_DATE_ORDER: "Or say it with 'date_order=dmy', 'mdy' or 'ymd'.",
    Remedy.ADD_UP_ROWS: (
        "Or add up the rows of a day with 'duplicates=sum'; 'duplicates=last' keeps the last one."
    ),
    Remedy.COUNT_MISSING_AS_ZERO: (
        "If nothing was sold on days without a row, import it with 'missing=zero'."
    ),
}


def remedy_document(error: ForecastServiceError) -> dict[str, str] | None:
    """The remedy of an error as a code for programs, and the words that its sentence ends with."""
    if error.remedy is None:
        return None
    words = REMEDY_ROUTES[error.remedy].format(subject=error.subject)
    return {"code": error.remedy.value, "text": words}
