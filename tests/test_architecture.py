"""Imports point one way, heavy libraries stay in their corners, and modules stay readable."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "forecast_service"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 300

# Lowest first; a module imports from its own level or lower. A package's parts share its level.
LEVELS = (
    (
        "errors",
        "common",
        "settings",
        "__version__",
    ),
    ("storage",),
    ("engine",),
    ("local",),
    ("session",),
    ("predictor_requests", "trainer", "forecaster"),
    ("runs",),
    ("importer",),
    ("reading",),
    ("upkeep",),
    ("service",),
    ("worker", "resources", "dashboard", "cli"),
    ("app",),
)
LEVEL = {name: number for number, names in enumerate(LEVELS) for name in names}


def name_of(path: Path) -> str:
    """``local.wire`` for the module at this path."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Full names of everything a module imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def importers_of(library: str) -> set[str]:
    """Modules that import this library."""
    return {
        name_of(path)
        for path in MODULES
        if any(name.split(".")[0] == library for name in imports_of(path))
    }


def test_every_module_imports_from_its_own_level_or_lower() -> None:
    upward = {
        name_of(path): above
        for path in MODULES
        if name_of(path) not in ("", "__main__") and (above := imports_from_above(path))
    }

    assert upward == {}


def imports_from_above(path: Path) -> list[str]:
    own = LEVEL.get(name_of(path).split(".")[0], -1)  # not placed in LEVELS yet: all is above
    names = (name.split(".") for name in imports_of(path))
    return sorted(n[1] for n in names if n[0] == "forecast_service" and LEVEL.get(n[1], 99) > own)


def test_the_engine_knows_no_database_no_http_and_no_amazon() -> None:
    for path in (PACKAGE / "engine").rglob("*.py"):
        names = {".".join(name.split(".")[:2]) for name in imports_of(path)}
        own = {name for name in names if name.startswith("forecast_service.")}

        allowed = {"common", "engine", "errors"}
        assert own <= {f"forecast_service.{name}" for name in allowed}, path.name
        assert not names & {"sqlalchemy", "flask", "boto3", "botocore"}, path.name


def test_prophet_is_imported_in_one_module() -> None:
    assert importers_of("prophet") == {"engine.prophet.prophet_package"}


def test_lightgbm_is_imported_in_one_module() -> None:
    assert importers_of("lightgbm") == {"engine.boosted.lightgbm_package"}


def test_boto3_clients_are_made_in_the_session_alone() -> None:
    assert importers_of("boto3") == {"session"}


def test_flask_appears_only_at_the_edge() -> None:
    edge = ("app", "resources.", "local.wire", "dashboard.")

    inside = {name for name in importers_of("flask") if not name.startswith(edge)}

    assert inside == set()


def test_nothing_loads_pickles() -> None:
    loaders = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}

    assert {library for library in loaders if importers_of(library)} == set()
    for path in MODULES:
        assert "allow_pickle=True" not in path.read_text(encoding="utf-8"), path


def test_every_module_fits_in_view() -> None:
    lines = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}

    assert {name: count for name, count in lines.items() if count >= MAX_LINES} == {}
