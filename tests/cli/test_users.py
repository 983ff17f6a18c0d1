"""The commands `users` and `audit`."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecast_service.cli import main
from forecast_service.cli.opening import open_for_command

PASSWORD = "river sand copper moon"

Run = Callable[..., Result]


@pytest.fixture
def run(forecast_service: Run) -> Run:
    """Run a command that succeeds."""

    def succeed(*arguments: str, text: str | None = None) -> Result:
        result = CliRunner().invoke(main, list(arguments), input=text)
        assert result.exit_code == 0, result.output
        return result

    return succeed


def may_log_in(name: str, password: str) -> bool:
    from forecast_service.errors import WrongCredentials

    with open_for_command() as service:
        try:
            service.log_in.by_password(name, password, "192.0.2.1")
        except WrongCredentials:
            return False
    return True


def test_a_new_user_gets_a_password_that_is_shown_once(run: Run) -> None:
    result = run("users", "create", "Ann", "--role", "admin")

    assert result.stderr == (
        "User 'ann' is made, with the role 'admin'.\nThe password is shown only now:\n"
    )
    assert may_log_in("ann", result.stdout.strip())


def test_a_password_comes_from_stdin_or_from_a_question(run: Run) -> None:
    run("users", "create", "ann", "--role", "admin", "--password-stdin", text=f"{PASSWORD}\n")
    asked = run("users", "create", "bob", "--ask-password", text=f"{PASSWORD}2\n{PASSWORD}2\n")

    assert may_log_in("ann", PASSWORD)
    assert may_log_in("bob", f"{PASSWORD}2")
    assert PASSWORD not in asked.output


def test_no_command_takes_a_password_as_an_argument() -> None:
    options = {
        option
        for command in main.commands["users"].commands.values()  # type: ignore[attr-defined]
        for parameter in command.params
        for option in parameter.opts
        if "password" in option and not parameter.is_flag
    }

    assert options == set()


def test_users_are_listed_with_limits_and_state(run: Run, sales: Path) -> None:
    run("import", str(sales), "--no-wait")
    run("users", "create", "ann", "--role", "admin")
    run("users", "create", "bob", "--role", "planner", "--store", "1", "--region", "all")
    run("users", "disable", "bob")

    lines = [line.split("\t") for line in run("users", "list").stdout.splitlines()]
    documents = json.loads(run("users", "list", "--json").stdout)

    assert lines == [
        ["name", "role", "regions", "stores", "language", "state", "logged_in_at"],
        ["ann", "admin", "-", "-", "-", "active", "-"],
        ["bob", "planner", "all", "1", "-", "disabled", "-"],
    ]
    assert documents[1]["limits"] == {"regions": ["all"], "stores": ["1"]}


def test_a_user_is_changed_and_enabled_again(run: Run) -> None:
    run("users", "create", "ann", "--role", "admin")
    first = run("users", "create", "bob").stdout.strip()
    run("users", "disable", "bob")
    assert not may_log_in("bob", first)

    second = run("users", "change", "bob", "--enable", "--new-password", "--role", "planner")

    (user,) = (u for u in json.loads(run("users", "list", "--json").stdout) if u["name"] == "bob")
    assert (user["role"], user["disabled"]) == ("planner", False)
    assert may_log_in("bob", second.stdout.strip())
    assert not may_log_in("bob", first)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (["create", "bob"], 1, "Error: The first user must be able to manage the accounts."),
        (["change", "bob"], 2, "Error: Nothing to change."),
        (["change", "bob", "--all-stores", "--store", "1"], 2, "--all-stores contradicts"),
        (["create", "bob", "--ask-password", "--password-stdin"], 2, "contradict each other"),
        (["delete", "bob"], 1, "Error: User 'bob' does not exist. 'forecast-service users list'"),
        (["create", "bob", "--role", "admin", "--store", "1"], 1, "Error: An admin has no limits"),
    ],
)
def test_refusals_say_what_to_do(
    forecast_service: Run, arguments: list[str], exit_code: int, sentence: str
) -> None:
    result = forecast_service("users", *arguments)

    assert result.exit_code == exit_code
    assert sentence in result.output


def test_the_last_admin_stays(run: Run, forecast_service: Run) -> None:
    run("users", "create", "ann", "--role", "admin")

    for command in ("delete", "disable"):
        result = forecast_service("users", command, "ann")
        assert result.exit_code == 1
        assert "User 'ann' is the last admin" in result.output


def test_commands_are_recorded_with_the_user_of_the_system(run: Run, sales: Path) -> None:
    run("users", "create", "ann", "--role", "admin")
    run("import", str(sales), "--no-wait")
    run("undo", "--no-wait")
    run("keys", "create", "till")
    run("users", "create", "bob")
    run("users", "delete", "bob")

    lines = [line.split("\t") for line in run("audit").stdout.splitlines()]

    assert lines[0] == ["at", "kind", "who", "action", "subject", "address"]
    assert {tuple(line[1:3]) for line in lines[1:]} == {("command", getpass.getuser())}
    assert [line[3] for line in lines[1:]] == [
        *("user_deleted", "user_created", "key_created", "undid", "imported", "user_created")
    ]


def test_the_audit_log_is_filtered(run: Run, forecast_service: Run) -> None:
    run("users", "create", "ann", "--role", "admin")
    run("users", "create", "bob")

    (entry,) = json.loads(run("audit", "--action", "user_created", "--limit", "1", "--json").stdout)
    assert entry["subject"] == "bob"
    assert run("audit", "--until", "2020-01-01").stdout.count("\n") == 1
    assert run("audit", "--who", "nobody").stdout.count("\n") == 1
    assert "Allowed are trained, forced" in forecast_service("audit", "--action", "x").output
