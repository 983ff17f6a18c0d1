"""The jobs with real data; the limit of memory is several times the measured value."""

from __future__ import annotations

import resource
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from forecast_service.settings import Settings
from forecast_service.storage.database import Database
from forecast_service.storage.queue import Queue

from .support import RELATED, TARGET, TARGET_FIELDS, World

pytestmark = pytest.mark.rossmann

FEATURES = ("Open", "Promo", "SchoolHoliday")
RELATED_FIELDS = {
    "item_id": "string",
    "timestamp": "timestamp",
    **dict.fromkeys([name.lower() for name in FEATURES], "float"),
    **{f"state_holiday_{kind}": "float" for kind in "abc"},
}
NAN = {"middlefill": "nan", "backfill": "nan"}
MAX_KILOBYTES = 1_500_000


def read(path: Path) -> pa.Table:
    options = csv.ConvertOptions(column_types={"StateHoliday": pa.string()})
    return csv.read_csv(path, convert_options=options)


def keyed(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return {
        "item_id": pc.cast(table["Store"], pa.string()),
        "timestamp": pc.cast(table["Date"], pa.timestamp("ms")),
    }


@pytest.fixture
def files(rossmann: Path, tmp_path: Path) -> tuple[Path, Path]:
    past, future = read(rossmann / "train.csv.gz"), read(rossmann / "future.csv.gz")
    names = ["Store", "Date", *FEATURES, "StateHoliday"]
    whole = pa.concat_tables([past.select(names), future.select(names)])
    holidays = {
        f"state_holiday_{kind}": pc.cast(pc.equal(whole["StateHoliday"], kind), pa.float64())
        for kind in "abc"
    }
    features = {name.lower(): pc.cast(whole[name], pa.float64()) for name in FEATURES}
    target, related = tmp_path / "target.parquet", tmp_path / "related.parquet"
    demand = pc.cast(past["Sales"], pa.float64())
    pq.write_table(pa.table({**keyed(past), "demand": demand}), target)
    pq.write_table(pa.table({**keyed(whole), **features, **holidays}), related)
    return target, related


def test_all_stores_are_imported_trained_and_forecast_in_little_memory(
    files: tuple[Path, Path], database: Database, settings: Settings, queue: Queue
) -> None:
    world = World(database, settings, queue)
    target = world.dataset("demand", TARGET, TARGET_FIELDS)
    related = world.dataset("related", RELATED, RELATED_FIELDS)
    places = [world.put_file(path) for path in files]

    for dataset, place in zip((target, related), places, strict=True):
        world.import_rows(dataset, place, Format="PARQUET")
    predictor = world.perform(world.predictor(horizon=48, fillings={"demand": NAN}))
    forecast = world.perform(world.forecast(predictor.arn))

    assert (predictor.status, forecast.status) == ("ACTIVE", "ACTIVE")
    assert forecast.details["series"] == 1115
    medians = world.forecast_of(forecast.arn, "1")["p50"]
    assert (len(medians), list(medians)[-1]) == (48, "2015-07-31T00:00:00")
    assert medians["2015-06-14T00:00:00"] == 0.0  # a Sunday
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MAX_KILOBYTES
