"""Every error that the service raises on purpose.

    ForecastServiceError
    ├── ConfigurationError          a FORECAST_* variable is wrong
    ├── InvalidRequest              the request is malformed or not allowed
    │   ├── UnknownField            a field with this name does not exist
    │   └── OutsideHorizon          the forecast has no period in this date range
    ├── NotFound                    the requested thing does not exist
    │   ├── UnknownStore
    │   ├── UnknownItem
    │   ├── UnknownRegion
    │   └── NoForecast              no forecast is served yet
    ├── InvalidData                 a file or a series cannot be used; nothing of it was kept
    ├── Conflict                    the present state forbids this
    │   └── LeaseLost               another worker holds this work; nothing may be written
    ├── Unauthenticated             nobody is known to make the request
    │   └── WrongCredentials        a name, a password or a link is wrong
    ├── NotAllowed                  the caller may not do this
    ├── TooManyAttempts             too many attempts to log in failed
    ├── TooManyRequests             a caller made too many requests in some time
    ├── NotOffered                  the configured backend cannot do this at all
    ├── Busy                        the limit of simultaneous computations is reached
    ├── DamagedData                 a stored file is lost, or is not as it was written
    └── BackendUnavailable          Amazon Forecast or the database is away; ``retryable``
        ├── DatabaseDamaged         the database cannot be read; a backup helps
        ├── NewerSchema             a later version of the service made the database
        └── NotWritable             a disk is full or read-only; accepted work waits

Each detail is one sentence or two: subject in quotes, what was found, what is allowed, what to do.
It names no route and no command. If one of them helps, the error carries a ``Remedy``. HTTP
(``resources.remedies``) words it as a route, the command line (``cli.remedies``) as a command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "BackendUnavailable",
    "Busy",
    "ConfigurationError",
    "Conflict",
    "DamagedData",
    "DatabaseDamaged",
    "FieldError",
    "ForecastServiceError",
    "InvalidData",
    "InvalidRequest",
    "LeaseLost",
    "NewerSchema",
    "NoForecast",
    "NotAllowed",
    "NotFound",
    "NotOffered",
    "NotWritable",
    "OutsideHorizon",
    "Remedy",
    "TooManyAttempts",
    "TooManyRequests",
    "TooMuch",
    "Unauthenticated",
    "UnknownField",
    "UnknownFormat",
    "UnknownItem",
    "UnknownRegion",
    "UnknownStore",
    "WrongCredentials",
]


@dataclass(frozen=True)
class FieldError:
    """One finding inside a request body or a file."""

    pointer: str
    """JSON pointer into the body (``/store_number``), or ``line 17`` of a file."""
    detail: str


class Remedy(StrEnum):
    """What would help after an error: a route over HTTP, a command at a terminal.

    The values are stored beside the errors of failed imports.
    """

    TRAIN = "train"
    TRAIN_BY_FORCE = "train_by_force"
    FOLLOW_RUN = "follow_run"
    """Wait for the training run that is in progress; the subject is its id."""
    LIST_RUNS = "list_runs"
    IMPORT = "import"
    IMPORT_THEN_TRAIN = "import_then_train"
    RESTORE = "restore"
    """Restore a backup of everything."""
    IMPORT_ALL_AGAIN = "import_all_again"
    """Restore a backup, or import all data once more."""
    LIST_IMPORTS = "list_imports"
    UNDO_TOGETHER = "undo_together"
    """Undo with the option that takes back all imports of the load."""
    LIST_FORECASTS = "list_forecasts"
    LIST_SCENARIOS = "list_scenarios"
    LIST_STORES = "list_stores"
    LIST_USERS = "list_users"
    CREATE_STORES = "create_stores"
    """List the stores, or send the sales with the option that makes new ones."""
    LIST_REGIONS = "list_regions"
    SIGN_IN = "sign_in"
    """Send a key, or log in."""
    MAKE_ACCOUNT = "make_account"
    """Make the first key or user on the server."""
    ASK_ADMIN = "ask_admin"
    """Ask an administrator for a key or role that may do more."""
    LIST_KEYS = "list_keys"
    ALLOW_RETURNS = "allow_returns"
    """Import with the option that allows sales below 0."""
    REPLACE = "replace"
    """Import with the option that adds rows, or with the one that replaces what is there."""
    REPLACE_KIND = "replace_kind"
    """Import with the option that also chooses covariates and horizon anew."""
    REPLACE_SAMPLE = "replace_sample"
    """Use another home, or replace the invented sales."""
    IGNORE_COLUMNS = "ignore_columns"
    """Import with the option that leaves columns out."""
    NAME_COLUMN = "name_column"
    """Import with the option that names the column of a role."""
    NAME_SALES = "name_sales"
    """The same, or with the option for tables that have a column per store."""
    NAME_STORE = "name_store"
    """The same, or with the option that names the only store."""
    NAME_ENCODING = "name_encoding"
    NAME_SHEET = "name_sheet"
    NAME_DECIMAL = "name_decimal"
    """Import with the option that names the decimal mark."""
    NAME_DATE_ORDER = "name_date_order"
    """Import with the option that says whether dates begin with the day or the month."""
    ADD_UP_ROWS = "add_up_rows"
    """Import with the option that adds up several rows of a day, or keeps the last."""
    COUNT_MISSING_AS_ZERO = "count_missing_as_zero"
    """Import with the option that counts days without a row as days without sales."""


class ForecastServiceError(Exception):
    """Base class of all errors that the service raises on purpose."""

    status = 500
    """HTTP status of the problem document."""
    retryable = False
    """Whether the same call may succeed later without a change."""

    def __init__(
        self,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        remedy: Remedy | None = None,
        subject: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.remedy = remedy
        self.subject = subject
        """A value that the remedy needs, for example the id of a run."""
        self.retry_after = retry_after
        """Seconds until the same call may succeed, if they are known."""

    def sentence(self, words: Mapping[Remedy, str]) -> str:
        """The detail, then the remedy as ``words`` writes it; ``{subject}`` is filled in."""
        if self.remedy is None:
            return self.detail
        return f"{self.detail} {words[self.remedy].format(subject=self.subject)}"

    @property
    def type(self) -> str:
        """Stable name of the kind of error in kebab case: ``unknown-store``."""
        name = type(self).__name__
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


class ConfigurationError(ForecastServiceError):
    """A FORECAST_* variable is missing, malformed or contradicts another."""


class InvalidRequest(ForecastServiceError):
    """The request is malformed or not allowed."""

    status = 422


class UnknownField(InvalidRequest):
    """The request has a field or an option that does not exist."""


class TooMuch(InvalidRequest):
    """The answer would be too long."""

    status = 400


class UnknownFormat(InvalidRequest):
    """An answer does not exist in this format."""

    status = 400


class OutsideHorizon(InvalidRequest):
    """The requested date range has no day in common with the forecast."""


class Unauthenticated(ForecastServiceError):
    """Nobody is known to make this request, and it needs somebody."""

    status = 401


class NotAllowed(ForecastServiceError):
    """The caller is known, but may not do this."""

    status = 403


class NotFound(ForecastServiceError):
    """The requested thing does not exist."""

    status = 404


class UnknownStore(NotFound):
    """Sales of this store were never imported."""


class UnknownItem(NotFound):
    """This store never sold this item."""


class UnknownRegion(NotFound):
    """No store is in this region."""


class NoForecast(NotFound):
    """No forecast is served yet."""


class InvalidData(ForecastServiceError):
    """A file or a series cannot be used; nothing of it was kept."""

    status = 422


class Conflict(ForecastServiceError):
    """The present state forbids this."""

    status = 409


class LeaseLost(Conflict):
    """Another worker holds this work now; nothing was written."""


class WrongCredentials(Unauthenticated):
    """A name, a password or a link is wrong; the sentence does not say which part."""


class TooManyAttempts(ForecastServiceError):
    """Too many attempts to log in failed."""

    status = 429
    retryable = True


class TooManyRequests(ForecastServiceError):
    """A caller made more requests than are allowed in some time."""

    status = 429
    retryable = True


class NotOffered(ForecastServiceError):
    """The configured backend cannot do this at all."""

    status = 501


class Busy(ForecastServiceError):
    """The limit of simultaneous computations for waiting clients is reached."""

    status = 503
    retryable = True


class BackendUnavailable(ForecastServiceError):
    """Amazon Forecast or the database cannot be reached now."""

    status = 503
    retryable = True


class DamagedData(ForecastServiceError):
    """A stored file is lost, or its content is not what was written."""

    status = 503


class DatabaseDamaged(BackendUnavailable):
    """The database cannot be read; work waits until a backup is restored."""


class NewerSchema(BackendUnavailable):
    """A later version of the service made the tables of the database."""


class NotWritable(BackendUnavailable):
    """Nothing can be written: the disk is full or read-only."""

    status = 507
