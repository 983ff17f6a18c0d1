"""The real chain as a panel: daily sales and covariates of 1,115 stores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from forecast_service.engine.panel import Panel


def real_chain(folder: Path) -> Panel:
    """Every store of ``train.csv.gz``; each kind of state holiday is a covariate."""
    rows = pd.read_csv(folder / "train.csv.gz", dtype={"StateHoliday": str})
    days = pd.to_datetime(rows["Date"]).to_numpy().astype("datetime64[D]")
    first = days.min()
    column = (days - first).astype(int)
    row = rows["Store"].to_numpy() - 1
    shape = (row.max() + 1, column.max() + 1)

    def table(values: np.ndarray) -> np.ndarray:
        cells = np.full(shape, np.nan)
        cells[row, column] = values
        return cells

    covariates = {
        "open": table(rows["Open"].to_numpy(dtype=float)),
        "promo": table(rows["Promo"].to_numpy(dtype=float)),
        "school_holiday": table(rows["SchoolHoliday"].to_numpy(dtype=float)),
    }
    for kind in "abc":
        covariates[f"state_holiday_{kind}"] = table(rows["StateHoliday"].to_numpy() == kind)
    times = (first + np.arange(shape[1])).astype("datetime64[s]")
    keys = tuple((str(store),) for store in range(1, shape[0] + 1))
    return Panel(keys, times, "D", table(rows["Sales"].to_numpy(dtype=float)), covariates)
