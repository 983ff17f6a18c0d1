"""The plan of an import: what to load and to record, in a file that outlives a crash."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from forecast_service.common.files import reason_of
from forecast_service.common.names import natural_order
from forecast_service.errors import DamagedData
from forecast_service.importer.merging.earlier_imports import StoreState
from forecast_service.importer.understanding.understanding import Understanding
from forecast_service.importer.values.text_columns import iso
from forecast_service.importer.workspace import replacing
from forecast_service.storage.groups import Texts
from forecast_service.storage.integrity import problem_of, sha256_of

__all__ = [
    "METADATA_PART",
    "PLAN",
    "RELATED_PART",
    "TARGET_PART",
    "Part",
    "Plan",
    "make_plan",
    "read_plan",
    "with_checksums",
    "write_plan",
]

TARGET_PART, RELATED_PART, METADATA_PART = "target", "related", "metadata"
PLAN = "plan.json"


@dataclass(frozen=True)
class Part:
    """One dataset to load: its schema (name and type of the columns, in order) and import mode."""

    kind: str
    schema: tuple[tuple[str, str], ...]
    mode: str


@dataclass(frozen=True)
class Plan:
    """All values that loading and recording need; the dates are ISO dates."""

    mode: str
    has_items: bool
    frequency: str
    horizon: int
    covariates: tuple[str, ...]
    last_sale_on: str
    parts: tuple[Part, ...]
    stores: Mapping[str, StoreState]
    series: tuple[tuple[str, str, str], ...]
    """Store, item and day of the last sale."""
    jobs: Mapping[str, str] = field(default_factory=dict)
    """Kind of a part -> ARN of its import job; empty until jobs are started."""
    texts: Texts | None = None
    conventions: Mapping[str, str] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    """Name of a file beside the plan -> SHA-256 of its content."""

    def with_jobs(self, jobs: Mapping[str, str]) -> Plan:
        return replace(self, jobs={**self.jobs, **jobs})


def make_plan(understanding: Understanding, mode: str) -> Plan:
    """The plan of an import, from what its files mean."""
    sales = understanding.sales
    keys = sales.rows.keys
    dimensions = (("location", "string"),) if understanding.has_items else ()
    start = (("item_id", "string"), ("timestamp", "timestamp"), *dimensions)
    parts = []
    if understanding.related is not None:
        columns = tuple((name, "float") for name in understanding.covariates)
        parts.append(Part(RELATED_PART, (*start, *columns), mode))
    if understanding.attributes:
        # Metadata has no time to tell rows apart, so it is always replaced as a whole.
        columns = tuple((name, "string") for name in understanding.attributes.values())
        parts.append(Part(METADATA_PART, (("item_id", "string"), *columns), "FULL"))
    if len(sales.rows):
        target_mode = mode if sales.everything is None else "FULL"
        parts.append(Part(TARGET_PART, (*start, ("demand", "float")), target_mode))
    return Plan(
        mode=mode,
        has_items=understanding.has_items,
        frequency=understanding.frequency,
        horizon=understanding.horizon,
        covariates=understanding.covariates,
        texts=understanding.texts,
        conventions=understanding.conventions,
        last_sale_on=iso(int(sales.last.max())),
        parts=tuple(parts),
        stores={
            n: understanding.stores[n] for n in sorted(understanding.stores, key=natural_order)
        },
        series=tuple(
            (*keys[index], iso(int(day))) for index, day in enumerate(sales.last) if day >= 0
        ),
    )


def write_plan(folder: Path, plan: Plan) -> None:
    """Store a plan with its checksum; a reader gets the old one or the new one."""
    content = json.dumps(asdict(plan), ensure_ascii=False).encode()
    with replacing(folder / PLAN) as temporary:
        temporary.write_bytes(content + b"\n" + _checksum(content))
        with temporary.open("rb") as file:
            os.fsync(file.fileno())


def with_checksums(plan: Plan, folder: Path) -> Plan:
    """The plan with the checksums of the files beside it, which are complete."""
    files = [path for path in folder.glob("*.*") if path.is_file() and path.name != PLAN]
    return replace(plan, files={path.name: sha256_of(path) for path in files})


def read_plan(folder: Path) -> Plan:
    """The plan that was stored last.

    Raises
    ------
    DamagedData
        The plan or a file beside it is not as it was written.
    """
    try:
        content, _, checksum = (folder / PLAN).read_bytes().partition(b"\n")
    except OSError as error:
        raise _damaged(PLAN, f"cannot be read ({reason_of(error)})") from error
    if checksum not in (b"", _checksum(content)):  # none: an older version wrote the plan
        raise _damaged(PLAN, "is damaged")
    try:
        plan = _plan(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(PLAN, "is damaged") from error
    for name, sha256 in plan.files.items():
        problem = problem_of(folder / name, sha256)
        if problem is not None:
            raise _damaged(name, problem)
    return plan


def _damaged(name: str, problem: str) -> DamagedData:
    return DamagedData(
        f"'{name}', a working file of this import, {problem}, so nothing of the import is kept. "
        "Import the same files again."
    )


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _plan(values: Mapping[str, Any]) -> Plan:
    return Plan(
        **{
            **values,
            "covariates": tuple(values["covariates"]),
            "parts": tuple(_part(part) for part in values["parts"]),
            "stores": {name: StoreState(**store) for name, store in values["stores"].items()},
            "series": tuple(tuple(entry) for entry in values["series"]),
        }
    )


def _part(values: Mapping[str, Any]) -> Part:
    schema = tuple((name, kind) for name, kind in values["schema"])
    return Part(values["kind"], schema, values["mode"])
