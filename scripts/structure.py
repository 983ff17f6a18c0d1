"""Measure the structure of the package: its folders, names, imports and lengths.

    python scripts/structure.py      prints the figures; exits with 1 if a rule is broken

tests/test_architecture.py tests the same rules.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "forecast_service"

# Lowest first. A module imports from its own level or lower; all modules of a folder share a level.
LEVELS = (
    ("__version__", "errors", "common", "settings"),
    ("engine", "storage"),
    ("details",),
    ("local", "aws"),
    ("session",),
    ("predictor_requests", "trainer", "forecaster"),
    ("amazon",),
    ("accounts",),
    ("runs",),
    ("importer",),
    ("monitoring",),
    ("reading",),
    ("upkeep",),
    ("service",),
    ("worker", "resources", "dashboard", "cli", "client"),
    ("app",),
)
LEVEL = {name: number for number, names in enumerate(LEVELS) for name in names}
STRANGERS = (
    ("engine", "storage"),
    ("details",),
    ("local", "aws"),
)  # two names on one level must not import each other
MOST_FILES = 17  # in a folder, without __init__
LONG_LINES, MOST_LINES = 300, 450

Graph = Mapping[str, set[str]]


def modules() -> dict[str, Path]:
    """Path of every module by its name in the package (``local.wire``), without migrations."""
    paths = sorted(PACKAGE.rglob("*.py"))
    named = {name_of(path): path for path in paths if "migrations" not in path.parts}
    return {name: path for name, path in named.items() if name not in ("", "__main__")}


def name_of(path: Path) -> str:
    """``local.wire`` for the module at this path, ``local`` for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(path: Path) -> set[str]:
    """Full names of all imports of a module, also those in functions and for type checkers."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def own_imports(known: Mapping[str, Path]) -> Graph:
    """Modules of the package that each module imports."""
    return {
        module: {
            target
            for name in imported_names(path)
            if (target := _module_of(name, known)) not in (None, module)
        }
        for module, path in known.items()
    }


def _module_of(name: str, known: Mapping[str, Path]) -> str | None:
    """The module with this full name, or that defines it; None outside the package."""
    package, _, inside = name.partition(".")
    if package != PACKAGE.name:
        return None
    if inside == "__version__":
        return None
    return inside if inside in known else inside.rpartition(".")[0]


def upward_imports(graph: Graph) -> list[str]:
    """Imports from a higher level, or between two parts that must not import each other."""
    return sorted(
        f"{module} -> {target}"
        for module, targets in graph.items()
        for target in targets
        if _is_upward(module.partition(".")[0], target.partition(".")[0])
    )


def _is_upward(importer: str, imported: str) -> bool:
    if any(importer != imported and {importer, imported} == set(pair) for pair in STRANGERS):
        return True
    return LEVEL.get(imported, len(LEVELS)) > LEVEL.get(importer, -1)


def cycles(graph: Graph) -> list[list[str]]:
    """Groups of modules (or folders) that import each other, directly or through others."""
    reached = {start: _reached(graph, start) for start in graph}
    groups = {
        tuple(sorted(other for other in reached[start] if start in reached.get(other, ())))
        for start in graph
        if start in reached[start]
    }
    return [list(group) for group in sorted(groups)]


def _reached(graph: Graph, start: str) -> set[str]:
    """All nodes that can be reached from one node in at least one step."""
    seen: set[str] = set()
    ahead = list(graph.get(start, ()))
    while ahead:
        node = ahead.pop()
        if node not in seen:
            seen.add(node)
            ahead.extend(graph.get(node, ()))
    return seen


def folder_imports(graph: Graph) -> Graph:
    """Imports between inner folders: ``local.jobs`` imports ``local.files``."""
    imports: dict[str, set[str]] = defaultdict(set)
    for module, targets in graph.items():
        here = ".".join(module.split(".")[:2])
        for target in targets:
            there = ".".join(target.split(".")[:2])
            both = module.count("."), target.count(".")
            if min(both) == 2 and here != there:  # modules of two inner folders
                imports[here].add(there)
    return imports


def files_per_folder(known: Mapping[str, Path]) -> Counter[str]:
    """Number of modules in each folder, without ``__init__``."""
    return Counter(
        str(path.parent.relative_to(PACKAGE.parent))
        for path in known.values()
        if path.name != "__init__.py"
    )


def repeated_stems(known: Mapping[str, Path]) -> dict[str, list[str]]:
    """File names that occur twice below a top-level folder: a search could find the wrong one."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, path in known.items():
        if path.name != "__init__.py":
            places[name.partition(".")[0], path.stem].append(name)
    return {stem: names for (_, stem), names in places.items() if len(names) > 1}


def lengths(known: Mapping[str, Path]) -> dict[str, int]:
    """Lines of every module."""
    return {name: len(path.read_text("utf-8").splitlines()) for name, path in known.items()}


def main() -> int:
    """Print the figures; return 1 if a rule is broken."""
    known = modules()
    graph = own_imports(known)
    print("Files per folder")
    for folder, count in sorted(files_per_folder(known).items()):
        print(f"  {count:3d}  {folder}")
    long = {name: count for name, count in lengths(known).items() if count > LONG_LINES}
    print(f"Modules over {LONG_LINES} lines: {_listed(f'{n} {c}' for n, c in long.items())}")
    broken = {
        f"Folders of more than {MOST_FILES} files": [
            folder for folder, count in files_per_folder(known).items() if count > MOST_FILES
        ],
        f"Modules over {MOST_LINES} lines": [n for n, c in long.items() if c > MOST_LINES],
        "Stems used twice in a folder tree": [
            ", ".join(names) for names in repeated_stems(known).values()
        ],
        "Cycles of modules": [" - ".join(group) for group in cycles(graph)],
        "Cycles of folders": [" - ".join(group) for group in cycles(folder_imports(graph))],
        "Upward imports": upward_imports(graph),
    }
    for rule, places in broken.items():
        print(f"{rule}: {_listed(places)}")
    return int(any(broken.values()))


def _listed(places: Iterable[str]) -> str:
    listed = list(places)
    return f"{len(listed)}" + "".join(f"\n    {place}" for place in listed)


if __name__ == "__main__":
    sys.exit(main())
