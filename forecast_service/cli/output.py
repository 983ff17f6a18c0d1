"""What commands say and give: data on stdout, talk on stderr, one sentence per error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from forecast_service.errors import ForecastServiceError

__all__ = ["ServiceGroup", "give_json", "give_table", "json_option", "say"]

SHOWN_FINDINGS = 20
AT_A_TERMINAL = {  # longer ones first
    "POST /training or 'forecast-service train'": "'forecast-service train'",
    "POST /imports or 'forecast-service import'": "'forecast-service import'",
    'POST /training {"force": true}': "'forecast-service train --force'",
    "POST /training": "'forecast-service train'",
    "POST /imports": "'forecast-service import'",
    "GET /forecasts": "'forecast-service rollback'",
    "GET /training": "'forecast-service runs'",
    "GET /stores": "'forecast-service stores'",
}
RUN_ROUTE = re.compile(r"/training/(?=[0-9a-f]{20}\b)")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


def say(sentence: str) -> None:
    """Talk to the person at the terminal."""
    click.echo(sentence, err=True)


def give_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    click.echo(json.dumps(value, indent=2, default=_as_text, ensure_ascii=False))


def _as_text(value: Any) -> str:
    """Times as the HTTP routes write them."""
    if not isinstance(value, datetime):
        return str(value)
    from forecast_service.common.instants import utc_text

    return utc_text(value.timestamp()) or ""


def give_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as an aligned table on a terminal, as tab-separated lines otherwise."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    if not sys.stdout.isatty():
        for line in [list(columns), *cells]:
            click.echo("\t".join(line))
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for line in [list(columns), *cells]:
        click.echo("  ".join(map(str.ljust, line, widths)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


class ServiceGroup(click.Group):
    """Ends a command that was refused with one sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ForecastServiceError as error:
            raise click.ClickException(_with_findings(error)) from error


def _with_findings(error: ForecastServiceError) -> str:
    untold = [e for e in error.errors if e.detail not in error.detail]
    lines = [f"  {e.pointer}: {e.detail}" for e in untold[:SHOWN_FINDINGS]]
    if len(untold) > SHOWN_FINDINGS:
        lines.append(f"  and {len(untold) - SHOWN_FINDINGS} more")
    return at_a_terminal("\n".join([error.detail, *lines]))


def at_a_terminal(sentence: str) -> str:
    """A sentence with the command in place of each route that does the same."""
    for route, command in AT_A_TERMINAL.items():
        sentence = sentence.replace(route, command)
    return RUN_ROUTE.sub("training run ", sentence)
