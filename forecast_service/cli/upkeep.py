"""Commands for operators: check, backup, restore, prune."""

from __future__ import annotations

from pathlib import Path

import click

from forecast_service.cli.data import FILE
from forecast_service.cli.output import json_option, print_json, say

__all__ = ["backup", "check", "prune", "restore"]

NEW_FILE = click.Path(path_type=Path)


@click.command(epilog="Example: forecast-service check --json")
@click.pass_context
@json_option
def check(context: click.Context, as_json: bool) -> None:
    """Check settings, database, stored files, disk and the Prophet package.

    Reads every stored file, and names those that are lost or not as they were written. Fits a tiny
    Prophet model, which takes some seconds. The exit code is 1 if a check fails.
    """
    from forecast_service.cli.checks import all_checks

    findings = all_checks()
    if as_json:
        print_json([finding.__dict__ for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{'ok    ' if finding.ok else 'FAILED'}  {finding.name}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        context.exit(1)


@click.command(epilog="Example: forecast-service backup /backups/2026-11-21.tar.gz")
@click.argument("path", type=NEW_FILE)
def backup(path: Path) -> None:
    """Write the database and the files into one archive, PATH.

    The service may run meanwhile. A damaged database is refused; damaged files are named. A
    PostgreSQL database is not included: back it up with pg_dump first, at most one day before. For
    that day, the files that the dump names are not deleted.
    """
    from forecast_service.cli.opening import open_for_command
    from forecast_service.upkeep import maintenance
    from forecast_service.upkeep.damage import find_damage

    if not path.parent.is_dir():
        raise click.BadParameter(
            f"The folder '{path.parent}' does not exist. Create it, or choose another folder.",
            param_hint="'PATH'",
        )
    with open_for_command() as service:
        names = maintenance.backup(service.settings, service.database, path)
        for damage in find_damage(service.settings, service.database):
            say(f"WARNING: {damage.sentence()}")
        if not service.database.is_sqlite:
            say("The database is not included. Back up PostgreSQL with pg_dump.")
    say(f"Wrote {path}: {', '.join(names) or 'nothing'}.")


@click.command(epilog="Example: forecast-service restore /backups/2026-11-21.tar.gz")
@click.argument("path", type=FILE)
def restore(path: Path) -> None:
    """Restore the backup PATH into an empty FORECAST_HOME."""
    from forecast_service.settings import read_settings
    from forecast_service.upkeep import maintenance

    names = maintenance.restore(read_settings(), path)
    say(f"Restored {', '.join(names) or 'nothing'}.")


@click.command(epilog="Example: FORECAST_KEEP_DAYS=90 forecast-service prune")
@json_option
def prune(as_json: bool) -> None:
    """Delete what is older than FORECAST_KEEP_DAYS.

    That is forecasts, training runs and import jobs. The current forecast stays, together with its
    predictor and its data.
    """
    from dataclasses import asdict

    from forecast_service.cli.opening import open_for_command
    from forecast_service.upkeep import maintenance

    with open_for_command() as service:
        removed = asdict(maintenance.prune(service.settings, service.database))
    if as_json:
        print_json(removed)
    else:
        compacted = removed.pop("compacted")
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in removed.items())
        say(f"Removed {counts}; compacted {compacted} datasets.")
