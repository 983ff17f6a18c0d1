"""Remembered: what options, settings and earlier imports say about the values of a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast_service.importer.merging.earlier_imports import EarlierImports
from forecast_service.importer.merging.merged_rows import MergedRows
from forecast_service.importer.options import ImportOptions
from forecast_service.importer.values.conventions import Conventions
from forecast_service.settings import Settings

__all__ = ["Remembered"]

MARKS = {"point": ".", "comma": ","}
BY_REST_DAYS = "rest_days"


@dataclass(frozen=True)
class Remembered:
    """The conventions of a dataset group, with those of this import on top."""

    values: Mapping[str, str]
    """See ``groups.DatasetGroup``."""
    missing: str
    """What a day without a row means: ``unknown`` or ``zero``."""

    @classmethod
    def of(
        cls, earlier: EarlierImports | None, options: ImportOptions, settings: Settings
    ) -> Remembered:
        """The option counts most, then the setting, then the import before."""
        values = {} if earlier is None else dict(earlier.group.conventions or {})
        missing = options.missing or settings.missing or values.get("missing", "unknown")
        return cls(values, missing)

    @property
    def only_when_sold(self) -> bool:
        """Whether a day without a row sold nothing."""
        return self.missing == "zero"

    @property
    def opens_by_rests(self) -> bool:
        """Whether rest days of stores have stated the covariate ``open``."""
        return self.values.get("open") == BY_REST_DAYS

    def conventions(self, earlier: EarlierImports | None, options: ImportOptions) -> Conventions:
        """How the files may write their values."""
        return Conventions(
            date_order=options.date_order or self.values.get("date_order"),
            decimal=MARKS.get(options.decimal or ""),
            usual_decimal=self.values.get("decimal"),
            usual_sales=_usual_sales(earlier),
            adds_up=options.duplicates == "sum",
            frequency=None if earlier is None else earlier.group.frequency,
        )

    def after(self, merged: MergedRows, *, opens_by_rests: bool) -> dict[str, str]:
        """What the next import should know."""
        decimals = [sheet.decimal for sheet in merged.sheets if sheet.decimal is not None]
        new = {
            "date_order": merged.conventions.date_order,
            "decimal": decimals[0] if decimals else None,
            "missing": self.missing,
            "open": BY_REST_DAYS if opens_by_rests else None,
        }
        before = {name: value for name, value in self.values.items() if name != "open"}
        return {**before, **{name: value for name, value in new.items() if value is not None}}


def _usual_sales(earlier: EarlierImports | None) -> float | None:
    """The median of the sales above 0 that were imported before."""
    if earlier is None or not len(earlier.sales):
        return None
    target = earlier.sales.values["target"]
    sold = target[target > 0]
    return float(np.median(sold)) if len(sold) else None
