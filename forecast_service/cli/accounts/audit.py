"""The command `audit`: who did what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from forecast_service.cli.output import json_option, print_json, print_table

__all__ = ["audit"]

COLUMNS = ("at", "kind", "who", "action", "subject", "address")
DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command(epilog="Example: forecast-service audit --action log_in_failed --since 2026-11-01")
@click.option("--who", help="Only what this user, key or command did.")
@click.option("--action", help="Only this action, such as 'trained' or 'logged_in'.")
@click.option("--since", type=DAY, help="From this day (UTC) on.")
@click.option("--until", type=DAY, help="Before this day (UTC).")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="List at most so many."
)
@json_option
def audit(
    who: str | None,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """List who did what and when, newest first.

    Recorded are trainings, imports, undoing, rollbacks, log-ins (also failed ones), and changes of
    users and keys, over HTTP and by commands.
    """
    from forecast_service.accounts.audit import ACTIONS, AuditFilter
    from forecast_service.cli.opening import open_for_command
    from forecast_service.resources.tables.audit_entries import entry_document

    if action is not None and action not in ACTIONS:
        raise click.BadParameter(f"Allowed are {', '.join(ACTIONS)}.", param_hint="'--action'")
    chosen = AuditFilter(who, action, _seconds(since), _seconds(until))
    with open_for_command() as service:
        documents: list[dict[str, Any]] = [
            entry_document(entry) for entry in service.audit.all(chosen, limit)
        ]
    if as_json:
        print_json(documents)
    else:
        print_table(COLUMNS, documents)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.replace(tzinfo=UTC).timestamp()
