"""The base of both local clients: boto3's methods, generated from the service model."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from forecast_service.local import shapes
from forecast_service.local.calls import Call, Handler
from forecast_service.local.errors import InvalidInput, Refusal
from forecast_service.local.validation import check_limits
from forecast_service.settings import Settings
from forecast_service.storage.database import Database

__all__ = ["LocalClient", "add_operations"]

WRITE_LOCK = 0x666F7263  # number of the lock; migrations use another one
READING = ("Describe", "List", "Get", "Query")

Note = Callable[[sa.Connection, str, Mapping[str, Any], Mapping[str, Any]], None]
"""Records a change in its transaction: operation, parameters, answer."""


class LocalClient:
    """A client like boto3's without AWS: the same methods, parameters, answers and errors.

    ``exceptions`` holds the error classes. Safe to share between threads. It sees the resources of
    one region and one account, those of ``settings``. ``note`` is called after every change.
    """

    service: str
    handlers: Mapping[str, Handler]

    def __init__(self, database: Database, settings: Settings, note: Note | None = None) -> None:
        self.database = database
        self.settings = settings
        self.note = note
        self.exceptions = shapes.exceptions(self.service)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]: ...

    def at(self, region: str, account_id: str) -> Self:
        """The same client for the resources of this region and account."""
        place = {"region": region, "account_id": account_id}
        return type(self)(self.database, self.settings.model_copy(update=place), self.note)

    def invoke(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Perform an operation by its name in the service model.

        Raises
        ------
        ParamValidationError
            A parameter is missing, unknown, of a wrong type or too short.
        ClientError
            The operation was refused. Codes with a class in ``exceptions`` raise that class.
        """
        shape = shapes.input_shape(self.service, operation)
        shapes.check_types(params, shape)
        request_id = str(uuid.uuid4())
        try:
            check_limits(params, shape)
            answer = self._perform(operation, params) or {}
        except Refusal as refusal:
            raise shapes.client_error(
                self.service,
                operation,
                code=refusal.code,
                message=refusal.message,
                request_id=request_id,
            ) from refusal
        return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": request_id}}

    def can_paginate(self, operation_name: str) -> bool:
        """Whether ``get_paginator`` accepts the method."""
        return shapes.is_pageable(self.service, operation_name)

    def get_paginator(self, operation_name: str) -> Any:
        """boto3's paginator of a method: ``get_paginator("list_predictors").paginate()``."""
        method = getattr(self, operation_name, None)
        return shapes.paginator(self.service, operation_name, method)

    def close(self) -> None:
        """Do nothing: the caller closes the database."""

    def _perform(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
        handler = self.handlers.get(operation)
        if handler is None:
            raise InvalidInput(_unavailable(operation))
        if operation.startswith(READING):
            with self.database.read() as connection:
                return handler(Call(operation, connection, self.settings), params)
        with self.database.write() as connection:
            self._lock_writes(connection)
            answer = handler(Call(operation, connection, self.settings), params)
            if self.note is not None:
                self.note(connection, operation, params, answer or {})
            return answer

    def _lock_writes(self, connection: sa.Connection) -> None:
        """Let one call write at a time, so that its checks still hold when it writes its row."""
        if not self.database.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITE_LOCK)))


def add_operations(client: type[LocalClient]) -> type[LocalClient]:
    """Give a client class a method for every operation of its service."""
    for operation in shapes.operations(client.service):
        setattr(client, shapes.method_name(operation), _method(operation))
    return client


def _method(operation: str) -> Callable[..., dict[str, Any]]:
    name = shapes.method_name(operation)

    def call(self: LocalClient, /, *args: Any, **params: Any) -> dict[str, Any]:
        if args:
            raise TypeError(f"{name}() only accepts keyword arguments.")
        return self.invoke(operation, params)

    call.__name__ = name
    call.__qualname__ = f"LocalClient.{name}"
    call.__doc__ = f"{operation} of Amazon Forecast, with boto3's parameters and answer."
    return call


def _unavailable(operation: str) -> str:
    return (
        f"'{operation}' is not available in this local Amazon Forecast yet. Every other operation "
        "is. Use Amazon Forecast for this one."
    )
