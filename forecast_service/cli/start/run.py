"""The command `run`: imports, trains if needed, and serves. A second start reuses the results."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from forecast_service.accounts.scopes import COMMAND_LINE
from forecast_service.cli.data import (
    FILE,
    file_options,
    files_by_role,
    import_options,
    store_options,
    value_options,
)
from forecast_service.cli.output import say
from forecast_service.cli.progress import report_time
from forecast_service.cli.serving import serve_until_stopped, settings_at
from forecast_service.cli.start.sample_home import (
    SAMPLE,
    continue_sample,
    digest,
    is_sample,
    newest_full_import,
    write_sample_files,
)
from forecast_service.errors import ForecastServiceError

if TYPE_CHECKING:
    from forecast_service.service import Service

__all__ = ["run"]

MEMORY = "last_import.json"  # digests of the files that were imported last


@click.command(epilog="Example: scripts/run train.csv.gz future.csv.gz --stores store.csv")
@click.argument("sales", type=FILE, required=False)
@click.argument("future", type=FILE, required=False)
@click.option("--stores", "store_table", type=FILE, help="Table with one row per store.")
@click.option("--allow-returns", is_flag=True, help="Allow days with negative sales.")
@click.option(
    "--replace", is_flag=True, help="Allow that the files drop stores or much of the history."
)
@click.option(
    "--replace-sample", is_flag=True, help="Delete the sample data of an earlier start first."
)
@file_options
@value_options
@store_options
@click.option("--host", help="Address to listen on [default: FORECAST_HOST, 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on [default: FORECAST_PORT, 5000].")
def run(
    sales: Path | None,
    future: Path | None,
    store_table: Path | None,
    host: str | None,
    port: int | None,
    **options: Any,
) -> None:
    """Import sales, train if needed, and serve, in one command.

    Without files, it uses invented sample data. A second start reuses earlier imports and
    trainings.
    """
    from forecast_service.cli.supervisor import choose_port

    begun = time.monotonic()
    settings = settings_at(host, port)
    choose_port(settings.host, settings.port)  # refuse a port now, not after minutes of training
    sent = files_by_role(sales, future, store_table, options)
    try:
        with stop_as_interrupt():
            prepare(sent, options)
    except KeyboardInterrupt:
        say("Stopped.")
        return
    serve_until_stopped(settings, with_worker=True, begun=begun)


def prepare(files: dict[str, Path], options: dict[str, Any]) -> None:
    """Import and train if needed."""
    from forecast_service.cli.opening import open_for_command

    with open_for_command() as service:
        imported = load(service, files, options)
        train(service, must_wait=imported)


def load(service: Service, files: dict[str, Path], options: dict[str, Any]) -> bool:
    """Import the files, or sample data if there are none. False if nothing had to be imported."""
    from forecast_service.cli.following import import_files
    from forecast_service.storage.groups import read_group

    settings = service.settings
    with service.database.read() as connection:
        group = read_group(connection, settings.dataset_group)
    memory = settings.home / MEMORY
    if not files:
        if group is not None:
            return use_again(service, memory)
        files = write_sample_files(settings)
    wanted = import_options(options)
    fingerprint = {
        "group": settings.dataset_group,
        "files": {role: digest(path) for role, path in files.items()},
        "options": changed_options(wanted.to_dict()),
    }
    before = read_memory(memory)
    is_same = all(before.get(name) == value for name, value in fingerprint.items())
    if group is not None and is_same and not is_undone(service):
        say("These files were imported before. Using the imported sales.")
        return False
    if group is not None and is_sample(before, settings.home / SAMPLE):
        leave_sample(service, may_delete=options["replace_sample"])
    with report_time("Import"):
        report = import_files(service, files, "FULL", wanted)
    for line in report.lines():
        say(f"  {line}")
    memory.write_text(json.dumps({**fingerprint, "import": newest_full_import(service)}))
    return True


def use_again(service: Service, memory: Path) -> bool:
    """Use the sales of an earlier start; the sample is continued. False if nothing was added."""
    before = read_memory(memory)
    files = continue_sample(service, before)
    if files:
        digests = {role: digest(path) for role, path in files.items()}
        memory.write_text(json.dumps({**before, "files": digests}))
        return True
    say("Using the sales that were imported before.")
    return False


def read_memory(path: Path) -> dict[str, Any]:
    """The fingerprint of the last import by this command; empty if there is none to read."""
    try:
        memory = dict(json.loads(path.read_text(encoding="utf-8")))
        options = changed_options(dict(memory["options"]))
        return {**memory, "files": dict(memory["files"]), "options": options}
    except (OSError, ValueError, TypeError, KeyError, ForecastServiceError):
        return {}


def changed_options(options: dict[str, Any]) -> dict[str, Any]:
    """The options that have not their default and matter for the same files."""
    from forecast_service.importer.options import ImportOptions

    defaults = {**ImportOptions().to_dict(), "replace": options.get("replace")}
    changed = {name: value for name, value in options.items() if value != defaults.get(name)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in changed.items()
        if value not in ([], ())
    }


def is_undone(service: Service) -> bool:
    """Whether the last full import was undone."""
    states = (i["state"] for i in service.imports.list() if i["mode"] == "FULL")
    return next((state for state in states if state != "failed"), "done") == "undone"


def leave_sample(service: Service, *, may_delete: bool) -> None:
    """Delete the sample data.

    Raises
    ------
    Conflict
        This was not requested.
    """
    from forecast_service.errors import Conflict, Remedy

    home = service.settings.home
    if not may_delete:
        raise Conflict(
            f"'{home}' holds the sample data of an earlier start, and one home is for one chain of "
            "stores. Nothing was changed.",
            remedy=Remedy.REPLACE_SAMPLE,
        )
    service.imports.clear()
    say("The sample data were deleted.")


def train(service: Service, *, must_wait: bool) -> None:
    """Train or forecast if that is worthwhile. Wait for it if there is no forecast yet."""
    from forecast_service.cli.following import follow
    from forecast_service.cli.training import sentence

    decision = service.runs.request(None, requested_by=COMMAND_LINE)
    say(sentence(decision))
    if decision.run is None:
        return
    if service.current.is_ready() and not must_wait:
        say("The worker does this, while the current forecast is served.")
        return
    with report_time("Training and forecasting" if decision.run.trains else "Forecasting"):
        follow(service, decision.run.id)


@contextlib.contextmanager
def stop_as_interrupt() -> Iterator[None]:
    """Make TERM interrupt the block, as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
