"""Commands for operators: check, backup, restore, prune."""

from __future__ import annotations

from pathlib import Path

import click

from forecast_service.cli.data import FILE
from forecast_service.cli.output import give_json, json_option, say

__all__ = ["backup", "check", "prune", "restore"]

NEW_FILE = click.Path(path_type=Path)


@click.command(epilog="Example: forecast-service check --json")
@click.pass_context
@json_option
def check(context: click.Context, as_json: bool) -> None:
    """Verify settings, database, disk and the model compiler; exit with 1 if one is not in order.

    Fits a tiny Prophet model, which takes some seconds.
    """
    from forecast_service.cli.checks import all_checks

    findings = all_checks()
    if as_json:
        give_json([finding.__dict__ for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{'ok    ' if finding.ok else 'FAILED'}  {finding.name}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        context.exit(1)


@click.command(epilog="Example: forecast-service backup /backups/2026-11-21.tar.gz")
@click.argument("path", type=NEW_FILE)
def backup(path: Path) -> None:
    """Write database and files of FORECAST_HOME into the file PATH, while the service runs.

    A database on PostgreSQL is not in it: make that backup with pg_dump, within the day before
    this one. The files that the dump names are kept for so long.
    """
    from forecast_service.cli.opening import opened
    from forecast_service.upkeep import maintenance

    if not path.parent.is_dir():
        raise click.BadParameter(
            f"The folder '{path.parent}' does not exist. Make it, or name a file in another one.",
            param_hint="'PATH'",
        )
    with opened() as service:
        names = maintenance.backup(service.settings, service.database, path)
        if not service.database.is_sqlite:
            say("The database is not in it: PostgreSQL is backed up with pg_dump.")
    say(f"Wrote {path}: {', '.join(names) or 'nothing'}.")


@click.command(epilog="Example: forecast-service restore /backups/2026-11-21.tar.gz")
@click.argument("path", type=FILE)
def restore(path: Path) -> None:
    """Restore what was backed up in PATH into an empty FORECAST_HOME."""
    from forecast_service.settings import read_settings
    from forecast_service.upkeep import maintenance

    names = maintenance.restore(read_settings(), path)
    say(f"Restored {', '.join(names) or 'nothing'}.")


@click.command(epilog="Example: FORECAST_KEEP_DAYS=90 forecast-service prune")
@json_option
def prune(as_json: bool) -> None:
    """Delete forecasts, runs and import jobs older than FORECAST_KEEP_DAYS.

    The forecast that is served stays, with what it was made by and from.
    """
    from dataclasses import asdict

    from forecast_service.cli.opening import opened
    from forecast_service.upkeep import maintenance

    with opened() as service:
        removed = asdict(maintenance.prune(service.settings, service.database))
    if as_json:
        give_json(removed)
    else:
        compacted = removed.pop("compacted")
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in removed.items())
        say(f"Removed {counts}; compacted {compacted} datasets.")
