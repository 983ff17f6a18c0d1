"""Commands about data: import, sample, stores."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast_service.cli.output import json_option, print_json, print_table, say
from forecast_service.cli.parameters import NAME
from forecast_service.common.instants import today
from forecast_service.common.names import natural_order

if TYPE_CHECKING:
    from forecast_service.importer.options import ImportOptions
    from forecast_service.service import Service

__all__ = ["import_sales", "sample", "stores", "undo"]

PASSED_ON = ("stores_limit", "allow_returns", "replace", "store", "encoding", "sheet", "wide")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
STORE_COLUMNS = ("store", "region", "first_sale_on", "last_sale_on", "days")


def store_options(command: Any) -> Any:
    """Add the options that select some of the stores."""
    for option in (
        click.option(
            "--only", multiple=True, help="Import only these stores, such as 1,2,3; repeatable."
        ),
        click.option("--stores-limit", type=int, help="Import at most this many stores."),
    ):
        command = option(command)
    return command


def file_options(command: Any) -> Any:
    """The options that say how files are read."""
    for option in (
        click.option("--wide", is_flag=True, help="SALES has a column per day, or per store."),
        click.option("--sheet", help="Sheet of a spreadsheet to read."),
        click.option("--encoding", help="Encoding of text files, such as cp1252."),
        click.option(
            "--store", type=NAME, help="Name of the only store, in files without a column for it."
        ),
        click.option(
            "--column",
            "columns",
            multiple=True,
            metavar="ROLE=NAME",
            help="Column of a role: store, date, sales, item, open, stockout or region.",
        ),
        click.option(
            "--features", type=FILE, help="Covariates of past and future days, joined by date."
        ),
    ):
        command = option(command)
    return command


def files_by_role(
    sales: Path | None, future: Path | None, stores: Path | None, options: Mapping[str, Any]
) -> dict[str, Path]:
    """The files that were named."""
    files = {"sales": sales, "features": options["features"], "future": future, "stores": stores}
    return {role: path for role, path in files.items() if path is not None}


def import_options(given: dict[str, Any]) -> ImportOptions:
    """The options of an import from those of a command."""
    from forecast_service.importer.options import ImportOptions

    values = {name: given[name] for name in PASSED_ON if given.get(name) is not None}
    lists = {name: list(given.get(name) or ()) for name in ("only", "ignore")}
    return ImportOptions.from_dict(
        {**values, **lists, **chosen_values(given), "columns": list(given["columns"])}
    )


def value_options(command: Any) -> Any:
    """Add the options that say what the values of files mean."""
    choices = {
        "date-order": (("dmy", "mdy", "ymd"), "Order of dates such as 1/2/2024."),
        "decimal": (("point", "comma"), "Decimal mark of all numbers."),
        "duplicates": (("refuse", "sum", "last"), "What several rows of a day mean."),
        "missing": (("unknown", "zero"), "What a day without a row of sales means."),
    }
    for name, (values, text) in reversed(choices.items()):
        command = click.option(f"--{name}", type=click.Choice(values), help=text)(command)
    return command


def chosen_values(options: Mapping[str, Any]) -> dict[str, Any]:
    """The ``value_options`` that were given."""
    names = ("date_order", "decimal", "duplicates", "missing")
    return {name: options[name] for name in names if options[name] is not None}


@click.command(
    "import",
    epilog="Example: forecast-service import train.csv.gz future.csv.gz --stores store.csv",
)
@click.argument("sales", type=FILE, required=False)
@click.argument("future", type=FILE, required=False)
@click.option("--future", "future_only", type=FILE, help="FUTURE without SALES, with --append.")
@click.option("--stores", "store_table", type=FILE, help="Table with one row per store.")
@click.option(
    "--append", is_flag=True, help="Add new days and correct existing ones; keep the rest."
)
@click.option(
    "--replace", is_flag=True, help="Allow that the files drop stores or much of the history."
)
@click.option("--allow-returns", is_flag=True, help="Allow days with negative sales.")
@click.option(
    "--ignore", multiple=True, help="Columns to leave out, such as Customers,Notes; repeatable."
)
@click.option("--dry-run", is_flag=True, help="Only report what the files contain; import nothing.")
@click.option(
    "--no-wait", is_flag=True, help="Do not wait: a running worker makes the new forecast."
)
@file_options
@value_options
@store_options
@json_option
def import_sales(
    sales: Path | None, future: Path | None, store_table: Path | None, **options: Any
) -> None:
    """Import files of sales and of known future days.

    SALES has one row per store and day (or week, or month). FUTURE has the same columns without
    sales for the coming days: promotions, openings, holidays. Files are CSV, Parquet or
    spreadsheets (xlsx, xls, ods). If a row is bad, the file is refused with the line numbers, and
    nothing of it is kept. Columns are recognised by their names in several languages; --column
    names others, such as --column store=Kasse.
    """
    from forecast_service.cli.following import import_files
    from forecast_service.cli.opening import open_for_command

    sent = files_by_role(sales, future or options["future_only"], store_table, options)
    wanted = import_options(options)
    mode = "INCREMENTAL" if options["append"] else "FULL"
    with open_for_command() as service:
        if options["dry_run"]:
            report = service.imports.dry_run(sent, mode, wanted)
        else:
            report = import_files(service, sent, mode, wanted)
            follow_new_forecast(service, wait=not options["no_wait"])
    for line in report.lines():
        say(line)
    if options["as_json"]:
        print_json(report.to_dict())


def follow_new_forecast(service: Service, *, wait: bool) -> None:
    """Wait for the forecast that the import requested; ``wait=False`` does nothing."""
    from forecast_service.cli.following import follow, open_run

    run = open_run(service)
    if run is not None and wait:
        say(f"{run.detail[0].upper()}{run.detail[1:]}.")
        follow(service, run.id)


@click.command(epilog="Example: forecast-service undo")
@click.argument("import_id", metavar="[ID]", required=False)
@click.option("--together", is_flag=True, help="Also undo the imports that were loaded with it.")
@click.option(
    "--no-wait", is_flag=True, help="Do not wait: a running worker makes the new forecast."
)
def undo(import_id: str | None, together: bool, no_wait: bool) -> None:
    """Undo the last import: the sales are again those from before it.

    ID is that of the last import, which is the default. Repeat the command to go back further.
    """
    from forecast_service.cli.opening import open_for_command

    with open_for_command() as service:
        undone = service.imports.undo(import_id, together=together)
        report = undone["report"] or {}
        files = ", ".join(file["name"] for file in report.get("files", ()))
        say(f"Import {undone['id']} of {undone['requested_at']} ({files}) is undone.")
        follow_new_forecast(service, wait=not no_wait)


@click.command(
    epilog="Example: forecast-service sample shop && cd shop && "
    "forecast-service import train.csv future.csv --stores store.csv"
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--seed", type=int, default=42, show_default=True, help="The same seed writes the same files."
)
@click.option(
    "--end",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last day of the sales [default: yesterday in FORECAST_TIMEZONE].",
)
def sample(folder: Path, seed: int, end: datetime | None) -> None:
    """Write sample files of 30 invented stores into FOLDER."""
    from forecast_service.importer.sample import write_sample
    from forecast_service.settings import read_settings

    yesterday = today(read_settings().timezone) - timedelta(days=1)
    write_sample(folder, yesterday if end is None else end.date(), seed=seed)
    for path in sorted(folder.iterdir()):
        click.echo(path)


@click.command(epilog="Example: forecast-service stores --region north")
@click.option("--region", type=NAME, help="List only the stores of this region.")
@json_option
def stores(region: str | None, as_json: bool) -> None:
    """List the stores whose sales were imported."""
    import sqlalchemy as sa

    from forecast_service.cli.opening import open_for_command
    from forecast_service.storage import tables
    from forecast_service.storage.stores import refuse_unknown_region

    statement = sa.select(*(tables.stores.c[name] for name in STORE_COLUMNS))
    with open_for_command() as service, service.database.read() as connection:
        group = service.settings.dataset_group
        if region is not None:
            refuse_unknown_region(connection, group, region)
            statement = statement.where(tables.stores.c.region == region)
        result = connection.execute(statement.where(tables.stores.c.dataset_group == group))
        rows = sorted(map(dict, result.mappings()), key=lambda row: natural_order(row["store"]))
        stale = service.current.staleness()
    if as_json:
        print_json(rows)
    else:
        print_table(STORE_COLUMNS, rows)
    if stale is not None:
        say(f"The forecast is stale: {stale}.")
