"""Service: the settings, the database and all parts that use them; one value per process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from forecast_service.accounts.openness import listens_locally
from forecast_service.common.disks import require_folder
from forecast_service.errors import ConfigurationError
from forecast_service.settings import Settings
from forecast_service.storage.database import LOCK_SECONDS, Database
from forecast_service.storage.queue import Queue

if TYPE_CHECKING:
    from forecast_service.accounts.accounts_state import AccountsState
    from forecast_service.accounts.admin_link import AdminLink
    from forecast_service.accounts.audit import AuditLog
    from forecast_service.accounts.aws_secrets import AwsSecrets
    from forecast_service.accounts.keys import Keys
    from forecast_service.accounts.known_keys import KnownKeys
    from forecast_service.accounts.log_in import LogIn
    from forecast_service.accounts.oidc.identity import IdentityLogIn
    from forecast_service.accounts.oidc.provider import IdentityProvider
    from forecast_service.accounts.sessions import Sessions
    from forecast_service.accounts.users import Users
    from forecast_service.importer.imports import Imports
    from forecast_service.reading import CurrentForecast, Overview, WhatIf
    from forecast_service.reading.outlook import Comparisons, Outlooks
    from forecast_service.reading.scenarios import Scenarios
    from forecast_service.runs import KeptForecasts, TrainingRuns
    from forecast_service.session import ForecastSession

__all__ = ["Service", "open_service"]

OF_DATABASE = ("snapshots", "models")  # folders with files that only the database can name


@dataclass
class Service:
    """The parts of the service. The first use of a part makes it and imports its libraries."""

    settings: Settings
    database: Database
    before_close: list[Callable[[], None]] = field(default_factory=list)
    """What has to end before the connections do."""

    @cached_property
    def session(self) -> ForecastSession:
        from forecast_service.session import open_session

        return open_session(self.settings, self.database)

    @cached_property
    def queue(self) -> Queue:
        return Queue(self.database, self.settings.lease_seconds)

    @cached_property
    def accounts_state(self) -> AccountsState:
        from forecast_service.accounts.accounts_state import AccountsState

        return AccountsState(self.database)

    @cached_property
    def aws_secrets(self) -> AwsSecrets:
        from forecast_service.accounts.aws_secrets import AwsSecrets

        return AwsSecrets(self.settings.home)

    @cached_property
    def keys(self) -> Keys:
        from forecast_service.accounts.keys import Keys

        return Keys(self.database, self.settings.dataset_group, self.aws_secrets)

    @cached_property
    def known_keys(self) -> KnownKeys:
        from forecast_service.accounts.known_keys import KnownKeys

        return KnownKeys(self.database, self.accounts_state, self.aws_secrets)

    @cached_property
    def runs(self) -> TrainingRuns:
        from forecast_service.runs import TrainingRuns

        return TrainingRuns(self.database, self.settings, self.session)

    @cached_property
    def forecasts(self) -> KeptForecasts:
        from forecast_service.runs import KeptForecasts

        return KeptForecasts(self.database, self.settings)

    @cached_property
    def imports(self) -> Imports:
        from forecast_service.importer.imports import Imports

        return Imports(self.database, self.settings, self.session, self.runs.refresh)

    @cached_property
    def current(self) -> CurrentForecast:
        from forecast_service.reading import CurrentForecast

        return CurrentForecast(self.database, self.settings)

    @cached_property
    def comparisons(self) -> Comparisons:
        from forecast_service.reading.outlook import Comparisons

        return Comparisons(self.database, self.settings)

    @cached_property
    def outlooks(self) -> Outlooks:
        from forecast_service.reading.outlook import Outlooks

        return Outlooks(self.database, self.settings, self.current)

    @cached_property
    def overview(self) -> Overview:
        from forecast_service.reading import Overview

        return Overview(self.database, self.settings)

    @cached_property
    def what_if(self) -> WhatIf:
        from forecast_service.reading import WhatIf

        return WhatIf(self.database, self.settings, self.session, self.current)

    @cached_property
    def users(self) -> Users:
        from forecast_service.accounts.users import Users

        return Users(self.database, self.settings.dataset_group)

    @cached_property
    def sessions(self) -> Sessions:
        from forecast_service.accounts.sessions import Sessions

        return Sessions(self.database, self.settings)

    @cached_property
    def log_in(self) -> LogIn:
        from forecast_service.accounts.log_in import LogIn

        return LogIn(self.database, self.sessions)

    @cached_property
    def identity_log_in(self) -> IdentityLogIn:
        from forecast_service.accounts.oidc.identity import IdentityLogIn

        return IdentityLogIn(self.database, self.settings, self.sessions)

    @cached_property
    def identity_provider(self) -> IdentityProvider | None:
        if self.settings.oidc_issuer is None:
            return None
        from forecast_service.accounts.oidc.provider import IdentityProvider

        return IdentityProvider(self.settings)

    @cached_property
    def admin_link(self) -> AdminLink:
        from forecast_service.accounts.admin_link import AdminLink

        return AdminLink(self.database, self.sessions)

    @cached_property
    def audit(self) -> AuditLog:
        from forecast_service.accounts.audit import AuditLog

        return AuditLog(self.database)

    def is_open(self) -> bool:
        """Whether programs on this machine may do everything without an account."""
        return self._is_local and not self.accounts_state.has_accounts()

    @cached_property
    def _is_local(self) -> bool:
        return listens_locally(self.settings)

    @cached_property
    def scenarios(self) -> Scenarios:
        from forecast_service.reading.scenarios import Scenarios

        return Scenarios(self.database, self.settings, self.what_if)

    def prepare(self) -> None:
        """Make the tables of this version.

        Raises
        ------
        ConfigurationError
            The database is lost, or its data belong to another AWS region or account.
        NewerSchema, DatabaseDamaged, NotWritable, BackendUnavailable
            The database cannot be used now.
        """
        self._refuse_lost_database()
        self.database.migrate()
        self._refuse_other_place()

    def _refuse_other_place(self) -> None:
        """Refuse a region or an account in which the engine would not find its own data."""
        from forecast_service.local import catalog
        from forecast_service.local.arns import arn_prefix
        from forecast_service.storage.groups import read_group

        with self.database.read() as connection:
            group = read_group(connection, self.settings.dataset_group)
            if group is None or group.arn.startswith(arn_prefix(self.settings)):
                return
            is_ours = catalog.get(connection, group.arn) is not None
            if self.settings.backend != "local" or not is_ours:
                return
        _, _, _, region, account_id, _ = group.arn.split(":", 5)
        raise ConfigurationError(
            f"FORECAST_REGION and FORECAST_ACCOUNT_ID are '{self.settings.region}' and "
            f"'{self.settings.account_id}', but the data of '{self.settings.home}' were imported "
            f"with '{region}' and '{account_id}'. Set these, or name another folder in "
            "FORECAST_HOME."
        )

    def _refuse_lost_database(self) -> None:
        """Refuse to begin anew beside the data of a lost database: sweeps would delete them."""
        home, file = self.settings.home, self.database.file
        if file is None or file.parent != home.absolute() or self.database.revision() is not None:
            return
        if any(path.is_file() for folder in OF_DATABASE for path in (home / folder).rglob("*")):
            raise ConfigurationError(
                f"The database '{file}' is lost: it is empty, but '{home}' has data that it named. "
                "Put the database back, or restore a backup into an empty folder. To begin anew, "
                "name another folder in FORECAST_HOME."
            )

    def make_parts(self) -> None:
        """Make every part now, because two threads at first use would make two of them."""
        for name, part in vars(Service).items():
            if isinstance(part, cached_property):
                getattr(self, name)

    def close(self) -> None:
        """Close every connection to the database."""
        for end in self.before_close:
            end()
        if "current" in vars(self):  # it has its own connections
            self.current.close()
        if "known_keys" in vars(self):  # it writes when keys were used
            self.known_keys.close()
        self.database.dispose()


def open_service(settings: Settings, *, lock_seconds: float = LOCK_SECONDS) -> Service:
    """Make the service for these settings; ``prepare`` makes its tables.

    Raises
    ------
    ConfigurationError
        FORECAST_HOME cannot be used.
    """
    require_folder(settings.home, "FORECAST_HOME")
    return Service(settings, Database(settings.resolved_database_url, lock_seconds=lock_seconds))
