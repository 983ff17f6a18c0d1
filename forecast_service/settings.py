"""Settings: the FORECAST_* variables, read once and then passed on."""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from forecast_service.common.column_roles import COLUMN_ROLES, read_column_roles
from forecast_service.common.countries import COUNTRIES
from forecast_service.common.group_grants import read_group_limits, read_group_roles
from forecast_service.common.sentences import allowed, shown
from forecast_service.errors import ConfigurationError

__all__ = ["Settings", "read_settings"]

PREFIX = "FORECAST_"
SECRETS = {name: f"{PREFIX}{name.upper()}" for name in ("database_url", "oidc_client_secret")}
"""Settings that may be in a file, and their variables."""

MAX_FORECAST_TYPES = 5
SHOWN_UNKNOWN = 3  # unknown settings that an error names
FORECAST_TYPE = re.compile(r"0?\.(0[1-9]|[1-9]\d?)|mean")

RATE = re.compile(r"off|[1-9]\d{0,8}/(second|minute|hour)")
ORIGIN = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
HOST_NAME = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|[0-9A-Fa-f:.]+")

CommaList = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """All settings of the service; immutable. ``docs/configuration.md`` is the reference."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    home: Path = Field(
        Path("var"), description="Folder for the database, snapshots, models and logs."
    )
    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL; default: SQLite in FORECAST_HOME."
    )
    backend: Literal["local", "amazon", "auto"] = Field(
        "local",
        description="What trains the models: our own engine (local), Amazon Forecast through boto3 "
        "(amazon), or Amazon while it answers, else our own engine (auto).",
    )
    region: str = Field(
        "eu-west-1", description="AWS region of the service's own resources, also of local ones."
    )
    account_id: str = Field(
        "000000000000",
        pattern=r"^\d{12}$",
        description="AWS account of local resources, unless a key names another one.",
    )
    bucket: str = Field(
        "forecast-service", description="S3 bucket from which Amazon Forecast reads the data."
    )
    role_arn: str = Field(
        "arn:aws:iam::000000000000:role/forecast-service",
        description="IAM role that Amazon Forecast uses to read the bucket.",
    )
    s3_folder: Path | None = Field(
        None,
        description="Folder with local buckets: each folder in it is one; default: s3 in "
        "FORECAST_HOME.",
    )
    assume_role: bool = Field(
        False, description="Whether the local Amazon Forecast reads and writes S3 by the RoleArn."
    )
    closed_algorithms: Literal["refuse", "substitute"] = Field(
        "refuse",
        description="What the local Amazon Forecast does with CNN-QR and Deep_AR_Plus: refuse "
        "them, or train our best model under their names.",
    )
    dataset_name: str = Field("store_demand", description="Name of the target time series dataset.")
    dataset_group: str = Field("store_demand_group", description="Name of the dataset group.")
    algorithm: Literal[
        "auto", "arima", "ets", "npts", "pooled", "prophet", "seasonal_naive", "tsb"
    ] = Field(
        "auto",
        description="Algorithm of new predictors; auto averages several with weights per series.",
    )
    forecast_types: CommaList = Field(
        ("0.1", "0.5", "0.9"), description="Quantiles of new predictors; at most five."
    )
    horizon: int | None = Field(
        None,
        ge=1,
        le=500,
        description="Number of periods to forecast; default: length of the known future, or "
        "without one 28 days, 13 weeks or 6 months.",
    )
    tolerance_days: float = Field(
        2.0,
        ge=0,
        description="The latest predictor is good enough while it is younger than this many days.",
    )
    retrain_rules: CommaList = Field(
        ("age",), description="What can start a training: age, new_sales."
    )
    country: str | None = Field(
        None,
        description="Country code for public holidays; GB and UK mean the same country.",
    )
    region_column: str | None = Field(
        None, description="Column of the store table with the region of a store."
    )
    timezone: str = Field(
        "UTC",
        description="Time zone of the stores, such as Europe/Berlin: a sale is dated tomorrow or "
        "earlier there.",
    )
    columns: CommaList = Field(
        (),
        description="Columns of the files by role, such as store=Filiale,sales=Umsatz; others are "
        "recognised by their names.",
    )
    missing: Literal["unknown", "zero"] | None = Field(
        None,
        description="What a day without a row of sales means; default: as at the import before, "
        "else unknown.",
    )
    keep_days: int = Field(
        400, ge=1, description="Days for which old forecasts, runs and import jobs are kept."
    )
    processes: int | None = Field(
        None, ge=1, description="Processes that fit series in parallel; default: one per core."
    )
    prophet_solver: Literal["fast", "stan"] = Field(
        "fast", description="What fits Prophet: our own exact solver, or the package with Stan."
    )
    seed: int = Field(42, ge=0, description="Seed of all random numbers in a training.")
    lease_seconds: float = Field(
        30.0,
        ge=1,
        description="A worker that is silent for this time loses its work to another worker.",
    )
    poll_seconds: float = Field(30.0, gt=0, description="Time between two checks of a job on AWS.")
    aws_timeout_seconds: float = Field(
        20.0, gt=0, description="Longest wait for data from AWS within one call."
    )
    aws_attempts: int = Field(
        3, ge=1, description="Number of attempts before a call to AWS counts as failed."
    )
    amazon_patience_minutes: float = Field(
        60.0,
        ge=0,
        description="How long a run waits for Amazon before our own engine does it (with auto).",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(5000, ge=0, le=65535, description="Port to listen on.")
    allowed_hosts: CommaList = Field(
        ("localhost",),
        description="Hosts that requests may name; 'localhost' and loopback addresses always may.",
    )
    trusted_proxies: CommaList = Field(
        (),
        description="Networks of proxies, such as 10.0.0.0/8, whose X-Forwarded headers count.",
    )
    cors_origins: CommaList = Field(
        (),
        description="Origins of other sites whose pages may call with a key, such as "
        "https://shop.example.",
    )
    rate_limit: str = Field(
        "6000/minute",
        description="Most requests of one caller, such as 100/second or 6000/minute; or off.",
    )
    rate_limit_unknown: str = Field(
        "300/minute",
        description="Most refused requests of one address without a valid key; or off.",
    )
    aws_endpoint: Literal["on", "off"] = Field(
        "on", description="Whether `/aws` answers. Without accounts, it answers this machine only."
    )
    web_processes: int = Field(1, ge=1, description="Web processes of `serve`.")
    max_body_bytes: int = Field(
        64 * 1024 * 1024, ge=1024, description="Largest request body in bytes."
    )
    max_unpacked_bytes: int = Field(
        512 * 1024 * 1024, ge=1024, description="Largest size of an uploaded file when unpacked."
    )
    body_seconds: float = Field(
        30.0,
        gt=0,
        description="Longest time for a request body; a long one gets a second more per 16 KiB.",
    )
    session_hours: float = Field(
        168.0, gt=0, description="A user must log in again after this time in any case."
    )
    session_idle_hours: float = Field(
        8.0, gt=0, description="A user must log in again after this time without a request."
    )
    oidc_session_hours: float = Field(
        12.0,
        gt=0,
        description="Users of the identity provider must log in again after this time, if it is "
        "shorter: until then they keep what a group granted that they left.",
    )
    oidc_issuer: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#]+$",
        description="Address of the identity provider (OpenID Connect) at which users may log in.",
    )
    oidc_client_id: str | None = Field(
        None, description="Name of this service at the identity provider."
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="Its secret there; none for a public client."
    )
    oidc_scopes: str = Field(
        "openid profile email", description="What is asked of the identity provider."
    )
    oidc_role_claim: str = Field(
        "groups", description="Claim of the identity provider with the groups of a user."
    )
    oidc_roles: CommaList = Field(
        (), description="Roles by group, such as chain-admins=admin,planners=planner."
    )
    oidc_limits: CommaList = Field(
        (),
        description="What users of a group see only, such as north=region:North,kiosk=store:7.",
    )
    oidc_default_role: Literal["none", "viewer"] = Field(
        "none", description="Role of users in no group with a role; none: they may not log in."
    )
    audit_days: int = Field(
        730, ge=90, description="Days for which entries of the audit log are kept."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that is logged."
    )

    @field_validator(
        *("columns", "forecast_types", "retrain_rules", "allowed_hosts"),
        *("trusted_proxies", "cors_origins", "oidc_roles", "oidc_limits"),
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("forecast_types")
    @classmethod
    def _known_types(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        distinct = {text if text == "mean" else float(text) for text in value if _is_type(text)}
        if not 0 < len(value) == len(distinct) <= MAX_FORECAST_TYPES:
            raise ValueError(
                "up to five different quantiles from 0.01 to 0.99 or 'mean', separated by commas"
            )
        return value

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            read_column_roles(value)
        except ValueError:
            roles = ", ".join(COLUMN_ROLES)
            raise ValueError(
                f"role=name for each role once, separated by commas; the roles are {roles}"
            ) from None
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _host_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(HOST_NAME.fullmatch(name) for name in value):
            raise ValueError("host names without ports, '.example.com' for all below, or '*'")
        return tuple(name.lower() for name in value)

    @field_validator("oidc_roles")
    @classmethod
    def _group_roles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            read_group_roles(value)
        except ValueError as error:
            raise ValueError(f"group=role, by commas; {error}") from None
        return value

    @field_validator("oidc_limits")
    @classmethod
    def _group_limits(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            read_group_limits(value)
        except ValueError as error:
            raise ValueError(f"group=region:NAME or group=store:NAME, by commas; {error}") from None
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ipaddress.ip_network(text, strict=False)) for text in value)
        except ValueError:
            raise ValueError("addresses or networks such as 10.0.0.0/8, by commas") from None

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(ORIGIN.fullmatch(text) for text in value):
            raise ValueError(
                "origins such as https://shop.example:8443, by commas; no path, no '*'"
            )
        return tuple(text.lower() for text in value)

    @field_validator("rate_limit", "rate_limit_unknown")
    @classmethod
    def _rate(cls, value: str) -> str:
        if not RATE.fullmatch(value):
            raise ValueError("a number per second, minute or hour, such as 6000/minute, or off")
        return value

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str | None) -> str | None:
        if value is not None and value not in COUNTRIES:
            raise ValueError(f"one of {', '.join(COUNTRIES)}")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value != "UTC" and value not in available_timezones():
            raise ValueError("the name of a time zone, such as 'UTC' or 'Europe/Berlin'")
        return value

    @field_validator("retrain_rules")
    @classmethod
    def _known_rules(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - {"age", "new_sales"})
        if unknown or not value:
            raise ValueError("'age' or 'new_sales', or both separated by a comma")
        return value

    @property
    def resolved_database_url(self) -> str:
        """SQLAlchemy URL, or the SQLite default. It may contain a password: never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.home / 'forecast.db').absolute()}"


def read_settings(**overrides: Any) -> Settings:
    """Read the settings from FORECAST_* variables; ``overrides`` replace them.

    A variable with ``_FILE`` names a file with one of the ``SECRETS``.

    Raises
    ------
    ConfigurationError
        A variable is malformed (the message names all of these), or a variable does not exist.
    """
    _refuse_unknown(os.environ)
    for field, name in SECRETS.items():
        secret_file = os.environ.get(f"{name}_FILE")
        if secret_file and field not in overrides:
            overrides[field] = _read_secret(name, secret_file)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'.'.join(str(part) for part in e['loc']).upper()} {_problem(e)}"
            for e in error.errors(include_url=False)
        ]
        raise ConfigurationError(
            "; ".join(lines) + ". See docs/configuration.md for what is allowed."
        ) from error


def _is_type(text: str) -> bool:
    return FORECAST_TYPE.fullmatch(text) is not None


def _problem(finding: Any) -> str:
    """What is wrong with one variable: ``is 'x'; allowed is a whole number``."""
    if finding["type"] == "missing":
        return "is missing"
    parts = allowed([finding]).removeprefix("send ").rpartition(", not ")
    return f"is {shown(finding['input'])}; allowed is {parts[0] or parts[2]}"


def _refuse_unknown(environ: os._Environ[str] | dict[str, str]) -> None:
    names = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    names |= {f"{name}_FILE" for name in SECRETS.values()}
    unknown = sorted(
        name
        for name in environ
        if name.startswith(PREFIX) and name not in names and not name.startswith(f"{PREFIX}TEST_")
    )
    if unknown:
        sentences = [
            f"Unknown setting {name}.{_nearest(name, names) or ' Unset it.'}"
            for name in unknown[:SHOWN_UNKNOWN]
        ]
        more = len(unknown) - len(sentences)
        sentences += [f"{more} more are unknown."] if more else []
        raise ConfigurationError(f"{' '.join(sentences)} docs/configuration.md lists all settings.")


def _nearest(name: str, existing: Iterable[str]) -> str:
    """A question with the nearest of the existing names, after a blank; empty without one."""
    stems = [other.removeprefix(PREFIX) for other in existing]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), sorted(stems), n=1)
    return f" Did you mean {PREFIX}{near[0]}?" if near else ""


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(
            f"'{name}_FILE' names '{path}', which cannot be read: {error.strerror}. Name a "
            f"readable file or set {name}."
        ) from error
