"""Stored forecasts: written, read again, and shown in Amazon's form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from damage import flipped_copies

from forecast_service.common.keys import series_key
from forecast_service.errors import DamagedData, InvalidRequest
from forecast_service.storage import forecast_store
from forecast_service.storage.database import Database
from forecast_service.storage.stored_forecast import (
    StoredForecast,
    horizon_days,
    period_starts,
    predictions,
)
from forecast_service.storage.tables import forecast_values

ARN = "arn:aws:forecast:eu-west-1:000000000000:forecast/monday"


def make_forecast(**overrides: Any) -> StoredForecast:
    values: dict[str, Any] = {
        "forecast_arn": ARN,
        "series_key": '["1"]',
        "start": "2015-08-01T00:00:00",
        "frequency": "D",
        "forecast_types": ("0.1", "0.5", "mean"),
        "values": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [4.5, 5.5, 6.5]]),
        "algorithm": "prophet",
        "note": None,
    }
    return StoredForecast(**{**values, **overrides})


def test_a_forecast_is_read_as_it_was_written(database: Database) -> None:
    written = make_forecast(note="too short for Prophet")

    with database.write() as connection:
        forecast_store.write(connection, [written])
    with database.read() as connection:
        read = forecast_store.read(connection, ARN, '["1"]')

    assert read is not None
    assert read.values.tolist() == written.values.tolist()
    assert (read.forecast_types, read.note) == (("0.1", "0.5", "mean"), "too short for Prophet")


def test_writing_again_replaces_the_series_and_keeps_the_others(database: Database) -> None:
    with database.write() as connection:
        forecast_store.write(connection, [make_forecast(), make_forecast(series_key='["2"]')])
    with database.write() as connection:
        forecast_store.write(connection, [make_forecast(values=np.zeros((3, 3)))])

    with database.read() as connection:
        one = forecast_store.read(connection, ARN, '["1"]')
        two = forecast_store.read(connection, ARN, '["2"]')
        assert forecast_store.keys(connection, ARN) == {'["1"]', '["2"]'}
    assert one is not None
    assert two is not None
    assert (one.values.sum(), two.values.sum()) == (0.0, make_forecast().values.sum())


def test_more_rows_than_one_batch_are_all_written(database: Database) -> None:
    count = 2 * forecast_store.BATCH_ROWS + 1

    with database.write() as connection:
        forecast_store.write(
            connection, (make_forecast(series_key=f'["{n}"]') for n in range(count))
        )

    with database.read() as connection:
        assert len(forecast_store.keys(connection, ARN)) == count


def test_deleting_a_forecast_keeps_the_others(database: Database) -> None:
    other = "arn:aws:forecast:eu-west-1:000000000000:forecast/tuesday"
    with database.write() as connection:
        forecast_store.write(connection, [make_forecast(), make_forecast(forecast_arn=other)])
        forecast_store.delete(connection, ARN)

    with database.read() as connection:
        assert forecast_store.keys(connection, ARN) == set()
        assert forecast_store.keys(connection, other) == {'["1"]'}


def test_a_series_without_forecast_is_none(database: Database) -> None:
    with database.read() as connection:
        assert forecast_store.read(connection, ARN, '["9"]') is None


@pytest.mark.parametrize(
    ("frequency", "start", "expected"),
    [
        ("D", "2015-12-31T00:00:00", ["2015-12-31T00:00:00", "2016-01-01T00:00:00"]),
        ("2W", "2015-01-05T00:00:00", ["2015-01-05T00:00:00", "2015-01-19T00:00:00"]),
        ("15min", "2015-01-01T23:45:00", ["2015-01-01T23:45:00", "2015-01-02T00:00:00"]),
        ("M", "2015-12-15T00:00:00", ["2015-12-15T00:00:00", "2016-01-15T00:00:00"]),
        ("Y", "2015-01-01T00:00:00", ["2015-01-01T00:00:00", "2016-01-01T00:00:00"]),
    ],
)
def test_period_starts_follow_the_frequency(
    frequency: str, start: str, expected: list[str]
) -> None:
    stored = make_forecast(frequency=frequency, start=start, values=np.zeros((3, 2)))

    assert period_starts(stored) == expected


def test_predictions_have_amazons_shape() -> None:
    found = predictions(make_forecast())

    assert list(found) == ["p10", "p50", "mean"]
    assert found["p10"][0] == {"Timestamp": "2015-08-01T00:00:00", "Value": 1.0}
    assert [len(points) for points in found.values()] == [3, 3, 3]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2015-08-02T00:00:00", None, [2.0, 3.0]),
        (None, "2015-08-02T00:00:00", [1.0, 2.0]),
        ("2015-07-01T00:00", "2015-08-01T00:00:00", [1.0]),
        ("2015-08-02T00:00:00Z", "2015-08-02T23:59:59+02:00", [2.0]),
        ("2015-08-04T00:00:00", None, []),
        ("2015-08-03T00:00:00", "2015-08-01T00:00:00", []),
    ],
)
def test_predictions_include_both_ends_of_the_range(
    start: str | None, end: str | None, expected: list[float]
) -> None:
    points = predictions(make_forecast(), start, end)["p10"]

    assert [point["Value"] for point in points] == expected


@pytest.mark.parametrize(
    ("frequency", "first", "last"),
    [
        ("D", "2024-01-05", "2024-01-07"),
        ("W-FRI", "2024-01-05", "2024-01-25"),
        ("H", "2024-01-05", "2024-01-05"),
    ],
)
def test_the_horizon_ends_with_the_last_day_of_its_last_period(
    frequency: str, first: str, last: str
) -> None:
    weeks = make_forecast(frequency=frequency, start="2024-01-05T00:00:00")

    assert horizon_days(weeks) == (first, last)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2024-01-08T00:00:00", "2024-01-10T00:00:00", [1.0]),
        ("2024-01-11T12:00:00", "2024-01-12T00:00:00", [1.0, 2.0]),
        ("2024-01-12T00:00:00", None, [2.0, 3.0]),
        ("2024-01-25T00:00:00", None, [3.0]),
        ("2024-01-26T00:00:00", None, []),
        (None, "2024-01-05T00:00:00", [1.0]),
        (None, "2024-01-04T00:00:00", []),
        ("2024-01-10T00:00:00", "2024-01-08T00:00:00", []),
    ],
)
def test_any_day_of_a_week_selects_it(
    start: str | None, end: str | None, expected: list[float]
) -> None:
    weeks = make_forecast(frequency="W-FRI", start="2024-01-05T00:00:00")

    assert [point["Value"] for point in predictions(weeks, start, end)["p10"]] == expected


def test_any_day_of_three_selects_them() -> None:
    days = make_forecast(frequency="3D", start="2024-01-05T00:00:00")

    points = predictions(days, "2024-01-07T00:00:00", "2024-01-08T00:00:00")["p10"]

    assert [point["Timestamp"][:10] for point in points] == ["2024-01-05", "2024-01-08"]


def test_any_day_of_a_month_selects_it() -> None:
    months = make_forecast(frequency="M", start="2024-01-01T00:00:00")

    found = predictions(months, "2024-02-29T00:00:00", "2024-03-01T00:00:00")

    assert [point["Value"] for point in found["p10"]] == [2.0, 3.0]
    assert horizon_days(months) == ("2024-01-01", "2024-03-31")


def test_predictions_refuse_text_that_is_not_a_date() -> None:
    with pytest.raises(
        InvalidRequest, match=r"^'tomorrow' is not a time. Write it as '2015-08-01T"
    ):
        predictions(make_forecast(), "tomorrow")


def test_no_flipped_bit_of_a_stored_forecast_is_served(database: Database) -> None:
    with database.write() as connection:
        forecast_store.write(connection, [make_forecast()])
    values = np.ascontiguousarray(make_forecast().values, dtype="<f8").tobytes()
    update = sa.update(forecast_values)

    for flipped in flipped_copies(values, 100):
        with database.write() as connection:
            connection.execute(update.values(values=flipped))
        with (
            database.read() as connection,
            pytest.raises(DamagedData, match=r"^The stored forecast of series .* is damaged\.$"),
        ):
            forecast_store.read(connection, ARN, '["1"]')


@pytest.mark.parametrize(
    "changed", [{"start": "2015-09-01T00:00:00"}, {"frequency": "W"}, {"forecast_types": "0.1,0.9"}]
)
def test_other_facts_of_a_stored_forecast_are_damage(
    database: Database, changed: dict[str, str]
) -> None:
    with database.write() as connection:
        forecast_store.write(connection, [make_forecast()])
        connection.execute(sa.update(forecast_values).values(**changed))

    with database.read() as connection, pytest.raises(DamagedData, match="is damaged"):
        forecast_store.read(connection, ARN, '["1"]')


def test_among_many_forecasts_a_damaged_one_is_left_out(database: Database) -> None:
    with database.write() as connection:
        forecast_store.write(connection, [make_forecast()])
        connection.execute(sa.update(forecast_values).values(frequency="W"))

    with database.read() as connection:
        assert forecast_store.read_each(connection, [ARN], '["1"]') == {}
        assert list(forecast_store.read_whole(connection, ARN)) == [('["1"]', None)]


def test_a_forecast_of_an_older_version_has_no_checksum(database: Database) -> None:
    with database.write() as connection:
        forecast_store.write(connection, [make_forecast()])
        connection.execute(sa.update(forecast_values).values(checksum=None))
    with database.read() as connection:
        assert forecast_store.read(connection, ARN, '["1"]') is not None


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_whole_forecast_is_read_in_blocks(database: Database, size: int) -> None:
    names = ["a", "B", "b", "ä", "A b", 'c"d', "1", "10", "2", "Ü", "é", "e", "_"]
    keys = [series_key([name, "1"]) for name in names]
    with database.write() as connection:
        other = make_forecast(forecast_arn=f"{ARN}x")
        forecast_store.write(connection, [other, *(make_forecast(series_key=k) for k in keys)])

    blocks = list(forecast_store.read_in_blocks(database, ARN, size))

    assert sorted(row.series_key for block in blocks for row in block) == sorted(keys)
    assert {len(block) for block in blocks[:-1]} <= {size}
    assert {row.forecast_arn for block in blocks for row in block} == {ARN}
