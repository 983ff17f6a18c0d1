"""Refusals of the local Amazon Forecast: a code of the API and a sentence.

    Refusal
    ├── InvalidInput            what was asked cannot be meant
    ├── Invalid                 a value breaks a limit of the model (ValidationException)
    ├── InvalidToken            a NextToken that was not issued here, or too long ago
    ├── AlreadyExists           the name is taken
    ├── DoesNotExist            no such resource
    ├── InUse                   the resource, or what it rests on, is busy
    └── TooMany                 a limit on a number of things

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
    """What was asked cannot be meant."""

    code = "InvalidInputException"


class Invalid(Refusal):
    """A value breaks a limit of the service model."""

    code = "ValidationException"


class InvalidToken(Refusal):
    """A NextToken that was not issued here, or too long ago."""

    code = "InvalidNextTokenException"


class AlreadyExists(Refusal):
    """The name is taken."""

    code = "ResourceAlreadyExistsException"


class DoesNotExist(Refusal):
    """There is no such resource."""

    code = "ResourceNotFoundException"


class InUse(Refusal):
    """The resource, or what it rests on, is busy."""

    code = "ResourceInUseException"


class TooMany(Refusal):
    """A limit on a number of things is reached."""

    code = "LimitExceededException"
