"""Delivery: the files and options of one import, beside what earlier imports left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from forecast_service.common.column_roles import read_column_roles
from forecast_service.importer.files.store_table import StoreTable, read_stores
from forecast_service.importer.merging.earlier_imports import EarlierImports
from forecast_service.importer.merging.remembered import Remembered
from forecast_service.importer.options import ImportOptions
from forecast_service.settings import Settings
from forecast_service.storage.groups import DatasetGroup, Texts

__all__ = ["Delivery"]


@dataclass(frozen=True)
class Delivery:
    """What one import reads, and what holds for it from before."""

    files: Mapping[str, Path]
    """Path by role."""
    replaces: bool
    """Whether the delivery takes the place of everything imported before (mode FULL)."""
    options: ImportOptions
    """With the columns of FORECAST_COLUMNS; those of the request count first."""
    settings: Settings
    earlier: EarlierImports | None

    @classmethod
    def of(
        cls,
        files: Mapping[str, Path],
        mode: str,
        options: ImportOptions,
        settings: Settings,
        earlier: EarlierImports | None,
    ) -> Delivery:
        """The delivery of a request."""
        named = set(options.columns.values())
        usual = read_column_roles(settings.columns)
        columns = {role: name for role, name in usual.items() if name not in named}
        options = replace(options, columns={**columns, **options.columns})
        return cls(files, mode == "FULL", options, settings, earlier)

    @property
    def kind(self) -> EarlierImports | None:
        """The earlier imports whose covariates and horizon hold for this one, too.

        None if there are none, or if the delivery may replace them: it then chooses anew.
        """
        return None if self.replaces and self.options.replace else self.earlier

    @property
    def base(self) -> EarlierImports | None:
        """The earlier imports whose rows stay."""
        return None if self.replaces else self.earlier

    @cached_property
    def remembered(self) -> Remembered:
        return Remembered.of(self.earlier, self.options, self.settings)

    @property
    def opens_by_rests(self) -> bool:
        """Whether rest days of stores have stated the covariate ``open`` so far."""
        return self.kind is not None and self.remembered.opens_by_rests

    @property
    def fixed_covariates(self) -> Sequence[str] | None:
        """The covariates of the dataset group; None if this import chooses them.

        A group without covariates gets some with the first full import that has any.
        """
        group = self._group
        if group is None or (self.replaces and not group.covariates):
            return None
        return group.covariates

    @property
    def texts(self) -> Texts | None:
        """The columns of text that became covariates."""
        return None if self._group is None else self._group.texts

    @property
    def _group(self) -> DatasetGroup | None:
        return None if self.kind is None else self.kind.group

    def fixed_horizon(self, frequency: str, *, is_stated: bool) -> int | None:
        """The horizon that stays; a delivery that replaces the kind can state another one.

        ``frequency`` is that of the delivery.
        """
        if self.earlier is None or (self.kind is None and is_stated):
            return None
        group = self.earlier.group
        return group.horizon if self.kind is not None or group.frequency == frequency else None

    def store_table(self) -> StoreTable | None:
        """The table of stores, if the delivery has one."""
        if "stores" not in self.files:
            return None
        return read_stores(self.files["stores"], self.settings.region_column, self.options)
