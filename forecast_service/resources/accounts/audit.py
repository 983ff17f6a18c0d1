"""``/audit``: who did what, as pages of JSON or as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Response, request

from forecast_service.accounts.audit import AuditFilter
from forecast_service.resources.api import ServiceResource, json_response
from forecast_service.resources.contract.accounts.user_requests import AuditQuery
from forecast_service.resources.contract.documentation import documented
from forecast_service.resources.contract.refusals import (
    OF_FORMATS,
    OF_QUERIES,
)
from forecast_service.resources.parsing import read_query
from forecast_service.resources.representations import (
    CSV_TYPE,
    XLSX_TYPE,
    representation_of,
    table_response,
)
from forecast_service.resources.tables.audit_entries import audit_table, entry_document

__all__ = ["AuditResource"]

PAGE_ENTRIES = 100  # without ``limit``
FILE_ENTRIES = 100_000


class AuditResource(ServiceResource):
    """The audit log."""

    @documented(
        "Who did what, newest first",
        scope="admin",
        query=AuditQuery,
        answers={200: "AuditEntries"},
        other_types=(CSV_TYPE, XLSX_TYPE),
        errors=(*OF_FORMATS, *OF_QUERIES),
    )
    def get(self) -> Response:
        """A page of entries; a file has the newest 100,000 without ``limit``."""
        form = representation_of(request)
        query = read_query(request, AuditQuery)
        chosen = AuditFilter(query.who, query.action, _seconds(query.since), _seconds(query.until))
        if form.is_table and query.limit is None:
            everything = self.service.audit.all(chosen, FILE_ENTRIES, query.before)
            return table_response(form, audit_table(everything), ["audit"])
        limit = query.limit or PAGE_ENTRIES
        entries = self.service.audit.list(chosen, limit=limit + 1, before=query.before)
        page, next_page = entries[:limit], None
        if len(entries) > limit:
            sent = query.model_dump(exclude_none=True, exclude={"full"})
            next_page = f"/audit?{urlencode({**sent, 'limit': limit, 'before': page[-1].id})}"
        if form.is_table:
            return table_response(form, audit_table(page), ["audit"], next_page)
        return json_response({"entries": [entry_document(e) for e in page], "next": next_page})


def _seconds(text: str | None) -> float | None:
    """Epoch seconds of a time; one without a zone is in UTC."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
