"""Refusals of the local Amazon Forecast: a code of the API and a sentence.

    Refusal
    ├── InvalidInput            the parameters are not allowed, alone or together
    ├── Invalid                 a value breaks a limit of the model (ValidationException)
    ├── InvalidToken            the NextToken is not ours, or is too old
    ├── AlreadyExists           the name is taken
    ├── DoesNotExist            the resource does not exist
    ├── InUse                   the resource, or one that it needs, is busy
    └── TooMany                 the limit on a number of things is reached

Clients see them as ClientError with ``error.response["Error"]["Code"]``, as with boto3.
"""

from __future__ import annotations

__all__ = [
    "AlreadyExists",
    "DoesNotExist",
    "InUse",
    "Invalid",
    "InvalidInput",
    "InvalidToken",
    "Refusal",
    "TooMany",
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
