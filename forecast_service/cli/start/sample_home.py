"""The sample data of a home: made at the first start, continued until yesterday at later ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from forecast_service.cli.output import say
from forecast_service.cli.progress import report_time
from forecast_service.common.instants import today

if TYPE_CHECKING:
    from forecast_service.service import Service
    from forecast_service.settings import Settings

__all__ = [
    "SAMPLE",
    "continue_sample",
    "digest",
    "is_sample",
    "newest_full_import",
    "write_sample_files",
]

SAMPLE = "sample"  # folder of the sample data


def write_sample_files(settings: Settings) -> dict[str, Path]:
    """Write invented sales of 30 stores until yesterday, and return the files by role."""
    from forecast_service.importer.sample import write_sample

    folder = settings.home / SAMPLE
    say(f"No files were named: making sample data in {folder}.")
    with report_time("Making sample data"):
        return write_sample(folder, _yesterday(settings))


def continue_sample(service: Service, memory: Mapping[str, Any]) -> dict[str, Path]:
    """Add the days until yesterday to the sample data, and return the files of a home by role.

    Nothing is added, and nothing returned, if the home holds other sales than the sample, or if no
    day is missing. ``memory`` is the fingerprint of the last import by `run`.
    """
    from forecast_service.importer.options import ImportOptions
    from forecast_service.importer.sample import sample_days, write_sample

    folder, until = service.settings.home / SAMPLE, _yesterday(service.settings)
    if not is_sample(memory, folder) or memory.get("import") != newest_full_import(service):
        return {}
    begin, last = sample_days(folder)
    if last >= until:
        return {}
    say(f"The sample data end on {last}: adding invented sales until yesterday.")
    with TemporaryDirectory() as added, report_time("Import"):
        from forecast_service.cli.following import import_files

        files = write_sample(Path(added), until, begin=begin, after=last)
        import_files(service, files, "INCREMENTAL", ImportOptions())
    return write_sample(folder, until, begin=begin)


def is_sample(memory: Mapping[str, Any], folder: Path) -> bool:
    """Whether the last import by `run` was that of our sample data."""
    if not memory or not folder.is_dir():
        return False
    return set(memory["files"].values()) <= {digest(path) for path in folder.iterdir()}


def newest_full_import(service: Service) -> str | None:
    """Id of the full import whose sales are in use; None if the newest one was undone."""
    full = (i for i in service.imports.list() if i["mode"] == "FULL" and i["state"] != "failed")
    newest = next(full, None)
    return None if newest is None or newest["state"] == "undone" else str(newest["id"])


def digest(path: Path) -> str:
    """SHA-256 of a file's contents."""
    with path.open("rb") as file:
        return file_digest(file, sha256).hexdigest()


def _yesterday(settings: Settings) -> dt.date:
    return today(settings.timezone) - dt.timedelta(days=1)
