"""The service models of Amazon Forecast; only this module uses botocore's models.

AWS retires the service, and botocore may drop its model one day. Then only ``service_model``
needs another source.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from botocore.errorfactory import ClientExceptionsFactory
from botocore.exceptions import ClientError, OperationNotPageableError, ParamValidationError
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.paginate import Paginator
from botocore.validate import ParamValidator

__all__ = [
    "CONTROL",
    "QUERY",
    "ClientError",
    "ParamValidationError",
    "Shape",
    "check_types",
    "client_error",
    "exceptions",
    "input_shape",
    "is_pageable",
    "known_members",
    "method_name",
    "operations",
    "output_shape",
    "paginator",
    "service_model",
]

CONTROL = "forecast"
QUERY = "forecastquery"

Shape = Any
"""A botocore shape: ``type_name``, ``metadata`` and its members."""


@functools.cache
def service_model(service: str) -> Any:
    """The model of ``forecast`` or ``forecastquery``."""
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


def operations(service: str) -> tuple[str, ...]:
    """Names of all operations, such as ``CreateDataset``."""
    return tuple(service_model(service).operation_names)


def input_shape(service: str, operation: str) -> Shape:
    """Shape of an operation's parameters."""
    return service_model(service).operation_model(operation).input_shape


def output_shape(service: str, operation: str) -> Shape:
    """Shape of an operation's answer; None if it has none."""
    return service_model(service).operation_model(operation).output_shape


@functools.cache
def method_name(operation: str) -> str:
    """boto3's method name of an operation: ``create_dataset`` for ``CreateDataset``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_")


def check_types(params: Mapping[str, Any], shape: Shape) -> None:
    """Refuse missing and unknown parameters, wrong types and too short values, as boto3 does.

    Raises
    ------
    ParamValidationError
        One line per finding.
    """
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())


def known_members(value: Any, shape: Shape) -> Any:
    """The value without null and unknown members, which AWS servers ignore."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name: known_members(value[name], member)
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [known_members(entry, shape.member) for entry in value]
    return value


@functools.cache
def exceptions(service: str) -> Any:
    """The ``exceptions`` of a client: one subclass of ClientError per error of the model."""
    return ClientExceptionsFactory().create_client_exceptions(service_model(service))


def client_error(
    service: str, operation: str, *, code: str, message: str, request_id: str
) -> ClientError:
    """The error that boto3 raises for this code; a plain ClientError if the model lacks it."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": request_id},
        "Message": message,
    }
    error: ClientError = exceptions(service).from_code(code)(response, operation)
    return error


@functools.cache
def _pagination(service: str) -> dict[str, Any]:
    model = create_loader().load_service_model(service, "paginators-1")
    return {
        method_name(name): {"operation": name, **how} for name, how in model["pagination"].items()
    }


def is_pageable(service: str, method: str) -> bool:
    """Whether boto3 has a paginator for this method."""
    return method in _pagination(service)


def paginator(service: str, method: str, call: Callable[..., Any] | None) -> Any:
    """botocore's paginator of a method; ``call`` answers for it.

    Raises
    ------
    OperationNotPageableError
        The method has no pages.
    """
    if not is_pageable(service, method):
        raise OperationNotPageableError(operation_name=method)
    how = _pagination(service)[method]
    # The stubs type the method as its name, but botocore calls it.
    pageable: Any = call
    return Paginator(pageable, how, service_model(service).operation_model(how["operation"]))
