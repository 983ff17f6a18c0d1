"""Refusals of the local Amazon Forecast: a code of the API and a sentence.

    Refusal
    ├── InvalidInput            the parameters are not allowed, alone or together
    ├── Invalid                 a value breaks a limit of the model (ValidationException)
    ├── InvalidToken            the NextToken is not ours, or is too old
    ├── AlreadyExists           the name is taken
    ├── DoesNotExist            the resource does not exist
    ├── InUse                   the resource, or one that it needs, is busy
    └── TooMany                 the limit on a number of things is reached

    Fault                       said by the frame of AWS around the operations, over HTTP only
    WrongSignature              the signature of an AWS SDK is missing or wrong

Clients see them as ClientError with ``error.response["Error"]["Code"]``, as with boto3.
"""

from __future__ import annotations

from forecast_service.errors import Unauthenticated

__all__ = [
    "AlreadyExists",
    "DoesNotExist",
    "Fault",
    "InUse",
    "Invalid",
    "InvalidInput",
    "InvalidToken",
    "Refusal",
    "TooMany",
    "WrongSignature",
]


class Refusal(Exception):
    """An operation was refused; nothing was changed."""

    code = "InternalFailure"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(Refusal):
    """The parameters are not allowed, alone or together."""

    code = "InvalidInputException"


class Invalid(Refusal):
    """A value breaks a limit of the service model."""

    code = "ValidationException"


class InvalidToken(Refusal):
    """The NextToken is not ours, or is too old."""

    code = "InvalidNextTokenException"


class AlreadyExists(Refusal):
    """The name is taken."""

    code = "ResourceAlreadyExistsException"


class DoesNotExist(Refusal):
    """The resource does not exist."""

    code = "ResourceNotFoundException"


class InUse(Refusal):
    """The resource, or one that it needs, is busy."""

    code = "ResourceInUseException"


class TooMany(Refusal):
    """The limit on a number of things is reached."""

    code = "LimitExceededException"


class Fault(Exception):
    """An error answer over HTTP, with its code and status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class WrongSignature(Unauthenticated):
    """The signature of an AWS SDK is missing or wrong; code and sentence are Amazon's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
