"""The command `keys`: make, list and revoke API keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from forecast_service.accounts.scopes import COMMAND_LINE, SCOPES
from forecast_service.cli.output import ServiceGroup, json_option, print_json, print_table, say
from forecast_service.cli.parameters import NAME

__all__ = ["keys"]

KEY_COLUMNS = (
    *("id", "name", "start", "scopes", "limits", "state", "last_used_at", "aws_access_key_id"),
)


@click.group(cls=ServiceGroup, epilog="Example: forecast-service keys create report --region North")
def keys() -> None:
    """Make, list and revoke API keys.

    From the first key on, every request needs a key or a log-in, also on this machine.
    """


@keys.command(
    epilog="Example: forecast-service keys create till --scope read --scope import --store 7"
)
@click.argument("name", type=NAME)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    default=("read",),
    show_default=True,
    help="What the key may do; may be repeated.",
)
@click.option(
    "--store", "stores", type=NAME, multiple=True, help="Store it may see; may be repeated."
)
@click.option(
    "--region", "regions", type=NAME, multiple=True, help="Region it may see; may be repeated."
)
@click.option("--aws", is_flag=True, help="Make an AWS access key, too, for AWS SDKs at /aws.")
@click.option(
    "--account",
    "account_id",
    metavar="NUMBER",
    help="AWS account of its resources [default: FORECAST_ACCOUNT_ID].",
)
@click.option("--days", type=click.IntRange(1), help="Days until it ends [default: never].")
@json_option
def create(
    name: str,
    scopes: tuple[str, ...],
    stores: tuple[str, ...],
    regions: tuple[str, ...],
    aws: bool,
    account_id: str | None,
    days: int | None,
    as_json: bool,
) -> None:
    """Make an API key, and print it. Nobody can read it later.

    With --aws, two more lines have an AWS access key, as variables of AWS SDKs.
    """
    from forecast_service.cli.opening import open_for_command
    from forecast_service.resources.accounts.keys import new_key_document
    from forecast_service.storage.limits import Limits

    ends = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with open_for_command() as service:
        key, text = service.keys.create(
            name,
            scopes,
            limits=Limits(frozenset(stores) or None, frozenset(regions) or None),
            expires_at=None if ends is None else ends.timestamp(),
            aws=aws,
            account_id=account_id,
            created_by=COMMAND_LINE,
        )
        document = new_key_document(service.keys, key, text)
    if as_json:
        print_json(document)
    else:
        _print_key(document)
    say(f"Key '{key.name}' is shown this once. Requests send it as 'Authorization: Bearer KEY'.")


def _print_key(document: dict[str, Any]) -> None:
    click.echo(document["key"])
    if document["aws_access_key_id"] is not None:
        click.echo(f"AWS_ACCESS_KEY_ID={document['aws_access_key_id']}")
        click.echo(f"AWS_SECRET_ACCESS_KEY={document['aws_secret_access_key']}")


@keys.command("list", epilog="Example: forecast-service keys list --json")
@json_option
def list_keys(as_json: bool) -> None:
    """List the API keys, newest first, without their secrets."""
    from forecast_service.cli.opening import open_for_command
    from forecast_service.resources.accounts.keys import key_document

    with open_for_command() as service:
        documents = [key_document(key) for key in service.keys.list()]
    if as_json:
        print_json(documents)
    else:
        print_table(KEY_COLUMNS, map(_row, documents))


@keys.command(epilog="Example: forecast-service keys revoke till")
@click.argument("key", metavar="NAME_OR_ID", type=NAME)
def revoke(key: str) -> None:
    """Make an API key useless, within a second."""
    from forecast_service.cli.opening import open_for_command

    with open_for_command() as service:
        revoked = service.keys.revoke(key)
    say(f"Key '{revoked.name}' ({revoked.id}) is revoked.")


def _row(document: dict[str, Any]) -> dict[str, Any]:
    limits = [name for names in document["limits"].values() for name in names or ()]
    state = "revoked" if document["revoked_at"] else "valid"
    if state == "valid" and document["expires_at"]:
        is_over = datetime.fromisoformat(document["expires_at"]) <= datetime.now(UTC)
        state = "ended" if is_over else f"until {document['expires_at']}"
    joined = {"scopes": ",".join(document["scopes"]), "limits": ",".join(limits) or "all stores"}
    return {**document, **joined, "state": state}
