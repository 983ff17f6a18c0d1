"""``/what-if``: forecasts with other promotions, openings or prices."""

from __future__ import annotations

from flask import Response, request

from forecast_service.reading import Supposition, total_of
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_BODIES,
    OF_FORMATS,
    OF_WHAT_IFS,
)
from forecast_service.resources.contract.requests import FormatQuery, WhatIfBody
from forecast_service.resources.forecast import question_of
from forecast_service.resources.gate.access import caller
from forecast_service.resources.parsing import json_body
from forecast_service.resources.representations import (
    CSV_TYPE,
    XLSX_TYPE,
    representation_of,
    table_response,
)
from forecast_service.resources.tables.forecasts import rounded, what_if_table
from forecast_service.resources.told import told

__all__ = ["WhatIfResource"]

PROMOTION = {"covariate": "promo", "value": 1, "from": "2026-09-05", "to": "2026-09-06"}
CLOSING = {"covariate": "open", "value": 0, "from": "2026-09-05"}


class WhatIfResource(ServiceResource):
    """The current forecast of one store or many, with changed covariates."""

    @documented(
        "The forecast with changed covariates on some days (nothing is stored)",
        scope="read",
        query=FormatQuery,
        body=WhatIfBody,
        answers={200: "WhatIf"},
        other_types=(CSV_TYPE, XLSX_TYPE),
        errors=(*OF_WHAT_IFS, *OF_FORMATS, *OF_BODIES),
        examples={
            "A promotion on a weekend": {"store_number": 1, "changes": [PROMOTION]},
            "Two stores are closed on a day": {"store_numbers": [1, 2], "changes": [CLOSING]},
        },
    )
    def post(self) -> Response:
        """Compute the answer at once, with the model of the current forecast."""
        form = representation_of(request)
        body = json_body(request, WhatIfBody)
        suppositions = [
            Supposition(row.covariate, row.value, row.first, row.last or row.first)
            for row in body.changes
        ]
        question = question_of(body)
        documents = self.service.what_if.documents(question, suppositions, caller().limits)
        if form.is_table:
            stores = ["stores"] if question.many else ["store", *question.stores]
            table = what_if_table(documents, full=form.full)
            return table_response(form, table, ["what-if", *stores])
        if not form.full:
            documents = [rounded(document) for document in documents]
        if not question.many:
            return json_response(told(documents[0]))
        answer = {"forecasts": documents, "total": total_of(documents)}
        return json_response(told(answer))
