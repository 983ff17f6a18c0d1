"""``/sales``: accepts rows of sales. A worker imports them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from flask import Response, request

from forecast_service.errors import FieldError, InvalidRequest
from forecast_service.importer.files.text_tables import SENT_ROWS
from forecast_service.importer.merging.future_sales import last_possible_day, why_not_sold
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.values.text_columns import day_of
from forecast_service.resources.api import ServiceResource
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.import_requests import RemovalBody, SaleRow, SalesBody
from forecast_service.resources.contract.refusals import (
    OF_BODIES,
    OF_STORES,
    OF_WRITING,
)
from forecast_service.resources.deliveries.received_files import scratch_folder
from forecast_service.resources.gate.access import caller
from forecast_service.resources.imports import (
    accepted_response,
    import_document,
    options_within_limits,
)
from forecast_service.resources.parsing import json_body

__all__ = ["SalesResource"]

DAY = {"store_number": 1, "date": "2026-08-30"}
SALE = {**DAY, "sales": 121.0, "covariates": {"promo": 1}}


class SalesResource(ServiceResource):
    """Sales as JSON rows."""

    @documented(
        "Add or correct a few sales",
        scope="import",
        body=SalesBody,
        answers={202: "Import"},
        errors=(*OF_BODIES, *OF_STORES, *OF_WRITING),
        examples={"A day of a store": {"sales": [SALE]}},
    )
    def post(self) -> Response:
        """Import these rows like a file in mode INCREMENTAL."""
        body = json_body(request, SalesBody)
        if body.create:
            caller().require_all_stores("'create' makes new stores")
        refuse_future_rows(body.sales, last_possible_day(self.service.settings.timezone))
        options = ImportOptions(
            allow_returns=body.allow_returns,
            empty_sales="forget",
            known_stores=not body.create,
        )
        return self._request(body.sales, options)

    @documented(
        "Remove a few sales",
        scope="import",
        body=RemovalBody,
        answers={202: "Import"},
        errors=(*OF_BODIES, *OF_STORES, *OF_WRITING),
        examples={"A day of a store": {"sales": [DAY]}},
    )
    def delete(self) -> Response:
        """Remove these rows; the models do not see them any more."""
        body = json_body(request, RemovalBody)
        rows = [SaleRow(**row.model_dump(), sales=None) for row in body.sales]
        return self._request(rows, ImportOptions(empty_sales="remove", known_stores=True))

    def _request(self, rows: list[SaleRow], options: ImportOptions) -> Response:
        imports = self.service.imports
        options = options_within_limits(options, "INCREMENTAL")
        if options.known_stores:
            imports.refuse_unknown_stores([row.store_number for row in rows], options)
        with scratch_folder(self.service.settings.home) as folder:
            path = folder / SENT_ROWS
            write_rows(path, rows)
            identifier = imports.request(
                {"sales": path}, "INCREMENTAL", options, requested_by=caller().name
            )
        return accepted_response(identifier, import_document(imports.get(identifier)))


def refuse_future_rows(rows: Sequence[SaleRow], last_day: int) -> None:
    """Refuse sales after ``last_day``, and name the first row.

    Raises
    ------
    InvalidRequest
        The pointer names the date in the document.
    """
    for number, row in enumerate(rows):
        if row.sales is not None and day_of(row.date) > last_day:
            raise InvalidRequest(
                f"Row {number} of store '{row.store_number}' {why_not_sold(row.date, last_day)}.",
                errors=(FieldError(f"/sales/{number}/date", "a day to come"),),
            )


def write_rows(path: Path, rows: list[SaleRow]) -> None:
    """Write the rows as a file for the importer, with one column per covariate of any row."""
    names = list(dict.fromkeys(name for row in rows for name in row.covariates))
    has_items = any(row.item is not None for row in rows)
    marks = ["stockout"] if any(row.stockout is not None for row in rows) else []
    header = ["store", "date", "sales", *(["item"] if has_items else []), *marks, *names]
    _refuse_repeated_names(header)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            item = [row.item] if has_items else []
            covariates = [row.covariates.get(name) for name in names]
            mark = [row.stockout] if marks else []
            writer.writerow([row.store_number, row.date, row.sales, *item, *mark, *covariates])


def _refuse_repeated_names(header: list[str]) -> None:
    taken: dict[str, str] = {}
    for name in header:
        other = taken.get(name.lower())
        if other is not None:
            raise InvalidRequest(
                f"Covariate '{name[:100]}' has the same name as column '{other[:100]}' (case does "
                "not matter). Rename the covariate."
            )
        taken[name.lower()] = name
