"""Small files that become large, and how many of what costs much."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient

from forecast_service.app import create_app
from forecast_service.resources.imports import one_dry_run
from forecast_service.settings import Settings

HEAD = b"store,date,sales\n"
LIMIT = 1_000_000
ZEROS = b"0" * (2 * LIMIT)


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", content)
    return file.getvalue()


def repeated(rows: int) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"store": ["1"] * rows, "sales": [1.0] * rows}), file)
    return file.getvalue()


@pytest.fixture
def client(settings: Settings) -> Iterator[FlaskClient]:
    """A client of a service with a small limit."""
    app = create_app(settings.model_copy(update={"max_unpacked_bytes": LIMIT}))
    yield app.test_client()
    app.extensions["forecast_service"].close()


@pytest.mark.quick(4)
@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(HEAD + ZEROS),
        gzip.compress(HEAD) + gzip.compress(ZEROS),
        zipped(ZEROS),
        repeated(200_000),
    ],
    ids=["gzip", "members", "zip", "parquet"],
)
@pytest.mark.parametrize("query", ["", "?dry_run=true"])
@pytest.mark.parametrize("as_form", [False, True])
def test_a_bomb_is_refused_by_the_stated_limit(
    client: FlaskClient, settings: Settings, body: bytes, query: str, as_form: bool
) -> None:
    assert len(body) < 50_000
    sent = {"sales": (io.BytesIO(body), "sales")} if as_form else body
    kind = "multipart/form-data" if as_form else "application/octet-stream"

    answer = client.post(f"/imports{query}", data=sent, content_type=kind)

    assert answer.status_code == 413
    assert answer.get_json()["detail"] == (
        "'sales' unpacks to more than 1,000,000 bytes. This is the limit of "
        "FORECAST_MAX_UNPACKED_BYTES. Send the file in parts."
    )
    assert client.get("/imports").get_json() == {"imports": []}
    assert list((settings.home / "uploads").iterdir()) == []


def test_a_damaged_archive_is_judged_by_the_importer(client: FlaskClient) -> None:
    body = gzip.compress(HEAD + b"1,2024-01-01,1\n")[:-4]

    answer = client.post("/imports?dry_run=true", data=body, content_type="application/gzip")

    assert answer.status_code == 422
    assert "is cut off" in answer.get_json()["detail"]


def test_one_dry_run_at_a_time(client: FlaskClient) -> None:
    def dry_run() -> int:
        body = HEAD + b"".join(b"1,2024-01-%02d,5\n" % day for day in range(1, 29))
        return client.post("/imports?dry_run=true", data=body, content_type="text/csv").status_code

    with one_dry_run():
        busy = dry_run()

    assert (busy, dry_run()) == (503, 200)
