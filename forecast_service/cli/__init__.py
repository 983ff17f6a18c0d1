"""The command line: `forecast-service VERB`. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import os

import click

from forecast_service import __version__
from forecast_service.cli.accounts.audit import audit
from forecast_service.cli.accounts.keys import keys
from forecast_service.cli.accounts.users import users
from forecast_service.cli.cloud.aws_commands import aws
from forecast_service.cli.data import import_sales, sample, stores, undo
from forecast_service.cli.forecasts import forecast, rollback
from forecast_service.cli.output import ServiceGroup
from forecast_service.cli.serving import serve, worker
from forecast_service.cli.start.run import run
from forecast_service.cli.training import runs, train
from forecast_service.cli.upkeep import backup, check, prune, restore
from forecast_service.cli.what_if import what_if

__all__ = ["main"]


@click.group(
    cls=ServiceGroup,
    context_settings={"max_content_width": 110},
    epilog="Example: forecast-service forecast --store 1",
)
@click.version_option(__version__, prog_name="forecast-service")
def main() -> None:
    """Retail demand forecasts per store: import sales, train, serve.

    Settings come from FORECAST_* variables; docs/configuration.md describes them.
    """
    # Set before numpy is imported, for all child processes too: threads that wait by spinning
    # make matrix inverses and trees ten times as slow on a machine with other work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


for command in (
    *(import_sales, undo, train, forecast, rollback, what_if, stores, runs, serve, worker, run),
    *(check, sample, backup, restore, prune, keys, users, audit, aws),
):
    main.add_command(command)
