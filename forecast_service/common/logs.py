"""Logs: one JSON object per line on stderr, with the id of its request."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from typing import Any

import orjson

from forecast_service.common.instants import utc_text

__all__ = ["JsonFormatter", "StderrHandler", "configure_logging", "request_id"]

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Id of the request that is being answered; None outside a request."""

CHATTY = ("alembic", "botocore", "urllib3", "cmdstanpy", "prophet")
STANDARD_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object; the fields of ``extra`` become members."""

    def format(self, record: logging.LogRecord) -> str:
        members: dict[str, Any] = {
            "at": utc_text(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        identifier = request_id.get()
        if identifier is not None:
            members["request_id"] = identifier
        for name, value in record.__dict__.items():
            if name not in STANDARD_FIELDS:
                members[name] = value
        if record.exc_info:
            members["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(members, default=str).decode()


class StderrHandler(logging.Handler):
    """Writes to the present ``sys.stderr``, also when it was redirected later."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:  # a full disk must not make a request fail
            self.handleError(record)


def configure_logging(level: str) -> None:
    """Log records of ``level`` and above to stderr as JSON; a second call changes the level."""
    root = logging.getLogger()
    root.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    if not any(isinstance(handler, StderrHandler) for handler in root.handlers):
        handler = StderrHandler()
        handler.setFormatter(JsonFormatter())
        root.addHandler(handler)
