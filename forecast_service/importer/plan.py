"""The plan of an import: what to load and to record, in a file that outlives a crash."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from forecast_service.common.names import natural_order
from forecast_service.importer.merging.earlier_imports import StoreState
from forecast_service.importer.understanding.understanding import Understanding
from forecast_service.importer.values.text_columns import iso
from forecast_service.importer.workspace import replacing
from forecast_service.storage.groups import Texts

__all__ = [
    "METADATA_PART",
    "PLAN",
    "RELATED_PART",
    "TARGET_PART",
    "Part",
    "Plan",
    "make_plan",
    "read_plan",
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
    """Store a plan; a reader gets the old one or the new one."""
    with replacing(folder / PLAN) as temporary:
        temporary.write_text(json.dumps(asdict(plan), ensure_ascii=False), encoding="utf-8")
        with temporary.open("rb") as file:
            os.fsync(file.fileno())


def read_plan(folder: Path) -> Plan:
    """The plan that was stored last."""
    values: dict[str, Any] = json.loads((folder / PLAN).read_text(encoding="utf-8"))
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
