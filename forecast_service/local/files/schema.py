"""The roles of a dataset's columns: item, dimensions, timestamp, target, features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from forecast_service.local.catalog import Resource
from forecast_service.local.files.domains import DOMAINS, METADATA, NUMERIC, TEXTUAL

__all__ = ["DatasetSchema", "schema_of"]


@dataclass(frozen=True)
class DatasetSchema:
    """Columns of a dataset in file order, with Amazon's types (string, integer, float, …)."""

    dataset_type: str
    item: str
    fields: tuple[tuple[str, str], ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.fields)

    @cached_property
    def timestamp(self) -> str | None:
        """The time column; item metadata have none."""
        return next((name for name, kind in self.fields if kind == "timestamp"), None)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        return tuple(name for name, kind in self.fields if kind in TEXTUAL)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The target of a target time series, or the features of a related one."""
        return tuple(name for name, kind in self.fields if kind in NUMERIC)

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Text columns of a time series except the item; metadata have none."""
        if self.dataset_type == METADATA:
            return ()
        return tuple(name for name in self.texts if name != self.item)

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Columns that identify a row."""
        times = () if self.timestamp is None else (self.timestamp,)
        return (self.item, *self.dimensions, *times)


def schema_of(dataset: Resource) -> DatasetSchema:
    """The schema of a dataset."""
    attributes = dataset.request["Schema"]["Attributes"]
    return DatasetSchema(
        dataset_type=dataset.request["DatasetType"],
        item=DOMAINS[dataset.request["Domain"]].item,
        fields=tuple((entry["AttributeName"], entry["AttributeType"]) for entry in attributes),
    )
