"""The checks of `forecast-service check`: one for each thing that a forecast needs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from forecast_service.cli.remedies import REMEDY_COMMANDS
from forecast_service.common.disks import not_writable, require_folder
from forecast_service.errors import ConfigurationError, ForecastServiceError
from forecast_service.settings import Settings, read_settings

__all__ = ["Finding", "all_checks"]

MIN_FREE_BYTES = 1024**3


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    name: str
    ok: bool
    detail: str


def all_checks() -> list[Finding]:
    """Run all checks. If the settings are wrong, that is the only finding."""
    try:
        settings = read_settings()
    except ConfigurationError as error:
        return [Finding("settings", False, error.sentence(REMEDY_COMMANDS))]
    findings = [Finding("settings", True, f"home {settings.home}, backend {settings.backend}")]
    findings.append(_finding("database", database, settings))
    if findings[-1].ok:
        findings += files(settings)
    checks = {"disk": disk, "model": model}
    findings += [_finding(name, check, settings) for name, check in checks.items()]
    return findings + ([] if settings.backend == "local" else amazon(settings))


def _finding(name: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(name, True, check(settings))
    except ForecastServiceError as error:
        return Finding(name, False, error.sentence(REMEDY_COMMANDS))
    except Exception as error:  # the libraries raise errors of their own
        known = not_writable(error)
        if known is not None:
            return Finding(name, False, known.detail)
        return Finding(name, False, f"{type(error).__name__}: {error}")


def amazon(settings: Settings) -> list[Finding]:
    """Try credentials, endpoint, bucket and role of Amazon Forecast."""
    from forecast_service.amazon.checking import check_amazon

    return [
        Finding(name, error is None, detail if error is None else error.sentence(REMEDY_COMMANDS))
        for name, detail, error in check_amazon(settings)
    ]


def database(settings: Settings) -> str:
    """Look for damage in the database, and migrate it to the schema of this version."""
    from forecast_service.service import open_service

    service = open_service(settings)
    try:
        service.prepare()
        service.database.check()
        return f"{service.database.engine.dialect.name} is undamaged, its schema is up to date"
    finally:
        service.close()


def files(settings: Settings) -> list[Finding]:
    """Compare every file that the database names with what was written; one finding per damage."""
    from forecast_service.service import open_service
    from forecast_service.upkeep.damage import find_damage

    service = open_service(settings)
    try:
        found = find_damage(settings, service.database)
    finally:
        service.close()
    if not found:
        return [Finding("files", True, "sales and models are as they were written")]
    return [Finding("files", not damage.is_needed, damage.sentence()) for damage in found]


def disk(settings: Settings) -> str:
    """Check that FORECAST_HOME is writable and has free space."""
    require_folder(settings.home, "FORECAST_HOME")
    probe = settings.home / ".check"
    probe.write_bytes(b"")
    probe.unlink()
    free = shutil.disk_usage(settings.home).free
    if free < MIN_FREE_BYTES:
        raise ConfigurationError(
            f"'{settings.home}' has {free / MIN_FREE_BYTES:.1f} GiB free, but needs at least 1. "
            "Free some space, or set FORECAST_HOME to a folder on another disk."
        )
    return f"{free / MIN_FREE_BYTES:.0f} GiB free in {settings.home.absolute()}"


def model(_settings: Settings) -> str:
    """Fit a small Prophet model, which needs Stan and its libraries."""
    import numpy as np

    from forecast_service.engine.algorithm import FitConfig
    from forecast_service.engine.panel import Panel
    from forecast_service.engine.registry import algorithm

    days = np.arange("2024-01-01", "2025-02-01", dtype="datetime64[D]").astype("datetime64[s]")
    weekly = 100 + 20 * np.sin(np.arange(len(days)) * 2 * np.pi / 7)
    panel = Panel(keys=(("check",),), timestamps=days, frequency="D", target=weekly[None, :])
    fitted = algorithm("prophet").fit(panel, FitConfig(horizon=7, prophet_solver="stan"))
    if fitted.algorithms != ("prophet",):
        raise ConfigurationError(f"Prophet could not be fitted: {fitted.notes[0]}")
    return "a small Prophet model was fitted"
