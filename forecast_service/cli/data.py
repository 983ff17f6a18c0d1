"""Commands about data: import, sample, stores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast_service.cli.output import give_json, give_table, json_option, say
from forecast_service.common.names import natural_order

if TYPE_CHECKING:
    from forecast_service.service import Service

__all__ = ["import_sales", "sample", "stores"]

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
STORE_COLUMNS = ("store", "region", "first_sale_on", "last_sale_on", "days")


def store_options(command: Any) -> Any:
    """The options that take a part of the stores only."""
    for option in (
        click.option("--only", help="Import these stores only, such as 1,2,3."),
        click.option("--stores-limit", type=int, help="Import no more than this many stores."),
    ):
        command = option(command)
    return command


def names(text: str | None) -> list[str]:
    """The names in a comma-separated list."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def value_options(command: Any) -> Any:
    """The options that say how the values of files are meant."""
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
@click.argument("sales", type=FILE)
@click.argument("future", type=FILE, required=False)
@click.option("--stores", "store_table", type=FILE, help="Table with one row per store.")
@click.option("--append", is_flag=True, help="Add days and correct existing ones; keep the rest.")
@click.option("--allow-returns", is_flag=True, help="Allow days with negative sales.")
@click.option("--ignore", help="Columns to leave out, such as Customers,Notes.")
@click.option("--dry-run", is_flag=True, help="Only report what the files say.")
@click.option("--no-wait", is_flag=True, help="Leave the new forecast to a running worker.")
@value_options
@store_options
@json_option
def import_sales(
    sales: Path, future: Path | None, store_table: Path | None, **options: Any
) -> None:
    """Import daily SALES and the known FUTURE (promotions, openings, holidays).

    Files are CSV or Parquet, compressed or not. A file with a bad row is refused with the line
    numbers, and nothing of it is kept.
    """
    from forecast_service.cli.following import import_files
    from forecast_service.cli.opening import opened
    from forecast_service.importer.options import ImportOptions

    files = {"sales": sales, "future": future, "stores": store_table}
    sent = {role: path for role, path in files.items() if path is not None}
    wanted = ImportOptions.from_dict(
        {
            "only": names(options["only"]),
            "stores_limit": options["stores_limit"],
            "allow_returns": options["allow_returns"],
            "ignore": names(options["ignore"]),
            **chosen_values(options),
        }
    )
    mode = "INCREMENTAL" if options["append"] else "FULL"
    with opened() as service:
        if options["dry_run"]:
            report = service.imports.dry_run(sent, mode, wanted)
        else:
            report = import_files(service, sent, mode, wanted)
            bring_up_to_date(service, wait=not options["no_wait"])
    for line in report.lines():
        say(line)
    if options["as_json"]:
        give_json(report.to_dict())


def bring_up_to_date(service: Service, *, wait: bool) -> None:
    """Wait for the forecast over the newly imported sales, which the import itself asked for."""
    from forecast_service.cli.following import follow, open_run

    run = open_run(service)
    if run is not None and wait:
        say(f"{run.detail[0].upper()}{run.detail[1:]}.")
        follow(service, run.id)


@click.command(
    epilog="Example: forecast-service sample shop && cd shop && "
    "forecast-service import train.csv future.csv --stores store.csv"
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=int, default=42, show_default=True, help="Same seed, same files.")
def sample(folder: Path, seed: int) -> None:
    """Write sample files of 30 invented stores into FOLDER."""
    from forecast_service.importer.sample import write_sample

    write_sample(folder, seed)
    for path in sorted(folder.iterdir()):
        click.echo(path)


@click.command(epilog="Example: forecast-service stores --region north")
@click.option("--region", help="Only the stores of this region.")
@json_option
def stores(region: str | None, as_json: bool) -> None:
    """List the stores whose sales were imported."""
    import sqlalchemy as sa

    from forecast_service.cli.opening import opened
    from forecast_service.storage import tables
    from forecast_service.storage.stores import refuse_unknown_region

    statement = sa.select(*(tables.stores.c[name] for name in STORE_COLUMNS))
    with opened() as service, service.database.read() as connection:
        group = service.settings.dataset_group
        if region is not None:
            refuse_unknown_region(connection, group, region)
            statement = statement.where(tables.stores.c.region == region)
        found = connection.execute(statement.where(tables.stores.c.dataset_group == group))
        rows = sorted(map(dict, found.mappings()), key=lambda row: natural_order(row["store"]))
    if as_json:
        give_json(rows)
    else:
        give_table(STORE_COLUMNS, rows)
