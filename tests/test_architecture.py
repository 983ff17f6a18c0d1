"""Imports point downward, large libraries have few importers, file names are unique."""

from __future__ import annotations

import ast
import warnings
from functools import cache

import pytest

from scripts.structure import (
    LONG_LINES,
    MOST_FILES,
    MOST_LINES,
    PACKAGE,
    Graph,
    cycles,
    files_per_folder,
    folder_imports,
    imported_names,
    lengths,
    modules,
    own_imports,
    repeated_stems,
    upward_imports,
)

MODULES = modules()


@cache
def graph_of_imports() -> Graph:
    """The imports, read once, and only where these tests run."""
    return own_imports(MODULES)


@cache
def names_of_imports() -> Graph:
    return {name: imported_names(path) for name, path in MODULES.items()}


def importers_of(library: str) -> set[str]:
    """Modules that import this library."""
    return {
        module
        for module, names in names_of_imports().items()
        if any(name.split(".")[0] == library for name in names)
    }


def test_every_module_imports_from_its_own_level_or_lower() -> None:
    assert upward_imports(graph_of_imports()) == []


def test_an_upward_import_would_be_seen() -> None:
    graph = {"storage.queue": {"runs.run"}, "engine.pool": {"storage.queue"}, "cli.data": set()}

    assert upward_imports(graph) == ["engine.pool -> storage.queue", "storage.queue -> runs.run"]


def test_no_modules_import_each_other() -> None:
    assert cycles(graph_of_imports()) == []


def test_no_folders_of_a_package_import_each_other() -> None:
    assert cycles(folder_imports(graph_of_imports())) == []


def test_a_cycle_would_be_seen() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}

    assert cycles(graph) == [["a", "b", "c"]]


def test_a_file_name_is_used_once_in_the_tree_of_a_folder() -> None:
    assert repeated_stems(MODULES) == {}


def test_a_folder_can_be_read_at_a_glance() -> None:
    crowded = {folder: n for folder, n in files_per_folder(MODULES).items() if n > MOST_FILES}

    assert crowded == {}


def test_every_module_can_be_read_in_one_sitting() -> None:
    long = {name: count for name, count in lengths(MODULES).items() if count > LONG_LINES}

    if long:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"Modules over {LONG_LINES} lines: {long}", stacklevel=1)
    assert {name: count for name, count in long.items() if count > MOST_LINES} == {}


def test_the_engine_imports_no_database_no_http_and_no_amazon() -> None:
    for module in (name for name in MODULES if name.split(".")[0] == "engine"):
        own = {target.split(".")[0] for target in graph_of_imports()[module]}
        libraries = {name.split(".")[0] for name in names_of_imports()[module]}

        assert own <= {"engine", "errors", "common"}, module
        assert not libraries & {"sqlalchemy", "flask", "boto3", "botocore"}, module


@pytest.mark.parametrize(
    ("library", "module"),
    [
        ("prophet", "engine.prophet.prophet_package"),
        ("lightgbm", "engine.boosted.lightgbm_package"),
        ("boto3", "storage.objects.aws_clients"),
        ("argon2", "accounts.passwords"),
        ("authlib", "accounts.oidc.provider"),
    ],
)
def test_a_heavy_library_is_imported_in_one_module(library: str, module: str) -> None:
    assert importers_of(library) == {module}


def test_the_local_amazon_forecast_uses_no_table_of_the_service() -> None:
    tables = "forecast_service.storage.tables."
    touched = {
        name.removeprefix(tables)
        for module, names in names_of_imports().items()
        for name in names
        if module.startswith("local.") and name.startswith(tables)
    }

    assert touched == {"resources", "tags", "monitor_evaluations"}


def test_details_of_a_resource_are_read_in_one_module() -> None:
    reading = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Subscript | ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "details"
        and (isinstance(node, ast.Subscript) or node.attr in ("get", "items"))
    }

    assert reading == set()


def test_no_module_asks_which_backend_a_session_has() -> None:
    asking = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare | ast.Subscript)
        and any(isinstance(n, ast.Attribute) and n.attr == "source" for n in ast.walk(node))
    }

    assert asking == set()


def test_flask_appears_only_at_the_edge() -> None:
    edge = ("app", "resources.", "local.wire", "dashboard.")

    inside = {name for name in importers_of("flask") if not name.startswith(edge)}

    assert inside == set()


def test_the_python_client_uses_nothing_of_the_service() -> None:
    graph = graph_of_imports()
    used = {target for name in graph if name.split(".")[0] == "client" for target in graph[name]}

    assert {target.split(".")[0] for target in used} == {"client"}


def test_one_module_reads_the_rows_of_dataset_groups() -> None:
    table = "forecast_service.storage.tables.dataset_groups"

    assert {name for name, imported in names_of_imports().items() if table in imported} == {
        "storage.groups"
    }


def test_nothing_loads_pickles() -> None:
    loaders = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}

    assert {library for library in loaders if importers_of(library)} == set()
    for path in MODULES.values():
        assert "allow_pickle=True" not in path.read_text(encoding="utf-8"), path


def test_the_architecture_page_names_every_folder_and_root_module() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = {path.parent for path in MODULES.values()} - {PACKAGE}
    roots = {path.name for path in MODULES.values() if path.parent == PACKAGE}
    wanted = {f"{folder.relative_to(PACKAGE)}/" for folder in folders} | roots

    assert {name for name in wanted if f"`{name}`" not in page} == set()
