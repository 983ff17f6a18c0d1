"""Commands that keep running: serve, worker."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from forecast_service.cli.output import say

if TYPE_CHECKING:
    from forecast_service.settings import Settings

__all__ = ["serve", "worker"]


@click.command(epilog="Example: forecast-service serve --port 8080")
@click.option("--host", help="Address to listen on [default: FORECAST_HOST, 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on [default: FORECAST_PORT, 5000].")
@click.option("--no-worker", is_flag=True, help="Start no worker; workers run elsewhere.")
def serve(host: str | None, port: int | None, no_worker: bool) -> None:
    """Serve forecasts over HTTP, with a worker.

    While there are no accounts, programs on this machine may do everything. At an address other
    than 127.0.0.1, the service is locked until 'forecast-service keys create' made a key; requests
    must then name a host of FORECAST_ALLOWED_HOSTS.

    The worker imports and trains. TERM and Ctrl-C end the web processes, the worker and this
    command.
    """
    serve_until_stopped(settings_at(host, port), with_worker=not no_worker)


def settings_at(host: str | None, port: int | None) -> Settings:
    """The settings, with the address that the command line names."""
    from forecast_service.settings import read_settings

    overrides = {"host": host, "port": port}
    return read_settings(**{k: v for k, v in overrides.items() if v is not None})


def serve_until_stopped(
    settings: Settings, *, with_worker: bool, begun: float | None = None
) -> None:
    """Run web and worker processes until TERM or INT.

    ``begun``: monotonic time at which the command began, to be compared with the first answer.
    """
    from forecast_service.cli.supervisor import Supervisor, choose_port, stop_signals

    port = choose_port(settings.host, settings.port)
    settings = settings.model_copy(update={"port": port})
    has_accounts = prepare(settings)
    for line in (
        *warnings_of(settings, has_accounts=has_accounts),
        *([] if has_accounts else first_admin_lines(settings)),
    ):
        say(line)
    supervisor = Supervisor(settings, with_worker=with_worker, say=say)

    def ready() -> None:
        if begun is not None:
            say(f"Ready after {time.monotonic() - begun:.1f} s.")
        say(f"Serving at {supervisor.address} (Ctrl-C stops).")

    with stop_signals() as stop:
        supervisor.run(stop, ready)
    say("Stopped.")


def prepare(settings: Settings) -> bool:
    """Make the tables before the children start; what prevents it ends the command here.

    The result says whether there are accounts.
    """
    from forecast_service.service import open_service

    service = open_service(settings)
    try:
        service.prepare()
        return service.accounts_state.has_accounts()
    finally:
        service.close()


def first_admin_lines(settings: Settings) -> list[str]:
    """The link by which the first admin is made, if the service is locked until then."""
    from forecast_service.accounts.admin_link import VALID_MINUTES
    from forecast_service.dashboard.first_admin import PATH
    from forecast_service.service import open_service

    service = open_service(settings)
    try:
        if service.is_open():
            return []
        token = service.admin_link.make()
    finally:
        service.close()
    return [
        f"Make the first admin in a browser, within {VALID_MINUTES} minutes, at "
        f"{_outer_address(settings)}{PATH}?token={token}"
    ]


def _outer_address(settings: Settings) -> str:
    """Where other machines probably reach the service."""
    from forecast_service.common.hosts import WILDCARDS, is_local_name

    named = [name for name in settings.allowed_hosts if name[:1] not in (".", "*")]
    others = [name for name in (*named, settings.host) if not is_local_name(name)]
    host = next((name for name in others if name not in WILDCARDS), "localhost")
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def warnings_of(settings: Settings, *, has_accounts: bool) -> list[str]:
    """What an operator must know before the service listens at this address."""
    from forecast_service.accounts.openness import listens_locally
    from forecast_service.common.hosts import is_local_name

    lines = []
    if not listens_locally(settings) and not has_accounts:
        lines.append(
            "WARNING: The service is locked: other machines may reach it, and it has no account. "
            "Make the first key with 'forecast-service keys create NAME --scope admin'."
        )
    if not is_local_name(settings.host):
        hosts = ", ".join(dict.fromkeys(("localhost", *settings.allowed_hosts)))
        lines.append(
            f"WARNING: Requests are answered for these hosts: {hosts}. Add names with "
            "FORECAST_ALLOWED_HOSTS."
        )
    return lines


@click.command(epilog="Example: FORECAST_DATABASE_URL=postgresql://… forecast-service worker")
def worker() -> None:
    """Do the requested imports and trainings, until Ctrl-C or TERM.

    Any number of workers on any number of hosts may share one PostgreSQL database.
    """
    from forecast_service.cli.processes import run_worker
    from forecast_service.settings import read_settings

    settings = read_settings()
    prepare(settings)
    run_worker(settings)
