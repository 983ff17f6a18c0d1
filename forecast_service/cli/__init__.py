"""The command line: `forecast-service VERB`. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import click

from forecast_service import __version__
from forecast_service.cli.output import ServiceGroup
from forecast_service.cli.serving import serve, worker

__all__ = ["main"]


@click.group(cls=ServiceGroup, epilog="Example: forecast-service forecast --store 1")
@click.version_option(__version__, prog_name="forecast-service")
def main() -> None:
    """Retail demand forecasts per store: import sales, train, serve.

    Settings come from FORECAST_* variables; docs/configuration.md lists them.
    """


for command in (serve, worker):
    main.add_command(command)
