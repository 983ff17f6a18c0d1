"""Output of commands: data on stdout, messages on stderr, one sentence per error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from forecast_service.cli.remedies import REMEDY_COMMANDS
from forecast_service.errors import ForecastServiceError

__all__ = ["ServiceGroup", "json_option", "print_json", "print_table", "say"]

SHOWN_FINDINGS = 20

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


def say(sentence: str) -> None:
    """Print a message on stderr."""
    click.echo(sentence, err=True)


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    click.echo(json.dumps(value, indent=2, default=_as_text, ensure_ascii=False))


def _as_text(value: Any) -> str:
    """A value as text; times as the HTTP routes write them."""
    if not isinstance(value, datetime):
        return str(value)
    from forecast_service.common.instants import utc_text

    return utc_text(value.timestamp()) or ""


def print_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows: aligned on a terminal, otherwise tab-separated."""
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
    return f"{value:z.1f}" if isinstance(value, float) else str(value)


class ServiceGroup(click.Group):
    """A group of commands in which an error is one sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ForecastServiceError as error:
            raise click.ClickException(_with_findings(error)) from error
        except OSError as error:
            if isinstance(error, BrokenPipeError):  # the reader of a pipe went away
                raise
            raise click.ClickException(_of_system(error)) from error


def _of_system(error: OSError) -> str:
    from forecast_service.common.disks import not_writable
    from forecast_service.common.files import reason_of

    known = not_writable(error)
    if error.filename is not None:
        return (
            f"'{error.filename}' cannot be used: {reason_of(error)}. "
            "Check the path, its permissions and the free space."
        )
    return known.detail if known else f"The operating system refused this: {reason_of(error)}."


def _with_findings(error: ForecastServiceError) -> str:
    others = [e for e in error.errors if e.detail not in error.detail]
    lines = [f"  {e.pointer}: {e.detail}" for e in others[:SHOWN_FINDINGS]]
    if len(others) > SHOWN_FINDINGS:
        lines.append(f"  and {len(others) - SHOWN_FINDINGS} more")
    return "\n".join([error.sentence(REMEDY_COMMANDS), *lines])
