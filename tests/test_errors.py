"""Errors name no route and no command: HTTP and the command line word their remedies."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast_service.cli import main
from forecast_service.cli.remedies import REMEDY_COMMANDS
from forecast_service.errors import NoForecast, Remedy
from forecast_service.resources.remedies import REMEDY_ROUTES
from forecast_service.resources.routes import ROUTES

PACKAGE = Path(__file__).parents[1] / "forecast_service"
EDGES = ("resources/", "dashboard/", "cli/", "client/", "local/wire.py", "app.py")
POINTED_INTO = "/sales"  # "/sales/3" is a JSON pointer, to a row of the body of that route

PATHS = {f"/{path.split('/')[1]}" for path, _ in ROUTES} - {POINTED_INTO}
OPTIONS = {
    option
    for command in main.commands.values()
    for parameter in command.params
    for option in parameter.opts
    if option.startswith("--")
}
NAMES_AN_EDGE = re.compile(
    r"\b(GET|POST|PUT|PATCH|DELETE) /"
    rf"|(?<![\w/}}])({'|'.join(map(re.escape, PATHS))})(?![\w-])"
    rf"|forecast-service ({'|'.join(main.commands)})\b"
    rf"|(?<![\w-])({'|'.join(OPTIONS)})\b"
    r"|\bscripts/"
)


def texts_of(path: Path) -> Iterator[str]:
    """All strings of a module except docstrings; ``{}`` replaces inserted values."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed = {
        id(statement.value)
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            passed.update(map(id, node.values))
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in passed:
            yield str(node.value)


def test_only_the_edges_name_routes_and_commands() -> None:
    modules = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}

    named = {
        name: told
        for name, path in modules.items()
        if not name.startswith(EDGES)
        and (told := [text for text in texts_of(path) if NAMES_AN_EDGE.search(text)])
    }

    assert named == {}


@pytest.mark.parametrize(
    "text",
    [
        "Ask for one with POST /training.",
        "One is being made: see /training/{}, and ask again.",
        "Use a file that 'forecast-service backup' wrote.",
        "leave columns out with --ignore (ignore)",
        "Install them with 'scripts/setup --extras'.",
    ],
)
def test_a_sentence_that_names_an_edge_is_found(text: str) -> None:
    assert NAMES_AN_EDGE.search(text)


@pytest.mark.parametrize("remedy", Remedy)
def test_every_remedy_is_worded_by_every_edge(remedy: Remedy) -> None:
    error = NoForecast("There is no forecast yet.", remedy=remedy, subject="run1")

    for words in (REMEDY_ROUTES, REMEDY_COMMANDS):
        sentence = error.sentence(words)
        assert sentence.startswith("There is no forecast yet. ")
        assert sentence.endswith(".")


def test_a_run_to_follow_is_named_by_each_edge() -> None:
    error = NoForecast("There is none.", remedy=Remedy.FOLLOW_RUN, subject="run1")

    assert error.sentence(REMEDY_ROUTES) == (
        "There is none. A training run is making a new one. GET /training/run1 shows it; ask again "
        "when it is 'serving'."
    )
    assert error.sentence(REMEDY_COMMANDS) == (
        "There is none. A training run is making a new one. 'forecast-service runs run1' shows it; "
        "ask again when it is 'serving'."
    )


def test_an_error_without_a_remedy_says_what_is_wrong() -> None:
    assert NoForecast("There is none.").sentence(REMEDY_COMMANDS) == "There is none."
