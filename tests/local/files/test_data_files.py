"""Any file is read as a table or refused with a message."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from forecast_service.errors import InvalidData
from forecast_service.local.files.data_files import read_files
from forecast_service.local.files.schema import DatasetSchema
from forecast_service.storage.bucket import LocalBucket
from forecast_service.storage.objects.object_store import FolderStore

SCHEMA = DatasetSchema(
    "RELATED_TIME_SERIES",
    "item_id",
    (("item_id", "string"), ("timestamp", "timestamp"), ("price", "float"), ("promo", "integer")),
)
fields = st.sampled_from(
    [
        "1",
        "",
        "a b",
        '"a,b"',
        '"',
        "2015-01-01",
        "2015-02-30",
        "NaN",
        "inf",
        "-1.5",
        "1e400",
        "é",
        "\x00",
    ]
)
lines = st.lists(fields, min_size=1, max_size=5).map(",".join)
texts = st.lists(lines, max_size=6).map("\n".join).map(str.encode)


@given(content=st.one_of(texts, st.binary(max_size=200)))
@example(content=b"1,2015-01-01,5,1\n1,2015-01-02,\n")
@example(content=b"\xef\xbb\xbf")
@example(content=b'1,2015-01-01,5,1\n"1\n",2015-01-02,5,1\n')
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("file_format", ["CSV", "PARQUET"])
def test_any_file_is_read_or_refused_with_a_message(
    tmp_path: Path, file_format: str, content: bytes
) -> None:
    store = FolderStore(LocalBucket(tmp_path))
    path = store.bucket.root / "bucket" / "file"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)

    refusal = ""
    try:
        read = read_files(store, store.find("s3://bucket/file"), SCHEMA, file_format, "yyyy-MM-dd")
    except InvalidData as error:
        refusal = error.detail

    assert "'file'" in refusal or read.table.num_rows > 0
    assert refusal or all(read.table[name].null_count == 0 for name in SCHEMA.key)
