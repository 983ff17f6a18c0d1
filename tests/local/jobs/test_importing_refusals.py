"""Import jobs: refused CSV files and addresses, with their messages."""

from __future__ import annotations

import gzip

import pytest

from ..support import GOOD, RELATED, World, failure

RELATED_FIELDS = {"item_id": "string", "timestamp": "timestamp", "promo": "integer"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1,2015-01-01,5\n1,2015-01-02\n",
            "File 'part-0.csv', line 2: the line has 2 fields, but the schema has 3 "
            "(item_id, timestamp, demand). Write one field per column, in the order of the schema.",
        ),
        (
            "1,2015-01-01,5\n\n1,2015-02-30,6\n",
            "File 'part-0.csv', line 3: 'timestamp' is '2015-02-30', which is not a time written "
            "as 'yyyy-MM-dd'. Correct the time or TimestampFormat.",
        ),
        (
            "1,2015-01-01,5\n1,2015-01-02 00:00:00,6\n",
            "File 'part-0.csv', line 2: 'timestamp' is '2015-01-02 00:00:00', which is not a time "
            "written as 'yyyy-MM-dd'. Correct the time or TimestampFormat.",
        ),
        (
            "1,2015-01-01,5\n1,2015-01-02,many\n",
            "File 'part-0.csv', line 2: 'demand' is 'many', which is not a number. Write a number, "
            "'NaN', or nothing for a missing value.",
        ),
        (
            "1,2015-01-01,5\n1,2015-01-02,inf\n",
            "File 'part-0.csv', line 2: 'demand' is 'inf', which is not a finite number.",
        ),
        (
            "1,2015-01-01,5\n,2015-01-02,6\n",
            "File 'part-0.csv', line 2: 'item_id' is empty. Every row needs 'item_id', "
            "'timestamp'.",
        ),
        ("", "File 'part-0.csv' is empty. Write one line per item and time."),
        (
            "item_id,timestamp,demand\n",
            "'part-0.csv' holds no rows. Write at least one line per item and time.",
        ),
    ],
)
def test_a_wrong_file_fails_with_its_first_wrong_line(
    world: World, target: str, text: str, message: str
) -> None:
    assert failure(world, target, world.put(text)) == message


def test_one_wrong_file_of_a_folder_fails_the_whole_import(world: World, target: str) -> None:
    world.put(GOOD, "part-0.csv", "folder")
    world.put("1,2015-01-01,x\n1,2015-01-02,y\n", "part-1.csv", "folder")

    assert failure(world, target, "s3://sales/folder").startswith("File 'part-1.csv', line 1: 'd")


def test_a_feature_of_whole_numbers_refuses_a_fraction(world: World) -> None:
    dataset = world.dataset("related", RELATED, RELATED_FIELDS)

    message = failure(world, dataset, world.put("1,2015-01-01,1\n1,2015-01-02,0.5\n"))

    assert message.startswith(
        "File 'part-0.csv', line 2: 'promo' is '0.5', which is not a whole number."
    )


def test_bytes_that_are_not_utf8_are_refused_by_line(world: World, target: str) -> None:
    path = world.settings.home / "latin.csv"
    path.write_bytes(b"1,2015-01-01,5\nK\xf6ln,2015-01-01,6\n")

    message = failure(world, target, world.put_file(path))

    assert message == (
        "File 'latin.csv', line 2: byte 0xf6 is not UTF-8. Save the file with the encoding UTF-8."
    )


def test_a_line_without_end_is_refused(world: World, target: str) -> None:
    message = failure(world, target, world.put("1" * 200_000))

    assert message.startswith("File 'part-0.csv' cannot be read as CSV: ")


def test_an_image_is_refused(world: World, target: str) -> None:
    path = world.settings.home / "shop.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))

    assert failure(world, target, world.put_file(path)).startswith("File 'shop.png', line 1: byte")


def test_a_truncated_gzip_is_refused(world: World, target: str) -> None:
    path = world.settings.home / "cut.csv.gz"
    packed = gzip.compress(
        "".join(f"1,2015-01-01,{n * 7919 % 1000}\n" for n in range(5000)).encode()
    )
    path.write_bytes(packed[: len(packed) // 2])

    assert failure(world, target, world.put_file(path)).startswith("File 'cut.csv.gz'")


def test_an_address_without_files_is_refused(world: World, target: str) -> None:
    world.put(GOOD)

    message = failure(world, target, "s3://sales/nothing/here")

    assert message == (
        "No objects found in s3 path s3://sales/nothing/here, please ensure the path is specified "
        "correctly. A folder in FORECAST_S3_FOLDER with the name of a bucket takes the place of "
        "that bucket."
    )


def test_an_address_outside_the_bucket_is_refused(world: World, target: str) -> None:
    assert "points outside its bucket" in failure(world, target, "s3://sales/../../forecast.db")


def test_an_unknown_letter_in_the_timestamp_format_is_refused(world: World, target: str) -> None:
    message = failure(world, target, world.put(GOOD), TimestampFormat="yyyy-DDD")

    assert message == (
        "Timestamp format 'yyyy-DDD' holds 'DDD', which is not understood. "
        "Use 'yyyy-MM-dd' or 'yyyy-MM-dd HH:mm:ss'."
    )
