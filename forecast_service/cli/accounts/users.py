"""Commands about users: users create, list, change, disable, delete."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from forecast_service.cli.output import ServiceGroup, json_option, print_json, print_table, say
from forecast_service.cli.parameters import NAME

if TYPE_CHECKING:
    from forecast_service.accounts.user import User

__all__ = ["users"]

Command = TypeVar("Command", bound=Callable[..., Any])

COLUMNS = ("name", "role", "regions", "stores", "language", "state", "logged_in_at")
role_choice = click.Choice(["viewer", "planner", "admin"])


@click.group(cls=ServiceGroup, epilog="Example: forecast-service users create ann --role admin")
def users() -> None:
    """Make, list, change and delete users.

    A viewer reads; a planner also trains and imports; an admin may do everything. From the first
    user on, everybody must log in or send a key.
    """


def password_options(command: Command) -> Command:
    """Options that say where a password comes from; it is never an argument, which others see."""
    for option in (
        click.option("--ask-password", is_flag=True, help="Ask for the password."),
        click.option("--password-stdin", is_flag=True, help="Read the password from stdin."),
    ):
        command = option(command)
    return command


def limit_options(command: Command) -> Command:
    """Options with the stores and regions that a user may see."""
    for option in (
        click.option(
            "--store", "stores", type=NAME, multiple=True, help="Store to see; may be repeated."
        ),
        click.option(
            "--region", "regions", type=NAME, multiple=True, help="Region to see; may be repeated."
        ),
    ):
        command = option(command)
    return command


@users.command(epilog="Example: forecast-service users create ann --role planner --region north")
@click.argument("name")
@click.option("--role", type=role_choice, default="viewer", show_default=True, help="The role.")
@limit_options
@click.option("--language", type=click.Choice(["de", "en"]), help="Of the pages.")
@password_options
@json_option
def create(
    name: str,
    role: str,
    stores: tuple[str, ...],
    regions: tuple[str, ...],
    language: str | None,
    ask_password: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make the user NAME.

    Without --ask-password and --password-stdin, a password is made and shown once. Without --region
    and --store, the user sees every store.
    """
    from forecast_service.cli.opening import open_for_command

    password = _password(ask_password, password_stdin)
    made = password or _generated()
    values = {"role": role, "language": language, "password": made, **_limits(stores, regions)}
    with open_for_command() as service:
        user = service.users.create(name, values)
    say(f"User '{user.name}' is made, with the role '{user.role}'.")
    _show(user, None if password else made, as_json)


@users.command("list", epilog="Example: forecast-service users list --json")
@json_option
def list_users(as_json: bool) -> None:
    """List all users."""
    from forecast_service.cli.opening import open_for_command
    from forecast_service.resources.accounts.users import user_document

    with open_for_command() as service:
        documents = [user_document(user) for user in service.users.list()]
    if as_json:
        print_json(documents)
    else:
        print_table(COLUMNS, [_row(document) for document in documents])


@users.command(epilog="Example: forecast-service users change ann --role planner --region north")
@click.argument("name")
@click.option("--role", type=role_choice, help="The new role.")
@limit_options
@click.option("--all-stores", is_flag=True, help="Take all limits away.")
@click.option("--language", type=click.Choice(["de", "en"]), help="Of the pages.")
@click.option("--enable", is_flag=True, help="Let the user log in again after 'disable'.")
@click.option("--new-password", is_flag=True, help="Make a password and show it once.")
@password_options
@json_option
def change(
    name: str,
    role: str | None,
    stores: tuple[str, ...],
    regions: tuple[str, ...],
    all_stores: bool,
    language: str | None,
    enable: bool,
    new_password: bool,
    ask_password: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Change the user NAME.

    --store and --region replace the limits that the user has. With another password, the user must
    log in again.
    """
    from forecast_service.cli.opening import open_for_command

    if all_stores and (stores or regions):
        raise click.UsageError("--all-stores contradicts --store and --region. Use one of them.")
    asked = _password(ask_password, password_stdin)
    made = _generated() if new_password and asked is None else None
    sent = {"role": role, "language": language, "password": asked or made}
    values: dict[str, Any] = {key: value for key, value in sent.items() if value is not None}
    if enable:
        values["disabled"] = False
    if all_stores or stores or regions:
        values.update(_limits(stores, regions))
    if not values:
        raise click.UsageError("Nothing to change. Name at least one option; --help lists them.")
    with open_for_command() as service:
        user = service.users.change(name, values)
    say(f"User '{user.name}' is changed.")
    _show(user, made, as_json)


@users.command(epilog="Example: forecast-service users disable ann")
@click.argument("name")
def disable(name: str) -> None:
    """Log the user NAME out and let her not log in, until 'users change --enable'."""
    from forecast_service.cli.opening import open_for_command

    with open_for_command() as service:
        user = service.users.change(name, {"disabled": True})
    say(f"User '{user.name}' is disabled and logged out.")


@users.command(epilog="Example: forecast-service users delete ann")
@click.argument("name")
def delete(name: str) -> None:
    """Delete the user NAME; the audit log keeps what she did."""
    from forecast_service.cli.opening import open_for_command

    with open_for_command() as service:
        service.users.delete(name)
    say(f"User '{name}' is deleted.")


def _password(ask: bool, from_stdin: bool) -> str | None:
    if ask and from_stdin:
        raise click.UsageError("--ask-password and --password-stdin contradict each other.")
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True) if ask else None


def _generated() -> str:
    from forecast_service.accounts.passwords import generated_password

    return generated_password()


def _limits(stores: tuple[str, ...], regions: tuple[str, ...]) -> dict[str, list[str] | None]:
    return {"stores": list(stores) or None, "regions": list(regions) or None}


def _show(user: User, password: str | None, as_json: bool) -> None:
    from forecast_service.resources.accounts.users import user_document

    if as_json:
        shown = {} if password is None else {"password": password}
        print_json({**user_document(user), **shown})
    elif password is not None:
        say("The password is shown only now:")
        click.echo(password)


def _row(document: dict[str, Any]) -> dict[str, Any]:
    limits = {key: ", ".join(names) for key, names in document["limits"].items() if names}
    return {**document, **limits, "state": "disabled" if document["disabled"] else "active"}
