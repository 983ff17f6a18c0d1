"""The documents agree with the program: settings, commands, links, sizes."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from forecast_service.cli import main
from forecast_service.resources.routes import ROUTES
from forecast_service.settings import Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def as_written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_documented_with_its_default_and_meaning(name: str) -> None:
    field = Settings.model_fields[name]

    row = f"| `FORECAST_{name.upper()}` | {as_written(field.default)} | {field.description} |"

    assert row in CONFIGURATION


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = set(re.findall(r"^\| `FORECAST_(\w+)`", CONFIGURATION, re.MULTILINE))

    assert named == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", main.commands)
def test_a_command_is_documented(name: str) -> None:
    assert f"`forecast-service {name}" in COMMANDS


@pytest.mark.parametrize("command", main.commands.values(), ids=lambda command: command.name)
def test_the_help_of_a_command_ends_in_an_example(command: click.Command) -> None:
    help_text = command.get_help(click.Context(command, info_name=command.name)).rstrip()

    assert help_text.split("\n\n")[-1].strip().startswith("Example: ")
    assert command.help


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)", text)
    local = [link for link in links if not link.startswith(("http://", "https://"))]

    assert [link for link in local if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_functions_and_files_that_a_document_names_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    files = re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|yaml|md|ipynb))(?::\w+)?`", text)
    places = [ROOT, ROOT / "forecast_service", document.parent, ROOT / "tests"]

    assert [name for name in files if not any((p / name).exists() for p in places)] == []


def test_a_decision_fits_on_a_card() -> None:
    lengths = {
        path.name: len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "docs" / "decisions").glob("*.md")
    }

    assert {name for name, length in lengths.items() if length > 25} == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


@pytest.mark.parametrize("path", [path for path, _ in ROUTES])
def test_a_route_is_documented(path: str) -> None:
    parts = re.sub("<store_number>", "<n>", path)
    parts = re.sub(r"<\w*(?:id|name)>", "<id>", parts)
    named = COMMANDS.replace("<name>", "<id>")

    assert re.search(rf"`(?:[A-Z]+ )?{re.escape(parts)}`", named)
